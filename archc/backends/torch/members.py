"""The names of a class's modules as a tree: chains of them are one `nn.Sequential`.

Paths, cut at their dots, are the tree. A branch whose items run one behind the other is a chain,
which one call runs; of any other branch each module is called by itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence

from archc.graph.ir import Instance, Node

Item = Node | Instance
PLAIN = "{self}({0})"
FLAT = "{self}({0}.flatten(1))"
AGAIN = re.compile(r"@\d+")


class Branch:
    """A level of names inside a class: `features`, `downsample`.

    `is_chain`: one call of a Sequential runs it. `part` are the items of the body that it is, with
    the moves between them, if they can be a class of their own; `given` what these read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.part: tuple[Item, ...] = ()
        self.given = 0
        self.children: dict[str, Branch | Item] = {}
        self.is_chain = False

    def items(self) -> Iterator[Item]:
        """Everything under it, in text order."""
        for child in self.children.values():
            if isinstance(child, Branch):
                yield from child.items()
            else:
                yield child

    @property
    def counts(self) -> bool:
        """Whether its names are numbers in order, as in a Sequential; some may be left out."""
        numbers = [int(name) for name in self.children if name.isdigit()]
        return len(numbers) == len(self.children) and numbers == sorted(numbers)

    @property
    def slots(self) -> list[Branch | Item | None]:
        """The children by number, None for those that are left out."""
        last = int(next(reversed(self.children)))
        return [self.children.get(str(number)) for number in range(last + 1)]


class Members:
    """The tree of one class; `chain_around` has the outermost chain that runs an item."""

    def __init__(
        self,
        items: Sequence[Item],
        held: Sequence[Item],
        prefix: str,
        call_of: Callable[[Item], str],
        reads_of: Callable[[Item], Sequence[int]],
        is_free: Callable[[Item], bool],
        results: Sequence[int],
    ) -> None:
        self.root = Branch("")
        self._level_of: dict[Item, Branch] = {}
        self._name_of: dict[Item, str] = {}
        self.call_of = call_of
        self._reads_of = reads_of
        self._is_free = is_free
        self._items = items
        self._held = frozenset(held)
        self._at = {item: at for at, item in enumerate(items)}
        self._users: dict[int, int] = {}
        for index in [*results, *[index for item in items for index in reads_of(item)]]:
            self._users[index] = self._users.get(index, 0) + 1
        for item in held:
            self._enter(item, own_path(item.path, prefix))
        for before, item in itertools.pairwise(items):
            self._absorb(before, item)
        self.chain_around: dict[Item, Branch] = {}
        self._mark(self.root)
        self._lift(self.root)
        self._find_parts()
        self.root.is_chain = (
            self.root.counts and len(items) == len(held) and self._is_chain(self.root)
        )

    def _enter(self, item: Item, path: str) -> None:
        *levels, name = path.split(".")
        branch = self.root
        for level in levels:
            inner = branch.children.get(level)
            if not isinstance(inner, Branch):
                inner = Branch(f"{branch.path}.{level}".lstrip("."))
                branch.children[level] = inner
            branch = inner
        branch.children[name] = item
        self._level_of[item], self._name_of[item] = branch, name

    def _absorb(self, before: Item, item: Item) -> None:
        """Take a module without tensors into the numbered level of what it runs on.

        It has no key; so `0: conv` and a relu behind it become a Sequential of both.
        """
        level = self._level_of.get(before)
        if level is None or item not in self._held or not self._is_free(item):
            return
        if not isinstance(before, Node) or item.span is None or before.span.line != item.span.line:
            return
        own = self._level_of.get(item)
        if own is not None and own is not self.root:
            return
        number = str(int(self._name_of[before]) + 1) if self._name_of[before].isdigit() else ""
        if number and number not in level.children and self._follows(before, item):
            del self.root.children[self._name_of[item]]
            level.children[number] = item
            level.children = dict(sorted(level.children.items(), key=_by_number))
            self._level_of[item], self._name_of[item] = level, number

    def _mark(self, branch: Branch) -> None:
        for child in branch.children.values():
            if isinstance(child, Branch):
                self._mark(child)
                child.is_chain = self._is_chain(child)
                if child.is_chain:
                    self.chain_around.update(dict.fromkeys(child.items(), child))

    def _is_chain(self, branch: Branch) -> bool:
        """One input, one output; each item runs on what the one before it gave to it alone."""
        items = list(branch.items())
        first = self._at[items[0]]
        inner = [child for child in branch.children.values() if isinstance(child, Branch)]
        if (
            list(self._items[first : first + len(items)]) != items
            or len(self._reads_of(items[0])) != 1
        ):
            return False
        if not all(child.is_chain for child in inner) or not _has_names(branch):
            return False
        calls = [self.call_of(item) for item in items]
        if FLAT in calls and all(_is_elementwise(item) for item in items[: calls.index(FLAT)]):
            calls = [PLAIN if call == FLAT else call for call in calls]
        follows = all(self._follows(*pair) for pair in itertools.pairwise(items))
        return (
            follows and calls[0].startswith("{self}(") and calls[1:] == [PLAIN] * (len(calls) - 1)
        )

    def _lift(self, branch: Branch) -> None:
        """Modules without tensors have no keys: outside of chains they stand in the class."""
        for name, child in list(branch.children.items()):
            if isinstance(child, Branch):
                free = not child.counts and all(self._is_free(item) for item in child.items())
                if free or not child.is_chain:
                    self._lift(child)
                if not child.children:
                    del branch.children[name]
            elif branch is not self.root and self._is_free(child):
                del branch.children[name]
                self.root.children[child.path] = child
                self.chain_around.pop(child, None)

    def _find_parts(self) -> None:
        for branch in self.root.children.values():
            if isinstance(branch, Branch) and not branch.is_chain:
                self._find_part(branch)

    def _find_part(self, branch: Branch) -> None:
        """The items from the branch's first to its last, if one value goes in and one comes out."""
        items = list(branch.items())
        begin, end = self._at[items[0]], self._at[items[-1]] + 1
        part = self._items[begin:end]
        held = [item for item in part if item in self._held and not self._is_free(item)]
        made = {index for item in part for index in gives_of(item)}
        inside = [index for item in part for index in self._reads_of(item)]
        given = set(inside) - made
        used = [index for index in made if self._users.get(index, 0) > inside.count(index)]
        if held == items and len(given) == 1 and used == [output_of(items[-1])]:
            branch.part, branch.given = tuple(part), given.pop()

    def _follows(self, before: Item, item: Item) -> bool:
        value = output_of(before)
        return (
            value is not None
            and tuple(self._reads_of(item)) == (value,)
            and self._users[value] == 1
        )

    def chain_call(self, chain: Branch) -> str:
        """How a chain is called: flattened first, if it is what works number by number."""
        calls = [self.call_of(item) for item in chain.items()]
        return FLAT if FLAT in calls else calls[0]


def own_path(path: str, prefix: str) -> str:
    """A path inside the level `prefix`; layers that are used again go by their first name."""
    plain = AGAIN.sub("", path)
    level = f"{AGAIN.sub('', prefix)}." if prefix else ""
    return plain.removeprefix(level) if plain.startswith(level) else plain.rpartition(".")[2]


def output_of(item: Item) -> int | None:
    """The value that an item gives."""
    return item.index if isinstance(item, Node) else item.output


def _has_names(branch: Branch) -> bool:
    return branch.counts or all(name.isidentifier() for name in branch.children)


def _is_elementwise(item: Item) -> bool:
    return isinstance(item, Node) and item.op.elementwise


def gives_of(item: Item) -> range:
    """The values that are made in an item."""
    if isinstance(item, Node):
        return range(item.index, item.index + 1)
    indices = [index for inner in item.items for index in gives_of(inner)]
    return range(min(indices, default=0), max(indices, default=-1) + 1)


def _by_number(pair: tuple[str, object]) -> tuple[int, str]:
    return (int(pair[0]), "") if pair[0].isdigit() else (-1, pair[0])
