"""Mutations of a spec: of its grammar nodes (most of them), and of its bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from archc.ops.base import Field, Op
from archc.record import Record
from tests.fuzz.nodes import Base, Part, bases

SHARE_OF_BYTES = 0.15
EDITS_AT_MOST = 4
NUMBERS = (
    "0", "1", "2", "3", "5", "7", "64", "1000", "65536", "1000000000", "9223372036854775808",
    "1e30", "0.5", "2.5", "7%", "1.5K", "3Gi", "1/2", "7/3", "(0-1)", "(0-7)", "(1/3)", "2^70",
    "(10^30)", "(10^99)", "9" * 400, "1e400", "0.1e-60", "10^10^10", "(1/0)", "sqrt(2)", "log2(0)",
    "(C mod 0)", "H", "i", "j", "x", "yes", "-1",
)  # fmt: skip
SIZES = (
    "0x0", "1x1", "3x3", "3x3/2", "2x3", "7x1", "0x3/2", "3x3/0", "1000000x3", "3x3x3", "3x3x3/2",
    "HxWxC", "?x?", "?", "(10^40)x3", "3x(0-3)", "(1/2)x2", "R of 4", "T of int", "T+1 of 8", "5",
    "196 of 512", "0 of 3", "9x9/9", "KxK",
)  # fmt: skip
LABELS = (
    "a", "x3", "_", "*", ".*", "conv1", "features.*", "l{i}", "{1/0}", "{}", "{i}.*", "class",
    "__init__", "__class__", "import", "self", "forward", "from", "weight", "a.b.c", "0", "input",
    "{i*i}", "{(}", "*.*", "block*", ".conv", "{name}", "None", "training", "{" + "9" * 400 + "}",
)  # fmt: skip
GUARDS = (" if 1 == 1", " if 1 == 2", " if s > 1 else relu", " if i mod 2 == 0", " if no else gap")
TAILS = (
    " x0", " x1", " x2", " x3", " x50", " x(i)", " x(0-1)", " x(1/2)", " x1000000000", " x(10^9)",
    " bare", " no relu", " no bn", " first s=2", " first c=8", " as a", " as conv1", " as b{i}",
    " until conv1", " -> 1x1x1", " -> ?", " ; relu", " ; gap", " ; fc 10", " ; reuse conv1",
    " | 3 | 4", " ; from input", " ;", " ; unpool pool1", " ; tokens", " ; each relu", " ; list",
)  # fmt: skip
ROWS = (
    "add", "concat", "list", "scan", "mean", "identity", "sizes exact", "sizes floor", "let q = 3",
    "every conv = conv ; bn ; relu", "every relu = relu", "every conv = relu", "output input",
    "every conv = conv as .* ; bn as .*", "every bn = conv 3x3 8 ; bn", "check params == 0",
    "check peak <= 1K", "check output == ?", "check macs(conv1) ~= 1.5M within 5%", "from input",
    "output conv1 training", "columns | c | x", "columns | x | ->", "variants | A | B", "input 5",
    "meta year = 2014", "meta paper = \"x\"", "inner: input HxWx3 where H mod 32 == 0", "dropout",
    "input T of int", "input 7 of 5", "input R of 7x7x256", "each conv 1x1 8", "reuse conv1",
    "prev lstm 8", "tokens", "gap", "flatten", "softmax things", "max things", "upsample 2",
    "resize like=input", "crop like=input", "chunk 2 of=2", "lrn mean", "attention 4", "lstm 8",
    "block q(c)", "net q2()", "a: input 32x32x3", "matmul input input", "concat input input",
    "use se from \"blocks/se.arch\"", "use q from \"../q.arch\"", "use q from \"mutant.arch\"",
    "extern q(a) -> R of 4", "features.*:", "_:",
)  # fmt: skip


class Edit(Record):
    """Write `text` in the place of the characters `start` to `end`."""

    start: int
    end: int
    text: str


def mutant(base: Base, rng: Random) -> bytes:
    """A spec with some of its nodes or bytes changed."""
    count = 1 + min(rng.randrange(EDITS_AT_MOST), rng.randrange(EDITS_AT_MOST))
    if rng.random() < SHARE_OF_BYTES:
        return _with_bytes(base.text.encode(), rng, count)
    text = base.text
    if rng.random() < 0.3 and base.blocks:
        text = _with_lines(base, rng)
        if rng.random() < 0.6 or text != base.text:
            return text.encode()
    edits: list[Edit] = []
    for _ in range(count):
        edit = _edit(base, rng)
        if edit is not None and not any(_touch(edit, other) for other in edits):
            edits.append(edit)
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text.encode()


def _touch(one: Edit, other: Edit) -> bool:
    return one.start <= other.end and other.start <= one.end


# ---- nodes ---------------------------------------------------------------------------------------


def _edit(base: Base, rng: Random) -> Edit | None:
    """One change of one node."""
    if not base.parts:
        return None
    kinds = sorted(base.parts)
    kind = rng.choice(kinds)
    part = rng.choice(base.parts[kind])
    way = rng.random()
    if way < 0.35:
        return _exchanged(base, part, rng)
    if way < 0.60:
        return Edit(part.start, part.end, _other(base, part, rng))
    if way < 0.75:
        return _deleted(base, part, rng)
    if way < 0.85:
        return _doubled(base, part)
    return _swapped(base, part, rng)


def _exchanged(base: Base, part: Part, rng: Random) -> Edit:
    """Another node of this kind, mostly of the same file."""
    donor = base if rng.random() < 0.6 else rng.choice(bases())
    candidates = donor.parts.get(part.kind)
    if not candidates:
        return Edit(part.start, part.end, _other(base, part, rng))
    return Edit(part.start, part.end, donor.of(rng.choice(candidates)))


def _other(base: Base, part: Part, rng: Random) -> str:
    """Something new in a node's place."""
    kind = part.kind
    if kind == "number":
        return rng.choice(NUMBERS)
    if kind == "size":
        return rng.choice(SIZES)
    if kind == "label":
        new = rng.choice(LABELS)
        if base.of(part).startswith("as "):
            return f"as {new}"
        return f"{new}:" if base.of(part).endswith(":") else new
    if kind == "step":
        return call(base, rng)
    if kind == "guard":
        return rng.choice(GUARDS).strip()
    if kind == "keyword":
        return f"{rng.choice(base.words)}={value(base, rng)}"
    if kind in ("name", "drop"):
        return f"no {word(base, rng)}" if kind == "drop" else word(base, rng)
    if kind in ("cell", "value", "arrow", "column"):
        inner = value(base, rng)
        return f"-> {rng.choice(SIZES)}" if kind == "arrow" else inner
    return base.of(part) + rng.choice(TAILS)


def _deleted(base: Base, part: Part, rng: Random) -> Edit:
    """The node gone, a `;` or `,` that held it too."""
    start, end = part.start, part.end
    if part.kind in ("step", "parameter"):
        behind = base.text[end : end + 3].lstrip(" ")[:1]
        if behind in (";", ","):
            end = base.text.index(behind, end) + 1
        else:
            before = base.text[:start].rstrip(" ")
            start = len(before) - 1 if before[-1:] in (";", ",") else start
    if part.kind in ("number", "value", "name", "size") and rng.random() < 0.5:
        return Edit(start, end, rng.choice(NUMBERS))
    return Edit(start, end, "")


def _doubled(base: Base, part: Part) -> Edit:
    between = {"step": " ; ", "parameter": ", ", "cell": "| ", "column": "| ", "number": "*"}
    text = base.of(part)
    return Edit(part.end, part.end, between.get(part.kind, " ") + text)


def _swapped(base: Base, part: Part, rng: Random) -> Edit:
    """This node and another of its kind in each other's place."""
    other = rng.choice(base.parts[part.kind])
    first, second = sorted((part, other), key=lambda p: p.start)
    if first.end > second.start:
        return Edit(part.start, part.end, _other(base, part, rng))
    between = base.text[first.end : second.start]
    return Edit(first.start, second.end, base.of(second) + between + base.of(first))


# ---- lines ---------------------------------------------------------------------------------------


def _with_lines(base: Base, rng: Random) -> str:
    """Rows with what is below them moved, doubled, left out, indented or given a tail."""
    lines = base.lines
    first, last = rng.choice(base.blocks)
    moved = lines[first:last]
    rest = lines[:first] + lines[last:]
    way = rng.randrange(9)
    if way == 0:
        return "\n".join(rest)
    if way == 1:
        return "\n".join(lines[:last] + moved + lines[last:])
    if way == 2:
        at = rng.randrange(len(rest) + 1)
        return "\n".join(rest[:at] + moved + rest[at:])
    if way == 3:
        deeper = [f"  {line}" for line in moved]
        return "\n".join(lines[:first] + deeper + lines[last:])
    if way == 4:
        return "\n".join(lines[:first] + [line[2:] for line in moved] + lines[last:])
    if way == 5:
        return _spliced(base, lines, first, last, rng)
    lead = " " * (len(lines[first]) - len(lines[first].lstrip(" ")))
    if way == 6:
        row = rng.choice(ROWS) if rng.random() < 0.5 else call(base, rng)
        return "\n".join([*lines[:first], lead + row, *lines[first:]])
    if way == 7:
        row = lead + rng.choice(ROWS)
        return "\n".join([*lines[:first], row, *[f"  {line}" for line in moved], *lines[last:]])
    code, sign, comment = lines[first].partition("#")
    tail = rng.choice(TAILS if rng.random() < 0.7 else GUARDS)
    head, arrow, size = code.partition("->")
    lines[first] = f"{head.rstrip()}{tail} {arrow}{size}{sign}{comment}"
    return "\n".join(lines)


def _spliced(base: Base, lines: list[str], first: int, last: int, rng: Random) -> str:
    """Rows of another file, indented like those they replace."""
    donor = rng.choice(bases())
    if not donor.blocks:
        return base.text
    start, end = rng.choice(donor.blocks)
    theirs = donor.lines[start:end]
    old = len(theirs[0]) - len(theirs[0].lstrip(" "))
    new = len(lines[first]) - len(lines[first].lstrip(" "))
    shifted = [" " * new + line[old:] for line in theirs]
    return "\n".join(lines[:first] + shifted + lines[last:])


# ---- new text ------------------------------------------------------------------------------------


def word(base: Base, rng: Random) -> str:
    """A name: of the file, or of a layer."""
    return rng.choice(base.words) if rng.random() < 0.6 else rng.choice(sorted(Op.registry))


def value(base: Base, rng: Random) -> str:
    """A value of any look."""
    way = rng.random()
    if way < 0.4:
        return rng.choice(NUMBERS)
    return rng.choice(SIZES) if way < 0.6 else word(base, rng)


def call(base: Base, rng: Random) -> str:
    """A layer with some of its options, mostly fitting ones."""
    name = rng.choice(sorted(Op.registry))
    said = [name]
    for option, field in Op.registry[name].fields.items():
        if field.required or rng.random() < 0.25:
            said.append(_option(base, option, field, rng))
    return " ".join(said) + (rng.choice(TAILS) if rng.random() < 0.1 else "")


def _option(base: Base, name: str, field: Field, rng: Random) -> str:
    if field.kind == "flag":
        return name
    text: Any = value(base, rng)
    if rng.random() < 0.85:
        text = {
            "integer": rng.choice(("1", "2", "3", "4", "8", "10", "64")),
            "number": rng.choice(("0", "0.5", "1", "2", "3", "1e-5", "20%")),
            "window": rng.choice(("1x1", "3x3", "2x2/2", "3x3/2", "1x7", "3x3x3", "7x7/4")),
            "size": rng.choice(("7x7", "14x14", "8", "1x1", "4x4x16", "2x2x2")),
            "padding": rng.choice(("0", "1", "half", "same", "0x1", "1x1x1", "3")),
            "switch": rng.choice(("yes", "no")),
            "choice": rng.choice(field.choices or ("equal",)),
            "initial": rng.choice((*field.choices, "0.5", "normal(0.02)", "uniform(1/9)")),
        }.get(field.kind, rng.choice(base.words))
    return str(text) if field.positional and rng.random() < 0.8 else f"{name}={text}"


# ---- bytes ---------------------------------------------------------------------------------------

_BYTES = (b"\t", b"\n", b"\r\n", b"\0", b"\xff", b"\xc3\x97", b"(", b")", b"|", b"->", b";", b":",
          b"#", b'"', b".", b"*", b"{", b"}", b"=", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b" ", b"x",
          b"\x1b[31m", b"\xf0\x9f\x98\x80", b"((((((((", b"9" * 120)  # fmt: skip


def _with_bytes(data: bytes, rng: Random, count: int) -> bytes:
    """Bytes left out, changed, doubled, put in."""
    for _ in range(count):
        at = rng.randrange(len(data) + 1)
        length = rng.randrange(1, 9) if rng.random() < 0.8 else rng.randrange(1, 400)
        way = rng.randrange(4)
        if way == 0:
            data = data[:at] + data[at + length :]
        elif way == 1:
            data = data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        elif way == 2:
            data = data[:at] + rng.choice(_BYTES) + data[at:]
        else:
            data = data[:at] + data[at : at + length] * 2 + data[at + length :]
    return data
