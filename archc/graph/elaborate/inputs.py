"""Inputs of a net, and the shapes that people write: numbers, letters and `?`."""

from __future__ import annotations

from collections.abc import Iterator

from archc.diagnostics.kinds.notes import SizePromiseBroken, SizeRuleBroken
from archc.diagnostics.kinds.syntax import SyntaxMistake
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Label
from archc.graph.elaborate.formulas import Mistake
from archc.graph.elaborate.frame import Context, Frame
from archc.graph.elaborate.levels import claim
from archc.graph.elaborate.scope import UNKNOWN, Scope, open_side
from archc.graph.ir import OpenSides
from archc.ops.ends import Input
from archc.ops.values import Count, Shape, Value, text_of
from archc.syntax import tree

SIDE_IF_OPEN = 224
SIZES_TRIED = 512
FIXED_TRIED = 32


def run_input(context: Context, frame: Frame, step: tree.Input, name: str | None) -> None:
    """An input row: a new input, or in a net used as a block the value it is given."""
    if frame.inputs is not None:
        _given(context, frame, step, name or "input")
        return
    if frame.instance.parent is not None:
        found = "`input` stands in a net, not in a block"
        raise Mistake(SyntaxMistake(found, "a block works on the running value"), step.span)
    asked = set(context.sizes)
    with context.reading_sides():
        shape, letters = input_shape(context, frame, step, name or "input")
    if (
        letters
        and not asked
        and context.obeys_rules
        and context.asked is None
        and step.where is not None
    ):
        shape = _obeying(context, frame, step, shape, letters)
    if name is None:
        name = "input"
        claim(frame.level, name, step.span)
    node = context.add(Input(size=shape), (), frame.level.key(name), frame, step.span)
    context.network.inputs[name] = node.index
    frame.value = node.index
    if name == "input":
        context.finish(frame.level.entry(name, step.span), node.index, frame)
    if letters or context.is_open:
        context.rebuilds[node.index] = lambda: Input(size=_again(context, frame, step, shape))
    if letters:
        condition = step.where.span.text if step.where is not None else ""
        open_sides = OpenSides(
            tuple([(letter, name, axis) for letter, axis in letters]), condition, step.span
        )
        context.network.open_sides = (*context.network.open_sides, open_sides)
    if step.where is not None:
        _check_rule(context, frame, step, str(shape))


def _obeying(
    context: Context, frame: Frame, step: tree.Input, shape: Shape, letters: list[tuple[str, int]]
) -> Shape:
    """The input at the first sizes that its `where` allows; as it is if none are found."""
    assert step.where is not None
    names = list(dict.fromkeys([letter for letter, _ in letters]))
    with context.reading_sides():
        for sizes in _guesses(names):
            for letter, size in sizes.items():
                frame.scope.names[letter] = open_side(size, letter)
            if context.truth(step.where, frame):
                context.sizes.update(sizes)
                return _again(context, frame, step, shape)
    for letter in names:
        frame.scope.names[letter] = open_side(SIDE_IF_OPEN, letter)
    context.none_obeys = True
    return shape


def _guesses(letters: list[str]) -> Iterator[dict[str, int]]:
    """Sizes for letters: equal ones from 224 up, then smaller; then one letter apart from the
    others.
    """
    for size in (*range(SIDE_IF_OPEN, SIDE_IF_OPEN + SIZES_TRIED), *range(SIDE_IF_OPEN - 1, 0, -1)):
        yield dict.fromkeys(letters, size)
    apart = (*range(SIDE_IF_OPEN, 2 * SIZES_TRIED), *range(SIDE_IF_OPEN - 1, 0, -1))
    for size in range(SIDE_IF_OPEN, SIDE_IF_OPEN + FIXED_TRIED):
        for letter in letters if len(letters) > 1 else ():
            for other in apart:
                yield {**dict.fromkeys(letters, size), letter: other}


def input_shape(
    context: Context, frame: Frame, step: tree.Input, name: str
) -> tuple[Shape, list[tuple[str, int]]]:
    """The shape of an input row and its open letters with their axes; open letters become names."""
    asked = context.asked
    if asked is not None and not asked.concerns(name, not context.network.inputs):
        asked = None
    letters: list[tuple[str, int]] = []
    text = step.shape
    count = _input_count(context, frame, text.count)
    if isinstance(text.dims, tree.Name) and text.dims.parts == ("int",):
        dims = asked.sides_for([], False, text) if asked is not None else []
        return Shape(tuple(dims), count), letters
    sides = text.dims.sides if isinstance(text.dims, tree.Size) else (text.dims,)
    dims = []
    for axis, side in enumerate(sides):
        if side is None:
            kind = ValueNotAllowed("an input", "?", "numbers and letters: HxWx3 leaves sides open")
            raise Mistake(kind, text.span)
        letter = open_letter(side, frame.scope)
        if letter is not None:
            size = context.sizes.get(letter)
            if size is None:
                size = dict(enumerate(asked.sides if asked else ())).get(axis, SIDE_IF_OPEN)
            letters.append((letter, axis))
            frame.scope.names[letter] = open_side(size, letter)
            context.sizes[letter] = size
            dims.append(size)
        else:
            dims.append(_side(context, frame, side))
    if asked is not None:
        dims = asked.sides_for(dims, bool(letters), text)
    if any(side < 1 for side in dims):
        raise Mistake(ValueNotAllowed("an input", text.span.text, "sides of at least 1"), text.span)
    return Shape(tuple(dims), count), letters


def _again(context: Context, frame: Frame, step: tree.Input, shape: Shape) -> Shape:
    """The input's shape at other sizes of its letters."""
    dims = step.shape.dims
    sides = dims.sides if isinstance(dims, tree.Size) else (dims,)
    again = [_side(context, frame, side) for side in sides if side is not None]
    if any(side < 1 for side in again):
        text = step.shape.span
        raise Mistake(ValueNotAllowed("an input", text.text, "sides of at least 1"), text)
    return Shape(tuple(again), shape.count)


def open_letter(side: tree.Expression, scope: Scope) -> str | None:
    """The letter of an open side: a capital name that nothing defines."""
    if not isinstance(side, tree.Name) or len(side.parts) != 1:
        return None
    name = side.parts[0]
    return name if name[0].isupper() and scope.find(name) is None else None


def _input_count(
    context: Context, frame: Frame, count: tree.Expression | None
) -> int | Count | None:
    if count is None:
        return None
    found = shape_count(context, frame, count)
    return found if found is None or isinstance(found, Count) else int(found)


def _side(context: Context, frame: Frame, side: tree.Expression) -> int:
    return context.whole(side, frame, "a side")


def _given(context: Context, frame: Frame, step: tree.Input, name: str) -> None:
    """A net used as a block: its input takes the running value, or the row of its name."""
    assert frame.inputs is not None
    if name not in frame.inputs and len(frame.inputs) == 1 and "" in frame.inputs:
        name = ""
    node = frame.inputs.get(name)
    if node is None:
        kind = ValueNotAllowed(
            f"`{frame.instance.name}`", f"nothing for its input `{name}`", f"a row as `{name}=row`"
        )
        raise Mistake(kind, frame.instance.span or step.span)
    frame.value = node
    context.finish(frame.level.entry(name or "input", step.span), node, frame)
    value = context.nodes[node].shape
    if value is None:
        return
    if not isinstance(value, Shape) or not _is_given(context, frame, step.shape, node, value):
        written = step.shape.span
        kind_broken = SizePromiseBroken(frame.instance.name, written.text, shown(value), "input")
        other = Label(written, "promised here")
        raise Mistake(kind_broken, frame.instance.span or step.span, other=other)
    if step.where is not None:
        _check_rule(context, frame, step, str(value))


def _is_given(
    context: Context, frame: Frame, text: tree.ShapeText, node: int, shape: Shape
) -> bool:
    """Whether a value has the rank and channels of an input, and its count if it names one; its
    letters get their sizes.
    """
    dims = text.dims
    is_int = isinstance(dims, tree.Name) and dims.parts == ("int",)
    sides = dims.sides if isinstance(dims, tree.Size) else () if is_int else (dims,)
    if len(sides) != len(shape.dims) or (text.count is not None and shape.count is None):
        return False
    if text.count is not None and not _is_count_given(context, frame, text.count, node, shape):
        return False
    for axis, side in enumerate(sides):
        letter = open_letter(side, frame.scope) if side is not None else None
        if letter is not None and axis == shape.rank:
            context.bind_channels(frame.scope, letter, node, shape.channels)
        elif letter is not None:
            context.bind_side(frame.scope, letter, node, axis, shape.dims[axis])
    last = sides[-1] if sides else None
    with context.reading_sides():
        return last is None or _side(context, frame, last) == shape.channels


def _is_count_given(
    context: Context, frame: Frame, count: tree.Expression, node: int, shape: Shape
) -> bool:
    """Whether a value has as many things as an input says; a letter stands for any number."""
    letter, more = split_count(count)
    if letter and frame.scope.find(letter) is None and shape.count is not None:
        with context.reading_sides():
            plus = 0 if more is None else _side(context, frame, more)
        return context.bind_count(frame.scope, letter, node, shape.count, plus)
    with context.reading_sides():
        return shape_count(context, frame, count) == shape.count


def _check_rule(context: Context, frame: Frame, step: tree.Input, size: str) -> None:
    assert step.where is not None
    where = step.where

    def holds() -> bool:
        with context.reading_sides():
            return context.truth(where, frame)

    if frame.inputs is None:
        context.rules.append(holds)
        context.conditions.append(where)
    elif context.is_open:
        context.side_reads += 1  # what a net used as a block demands may hold at some sizes alone
    if (frame.inputs is None and not context.obeys_rules) or holds():
        return
    rule = step.where.span.text
    reason = f"`where {rule}` does not hold for it"
    if context.none_obeys:
        reason += ", and no size was found for which it does"
    kind = SizeRuleBroken(rule, size, (), reason)
    context.report(kind, frame.instance.span or step.where.span, frame)


# ---- shapes as written -------------------------------------------------------------------------


def shape_count(context: Context, frame: Frame, count: tree.Expression) -> int | Count | None:
    """The count in front of a size: a number, a letter, a letter plus a number; None for `?`.

    A letter that a header gave to an unknown count stands for that count.
    """
    letter, more = split_count(count)
    found = frame.scope.find(letter) if letter else UNKNOWN
    if found is not None and not isinstance(found, Count):
        return _side(context, frame, count)
    known = Count(letter) if found is None else found
    if more is None:
        return known
    return Count(known.symbol, known.plus + _side(context, frame, more))


def split_count(count: tree.Expression) -> tuple[str, tree.Expression | None]:
    """The letter of a count as written, `T` or `T+1`, and what is added to it; "" if it has
    none.
    """
    if isinstance(count, tree.Name):
        return count.parts[0], None
    if isinstance(count, tree.Arithmetic) and isinstance(count.first, tree.Name):
        (sign, more), *others = count.rest
        if sign == "+" and not others:
            return count.first.parts[0], more
    return "", None


def written_shape(
    context: Context, frame: Frame, text: tree.ShapeText
) -> tuple[tuple[int | None, ...] | None, int | Count | None]:
    """Sides (None for `?`) and count of a shape as written; sides are None as a whole for a lone
    `?`.
    """
    count = shape_count(context, frame, text.count) if text.count is not None else None
    dims = text.dims
    if dims is None:
        return None, count
    if isinstance(dims, tree.Name) and dims.parts == ("int",):
        return (), count
    if not isinstance(dims, tree.Size):
        value = context.evaluate(dims, frame)
        from archc.ops.values import Window

        if isinstance(value, Window):
            return value.sides, count
        return (context.whole(dims, frame, "a side"),), count
    sides = [None if side is None else _side(context, frame, side) for side in dims.sides]
    return tuple(sides), count


def is_as_written(
    context: Context, frame: Frame, text: tree.ShapeText | tree.ShapeList, value: Value | None
) -> bool:
    """Whether a value has the shape that was written, or a list the shapes of its items."""
    if isinstance(text, tree.ShapeList):
        items = () if value is None or isinstance(value, Shape) else value
        same = [is_as_written(context, frame, *pair) for pair in zip(text.items, items)]
        return len(items) == len(text.items) and all(same)
    sides, count = written_shape(context, frame, text)
    return fits(sides, count, value)


def fits(
    sides: tuple[int | None, ...] | None, count: int | Count | None, value: Value | None
) -> bool:
    """Whether a value has a shape as written."""
    if not isinstance(value, Shape) or value.count != count:
        return False
    if sides is None:
        return True
    if len(sides) != len(value.dims):
        return False
    return all(side is None or side == dim for side, dim in zip(sides, value.dims))


def shown(value: Value | None) -> str:
    """A value's shape in words, for messages."""
    return "something unknown" if value is None else text_of(value)
