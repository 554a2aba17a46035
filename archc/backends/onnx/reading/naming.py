"""Names of layers: keys of weights and names of nodes as paths in the module tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING

from archc.backends.arch.names import is_taken
from archc.backends.onnx.reading.problem import ModelProblem
from archc.ops.ends import Input

if TYPE_CHECKING:
    from archc.backends.onnx.reading.call import Call
    from archc.backends.onnx.reading.made import Made

SCOPES = "pkg.torch.onnx.name_scopes"
"""where PyTorch's exporter says which module a node is of"""
_PART = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*|\d+")


class Naming:
    """Paths of rows. `modules` are the module paths that nodes name, by row; empty if unknown.

    `stages` are levels for rows that repeat, used where there are no names; rows that `code` of
    the user's reads are not called as layers are.
    """

    def __init__(
        self,
        rows: Sequence[Made],
        own: bool,
        stages: dict[int, str] | None = None,
        code: Set[int] = frozenset(),
    ) -> None:
        self.code = code
        self.rows = rows
        self.own = own
        self.modules = [_module(row.call, own) for row in rows]
        self.keys = [_key_path(row) for row in rows]
        self.stages = self._nameless(stages or {})
        self.with_keys = {path for path in self.keys if path}
        paths = [path for path in (*self.keys, *self.modules) if path]
        self.levels = {_parent(path) for path in paths}
        self.levels |= {_parent(level) for level in [*self.levels]}
        self.level_of = self._levels()
        self.shares = [""] * len(rows)
        self.paths = self._paths()

    def _levels(self) -> list[str]:
        """The level each row stands in; of rows without names that of what is around them."""
        found: list[str | None] = [self._level(at) for at in range(len(self.rows))]
        after: str | None = None
        behind: list[str | None] = []
        for level in reversed(found):
            after = level if level is not None else after
            behind.insert(0, after)
        levels: list[str] = []
        for at, level in enumerate(found):
            before = levels[-1] if levels else ""
            levels.append(level if level is not None else _common(before, behind[at] or ""))
        return levels

    def _nameless(self, stages: dict[int, str]) -> dict[int, str]:
        """Of stages that repeat those without a single name."""
        named = {
            level.partition(".")[0]
            for at, level in stages.items()
            if self.keys[at] or self.modules[at] is not None
        }
        return {at: level for at, level in stages.items() if level.partition(".")[0] not in named}

    def _level(self, at: int) -> str | None:
        if isinstance(self.rows[at].op, Input):
            return ""
        if self.keys[at]:
            return _parent(self.keys[at])
        module = self.modules[at]
        if module is None:
            return self.stages.get(at)
        return module if module in self.levels else _parent(module)

    def _paths(self) -> list[str]:
        taken: set[str] = set()
        first: dict[tuple[object, ...], int] = {}
        counted: dict[tuple[str, str], int] = {}
        wanted = [self._wanted(at) for at in range(len(self.rows))]
        reserved = {path for path in wanted if path}
        found: list[str] = []
        for at, row in enumerate(self.rows):
            level, word = self.level_of[at], row.op.word
            key = _tensors(row)
            if key and key in first and self._same_module(first[key], at):
                self._check_shared(first[key], at)
                self.shares[at] = found[first[key]]
                number = counted[self.shares[at], "@"] = counted.get((self.shares[at], "@"), 1) + 1
                found.append(f"{self.shares[at]}@{number}")
                continue
            first.setdefault(key, at)
            number = counted[level, word] = counted.get((level, word), 0) + 1
            path = wanted[at]
            if not path or path in taken:
                prefix = f"{level}." if level else ""
                path = f"{prefix}{word}{number}"
                while path in taken or path in reserved or (at in self.code and is_taken(path)):
                    number += 1
                    path = f"{prefix}{word}{number}"
            taken.add(path)
            found.append(path)
        return found

    def _check_shared(self, one: int, other: int) -> None:
        """What has the same weights is the same layer, or no text can say it."""
        if self.rows[one].op != self.rows[other].op:
            held = next(iter(self.rows[one].tensors.values()))
            word = self.rows[one].op.word
            raise ModelProblem(
                f"two layers `{word}` with other options have the same weights, {held[0].base}: "
                "in the language a layer that is used again keeps its options"
            )

    def _same_module(self, one: int, other: int) -> bool:
        """Whether rows with the same tensors are one layer: exporters store equal ones once."""
        if self.keys[one] and self.keys[one] == self.keys[other]:
            return True
        return self.modules[one] == self.modules[other]

    def _wanted(self, at: int) -> str:
        """The path that weights or the module say; counted names are better for the others."""
        if self.keys[at]:
            return self.keys[at]
        row, module = self.rows[at], self.modules[at]
        if module in self.with_keys:  # a move that a layer asked for
            return ""
        if isinstance(row.op, Input) or (row.op.role != "layer" and not self.own):
            return ""
        if not module or module in self.levels:
            return ""
        if self.own or row.tensors or module.rpartition(".")[2].isdigit():
            return module
        return ""


def _tensors(row: Made) -> tuple[object, ...]:
    return tuple([(name, held) for name, held in row.tensors.items()])


def _key_path(row: Made) -> str:
    """The path by the names of weights, `layer1.0.conv1` of `layer1.0.conv1.weight`."""
    found, known = set(), set[str]()
    for name, held in row.tensors.items():
        base = str(held[0].base)
        if base in known:  # tensors that are one in the model, by the first one's key
            continue
        known.add(base)
        end = f".{name}" if name else ""
        if ":" in base and len(row.tensors) > 1:  # a constant, or one that has lost its name
            continue
        if not base.endswith(end) or ":" in base:
            return ""
        found.add(base[: len(base) - len(end)])
    path = found.pop() if len(found) == 1 else ""
    return path if is_path(path) else ""


def is_path(path: str) -> bool:
    """Whether a name can be a path in the module tree."""
    return bool(path) and all(_PART.fullmatch(part) for part in path.split("."))


def _module(call: Call | None, own: bool) -> str | None:
    """The module that a node is of; None if it does not say."""
    if call is None:
        return None
    for entry in getattr(call.proto, "metadata_props", ()):
        if entry.key == SCOPES:
            return _of_scopes(entry.value)
    name = call.name
    if own:
        path = name.partition("/")[0]
        return path if is_path(path) else None
    if not name.startswith("/"):
        return None
    path = last = ""
    for part in name.split("/")[1:-1]:  # `/layer1/layer1.0/conv1/Conv` is of layer1.0.conv1
        inner = part[len(last) + 1 :] if last and part.startswith(f"{last}.") else part
        path, last = f"{path}.{inner}" if path else inner, part
    return path if not path or is_path(path) else None


def _of_scopes(text: str) -> str | None:
    try:
        scopes = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if not isinstance(scopes, list) or len(scopes) < 2 or not isinstance(scopes[-2], str):
        return None
    return scopes[-2] if not scopes[-2] or is_path(scopes[-2]) else None


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


def _common(one: str, other: str) -> str:
    """The innermost level that holds both."""
    shared: list[str] = []
    for a, b in zip(one.split("."), other.split(".")):
        if a != b:
            break
        shared.append(a)
    return ".".join(shared)


def plain_name(name: str, taken: Iterable[str], default: str) -> str:
    """A name that the language can write, for an input or an output."""
    known = set(taken)
    found = name if name.isidentifier() and name.isascii() else default
    if is_taken(found) and found != default:
        found = default
    number, free = 2, found
    while free in known:
        free, number = f"{found}{number}", number + 1
    return free
