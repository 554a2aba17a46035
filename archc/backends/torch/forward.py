"""The statements of a class's forward: one for each row, with as few names as a person needs.

A step that only the next one reads is written inside it, as in `self.relu(self.bn1(x))`. Other
values get names: `x` goes on, `y` and `z` stand beside it, what a row calls by name and is read
later keeps that name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from archc.backends.torch.layout import STEP, WIDTH, lines_of, parsed
from archc.record import Record

NAMES = ("x", "y", "z", "u", "v", "w")
WIDEST = 62
"""a longer expression is not written inside the next"""
NARROW = 46
"""one of another row"""
MARGIN = 12
"""indentation, the name that is assigned to, and the signs around the comment"""


class Step(Record):
    """One operation of a forward: the values it gives and reads, its text and its row.

    `call` has `{0}`, `{1}` for what it reads; `line` is the row of the spec, `name` what the row
    calls the value, `size` its shape as a comment. `light`: it changes no size (a sum, an
    activation) and may stand in one line with what it reads. `heavy`: a layer with weights, a
    block; at most one of them in a line.
    """

    gives: tuple[int, ...]
    reads: tuple[int, ...]
    call: str
    line: int = 0
    name: str = ""
    size: str = ""
    light: bool = False
    heavy: bool = False
    listed: bool = False
    """the value is a list"""
    names: tuple[str, ...] = ()
    """one for each of several values"""
    view: bool = False
    """the value lies in the memory of what the step reads"""
    into: bool = False
    """a sum that is written over the first of what it reads"""
    head: str = ""
    """of a loop of such steps, each on what the one before it gave; `{counter}` counts them"""


class Loop(Record):
    """The rows of a scan: `steps` for each thing of `over`, whose results are put in a row.

    `things` is the call that takes `over` apart, `thing` the value of one of them; `states` are
    values of the step before: the value, its first text with what that reads, and the value that
    comes in its place, None if a step gives it itself.
    """

    gives: int
    over: int
    things: str
    thing: int
    steps: tuple[Step | Loop, ...]
    result: int
    gathered: str
    states: tuple[State, ...]
    size: str = ""

    @property
    def reads(self) -> tuple[int, ...]:
        """Values of the rows around it."""
        made = {self.thing, *[state.value for state in self.states]}
        found = [self.over]
        for step in self.steps:
            found += [index for index in step.reads if index not in made]
            made.update(step.gives if isinstance(step, Step) else (step.gives,))
        return (*found, *[index for state in self.states for index in state.reads])


class State(Record):
    """A value that one step of a loop hands to the next."""

    value: int
    first: str
    reads: tuple[int, ...]
    after: int | None
    name: str


class Forward:
    """Turns steps into lines; names of values are those of `inputs` and what rows are called.

    With `held` a name goes (`del`) where nobody reads its value again, except for those `held`,
    which the caller keeps anyway.
    """

    def __init__(
        self,
        steps: Sequence[Step | Loop],
        inputs: dict[int, str],
        results: Sequence[int],
        indent: int = 2,
        reserved: Sequence[str] = (),
        training: int = 0,
        labels: Mapping[int, str] | None = None,
        held: Collection[int] | None = None,
    ) -> None:
        self._steps = steps
        self._frees = held is not None
        self._held = held or ()
        self._freed = -1
        """the last step whose dead names are gone"""
        self._training = len(steps) - training
        """from this step on they are for training mode"""
        self._results = frozenset(results)
        self._labels = dict(labels or {})
        """names that values have whatever row they come from"""
        self._names: dict[int, str] = dict(inputs)
        self._given = frozenset(inputs)
        self._reserved = frozenset(reserved)
        self._indent = indent
        self._texts: dict[int, str] = {}
        self._heavy: set[int] = set()
        self._last: dict[int, int] = dict.fromkeys(inputs, len(steps)) if reserved else {}
        self._uses: dict[int, int] = {}
        for at, step in enumerate(steps):
            for index in step.reads:
                self._use(index, at)
        for index in results:
            self._use(index, len(steps))
        self._places = {step.reads[0] for step in steps if isinstance(step, Step) and step.into}
        """values that sums are written over"""

    def _use(self, index: int, at: int) -> None:
        self._last[index] = max(at, self._last.get(index, 0))
        self._uses[index] = self._uses.get(index, 0) + 1

    def lines(self) -> list[str]:
        """The statements as lines, sizes behind them."""
        lines: list[str] = []
        for at, step in enumerate(self._steps):
            if at == self._training:
                lines.append(f"{STEP * self._indent}if self.training:")
                self._indent += 1
            if isinstance(step, Loop):
                lines += self._loop(at, step)
                continue
            given = step.gives[0]
            if step.into and self._is_own(step.reads[0]):
                lines += self._added(step)
                continue
            if step.head:
                lines += self._repeated(at, step)
                continue
            text = fill(step.call, [self.name_of(index) for index in step.reads])
            if step.heavy or any(index in self._heavy for index in step.reads):
                self._heavy.add(given)
            if self._is_inner(at, step, text):
                self._texts[given] = text
                continue
            self._heavy.discard(given)
            if step.listed:
                self._names[given] = self._free(self._labels.get(given, step.name) or "values")
            named = dict(zip(step.gives, step.names))
            self._labels.update({index: name for index, name in named.items() if name})
            targets = ", ".join([self._name(at, step.name, index) for index in step.gives])
            size = step.size
            lines += lines_of(parsed(text), self._indent, before=f"{targets} = ", comment=size)
            lines += self._gone(at)
        return lines

    def _is_own(self, index: int) -> bool:
        """Whether a value has a name that this forward gave to it."""
        return index in self._names and index not in self._texts and index not in self._given

    def _added(self, step: Step) -> list[str]:
        """`y += x`: the sum has the name of what it is written over."""
        place, other = step.reads
        name = self._names[step.gives[0]] = self._names[place]
        return lines_of(parsed(self.name_of(other)), self._indent, before=f"{name} += ")

    def _repeated(self, at: int, step: Step) -> list[str]:
        """A loop whose value goes by one name from its beginning on."""
        pad, given = STEP * self._indent, self.name_of(step.reads[0])
        target = self._name(at, step.name, step.gives[0])
        counter = self._free("i")
        head, call = [text.replace("{counter}", counter) for text in (step.head, step.call)]
        lines = [] if target == given else [f"{pad}{target} = {given}"]
        text = fill(call, [target])
        inner = lines_of(text, self._indent + 1, before=f"{target} = ", comment=step.size)
        return [*lines, f"{pad}{head}", *inner, *self._gone(at)]

    @property
    def has_training_steps(self) -> bool:
        """Whether some of the steps are for training mode."""
        return self._training < len(self._steps)

    def name_of(self, index: int) -> str:
        """The name, or the text, of a value."""
        return self._texts.get(index) or self._names[index]

    # ---- what is written inside the next -------------------------------------------------------

    def _is_inner(self, at: int, step: Step, text: str) -> bool:
        """Whether the value is written inside the next step, which alone reads it, once."""
        if at + 1 in (len(self._steps), self._training):
            return False
        if len(step.gives) > 1 or len(text) > WIDEST:
            return False
        after, value = self._steps[at + 1], step.gives[0]
        if isinstance(after, Loop) or after.head or self._would_hold(at, step, after):
            return False
        if self._uses.get(value) != 1 or not self._has_place(after, value):
            return False
        if len(text) + len(after.call) + len(after.size) + MARGIN > WIDTH:
            return False
        one_row = after.line == step.line and not (value in self._heavy and after.heavy)
        return one_row or (after.light and len(text) < NARROW)

    def _has_place(self, after: Step, value: int) -> bool:
        """Whether a step reads a value once, and can be given its text."""
        if value not in after.reads or (after.into and value == after.reads[0]):
            return False
        if after.call.count("_(") > 1:
            return False  # it would read what the first of them has written over
        return after.call.count(f"{{{after.reads.index(value)}}}") == 1

    def _would_hold(self, at: int, step: Step, after: Step) -> bool:
        """Whether a name that ends here would keep its value while the next step runs.

        A source for inference lets none; a plain one only beside the shortcut of a sum, where a
        residual network takes most.
        """
        ends = [index for index in step.reads if self._dies(index, at)]
        if self._frees:
            return bool(ends) and not step.view
        return after.gives[0] in self._places and not self._given.issuperset(ends)

    # ---- what is freed -------------------------------------------------------------------------

    def _dies(self, index: int, at: int) -> bool:
        """Whether a name's value is read for the last time."""
        mine = index in self._names and index not in self._texts and index not in self._held
        return mine and self._last.get(index) == at

    def _gone(self, at: int, *names: str) -> list[str]:
        """The statement that frees these names and those of values that nobody reads again."""
        if not self._frees or at + 1 == len(self._steps):
            return []
        ended = range(self._freed + 1, at + 1)
        self._freed = at
        dead = [index for index in self._names if any(self._dies(index, end) for end in ended)]
        living = {name for index, name in self._names.items() if self._last.get(index, -1) > at}
        found = dict.fromkeys([*[self._names[index] for index in dead], *names])
        gone = [name for name in found if name not in living]
        line = f"{STEP * self._indent}del {', '.join(gone)}"
        if len(line) > WIDTH:
            lines = [f"{STEP * (self._indent + 1)}{name}," for name in gone]
            return [f"{STEP * self._indent}del (", *lines, f"{STEP * self._indent})"]
        return [line] if gone else []

    # ---- names ---------------------------------------------------------------------------------

    def _name(self, at: int, name: str, index: int) -> str:
        """A name for a value: its row's own if it is read again later, else one that is free."""
        if index in self._names:
            return self._names[index]  # the state that a step of a loop hands on
        kept = at + 1 < self._last.get(index, at) < len(self._steps)
        if index in self._results:
            kept = len(self._results) > 1 and not name[1:].isdigit()
        if index in self._labels:
            chosen = self._free(self._labels[index])
        else:
            chosen = self._free(name) if name and kept else self._plain(at, index)
        self._names[index] = chosen
        return chosen

    def _plain(self, at: int, index: int) -> str:
        living = {
            name
            for value, name in self._names.items()
            if self._last.get(value, -1) > at and value not in self._texts and value != index
        }
        free = [name for name in NAMES if name not in living and name not in self._reserved]
        return free[0] if free else self._free("value")

    def _free(self, name: str) -> str:
        taken = {*self._names.values(), *NAMES, *self._reserved}
        number, free = 2, name
        while free in taken:
            free = f"{name}_{number}" if name[-1].isdigit() else f"{name}{number}"
            number += 1
        return free

    # ---- loops ---------------------------------------------------------------------------------

    def _loop(self, at: int, loop: Loop) -> list[str]:
        pad = STEP * self._indent
        lines: list[str] = []
        inside = {index: self._names[index] for index in loop.reads if index in self._names}
        for state in loop.states:
            name = inside[state.value] = self._names[state.value] = self._free(state.name)
            first = fill(state.first, [self.name_of(index) for index in state.reads])
            lines.append(f"{pad}{name} = {first}")
        thing = inside[loop.thing] = self._free("thing")
        gathered = self._free("results")
        reserved = [*self._names.values(), thing, gathered]
        results = [loop.result, *[s.after for s in loop.states if s.after is not None]]
        body = Forward(
            loop.steps,
            inside,
            results,
            self._indent + 1,
            reserved,
            held=() if self._frees else None,
        )
        over = fill(loop.things, [self.name_of(loop.over)])
        lines += [f"{pad}{gathered}: list[Tensor] = []", f"{pad}for {thing} in {over}:"]
        lines += body.lines()
        lines.append(f"{pad}{STEP}{gathered}.append({body.name_of(loop.result)})")
        for state in loop.states:
            if state.after is not None:
                lines.append(f"{pad}{STEP}{inside[state.value]} = {body.name_of(state.after)}")
        target = self._name(at, "", loop.gives)
        text = fill(loop.gathered, [gathered])
        lines += lines_of(text, self._indent, before=f"{target} = ", comment=loop.size)
        return [*lines, *self._gone(at, thing, gathered)]


def fill(call: str, inputs: Sequence[str]) -> str:
    """Texts in the place of `{0}`, `{1}`; what could be torn apart there is put in brackets."""
    text = call
    for index, value in enumerate(inputs):
        place = f"{{{index}}}"
        torn = not _is_atom(value) and _binds(call, place)
        text = text.replace(place, f"({value})" if torn else value)
    return text


def _is_atom(text: str) -> bool:
    """Whether nothing can tear the text apart: a name, a call, an item."""
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and sign == " ":
            return False
    return True


def _binds(call: str, place: str) -> bool:
    """Whether the call does more with the value than hand it on or add it."""
    before, _, after = call.partition(place)
    handed = before.endswith(("(", "[", ", ")) or not before
    added = before.endswith("+ ") or not before
    return not (handed and after[:1] in ("", ")", ",", "]")) and not (
        added and after[:2] in ("", " +")
    )
