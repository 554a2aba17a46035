"""The names of a class's modules as a tree: chains of them are one `nn.Sequential`.

Paths, cut at their dots, are the tree. A branch whose items run one behind the other is a chain,
which one call runs; of any other branch each module is called by itself.
"""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from archc.graph.ir import Instance, Node
from archc.record import Record

Item = Node | Instance
PLAIN = "{self}({0})"
FLAT = "{self}({0}.flatten(1))"
AGAIN = re.compile(r"@\d+")


class Branch:
    """A level of names inside a class: `features`, `downsample`.

    `is_chain`: one call of a Sequential runs it. `has_runs`: its slices run. `tensors` are the
    names that stand for a bare parameter, which is no module.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.children: dict[str, Branch | Item] = {}
        self.is_chain = False
        self.has_runs = False
        self.tensors: set[str] = set()

    def items(self) -> Iterator[Item]:
        """Everything under it, in text order."""
        return _items_of(self.children.values())

    @property
    def counts(self) -> bool:
        """Whether its names are numbers in order, as in a Sequential; some may be left out."""
        numbers = [int(name) for name in self.children if name.isdigit()]
        whole = len(numbers) == len(self.children) and not self.tensors
        return whole and numbers == sorted(numbers)

    @property
    def slots(self) -> list[Branch | Item | None]:
        """The children by number, None for those that are left out."""
        last = int(next(reversed(self.children)))
        return [self.children.get(str(number)) for number in range(last + 1)]


class Chain(Record):
    """Items that run one behind the other: those of a level, or of a slice of it."""

    path: str
    items: tuple[Item, ...]
    between: tuple[int, int] | None = None


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
        is_tensor: Callable[[Item], bool],
        results: Sequence[int],
    ) -> None:
        self.root = Branch("")
        self._level_of: dict[Item, Branch] = {}
        self._name_of: dict[Item, str] = {}
        self.call_of = call_of
        self._reads_of = reads_of
        self._is_free = is_free
        self._is_tensor = is_tensor
        self._items = items
        self._held = frozenset(held)
        self._at = {item: at for at, item in enumerate(items)}
        self._users = collections.Counter(results)
        self._users.update([index for item in items for index in reads_of(item)])
        for item in held:
            self._enter(item, own_path(item.path, prefix))
        for before, item in itertools.pairwise(items):
            self._absorb(before, item)
        self.chain_around: dict[Item, Chain] = {}
        self._mark(self.root)
        self._lift(self.root)
        self.root.is_chain = (
            self.root.counts and len(items) == len(held) and self._is_chain(self.root)
        )

    def _enter(self, item: Item, path: str) -> None:
        *levels, name = path.split(".")
        branch = self.root
        for level in levels:
            inner = branch.children.get(level)
            if inner is not None and not isinstance(inner, Branch):
                name = item.path  # the level is a class: what has no keys stands beside it
                break
            if inner is None:
                inner = Branch(f"{branch.path}.{level}".lstrip("."))
                branch.children[level] = inner
            branch = inner
        if name in branch.children:  # a row without tensors, of layers that are used again
            branch, name = self.root, item.path
        branch.children[name] = item
        branch.tensors.update([name] if self._is_tensor(item) else ())
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
                    self._enter_chain(Chain(child.path, tuple(child.items())))
                elif child.counts:
                    self._mark_runs(child)

    def _enter_chain(self, chain: Chain) -> None:
        self.chain_around.update(dict.fromkeys(chain.items, chain))

    def _mark_runs(self, branch: Branch) -> None:
        """Of a numbered level that is no chain, the longest slices that are one."""
        names = list(branch.children)
        while names:
            run = 1
            while run < len(names) and self._runs(branch, names[: run + 1]):
                run += 1
            if run > 1:
                first, last = int(names[0]), int(names[run - 1])
                items = tuple(_items_of([branch.children[name] for name in names[:run]]))
                self._enter_chain(Chain(branch.path, items, (first, last + 1)))
                branch.has_runs = True
            del names[:run]

    def _runs(self, branch: Branch, names: Sequence[str]) -> bool:
        children = [branch.children[name] for name in names]
        inner = [child for child in children if isinstance(child, Branch)]
        whole = all(child.is_chain for child in inner)
        return whole and self.is_row(list(_items_of(children)))

    def _is_chain(self, branch: Branch) -> bool:
        """One input, one output; each item runs on what the one before it gave to it alone."""
        inner = [child for child in branch.children.values() if isinstance(child, Branch)]
        if not all(child.is_chain for child in inner) or not _has_names(branch):
            return False
        return self.is_row(list(branch.items()))

    def is_row(self, items: Sequence[Item]) -> bool:
        """Whether each item runs on what the one before it gave to it alone, and nothing else."""
        first = self._at[items[0]]
        if (
            list(self._items[first : first + len(items)]) != items
            or len(self._reads_of(items[0])) != 1
        ):
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
            elif branch is not self.root and not branch.counts and self._is_free(child):
                del branch.children[name]
                self.root.children[child.path] = child
                self.chain_around.pop(child, None)

    def _follows(self, before: Item, item: Item) -> bool:
        value = output_of(before)
        return (
            value is not None
            and tuple(self._reads_of(item)) == (value,)
            and self._users[value] == 1
        )

    def chain_call(self, chain: Chain) -> str:
        """How a chain is called: flattened first, if it is what works number by number."""
        calls = [self.call_of(item) for item in chain.items]
        return FLAT if FLAT in calls else calls[0]


def _items_of(children: Iterable[Branch | Item]) -> Iterator[Item]:
    for child in children:
        if isinstance(child, Branch):
            yield from child.items()
        else:
            yield child


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


def _by_number(pair: tuple[str, object]) -> tuple[int, str]:
    return (int(pair[0]), "") if pair[0].isdigit() else (-1, pair[0])
