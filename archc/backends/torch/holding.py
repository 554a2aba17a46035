"""The statements of `__init__`: what a class holds."""

from __future__ import annotations

from archc.backends.torch.body import Body
from archc.backends.torch.folding import folded, one_run
from archc.backends.torch.layout import STEP, Call, Piece, entry, lines_of
from archc.backends.torch.members import Branch, Item, output_of
from archc.backends.torch.naming import MODULE_NAMES, attribute, identifier
from archc.backends.torch.repeats import repeats
from archc.graph.ir import Node
from archc.record import replace


class Holding:
    """Modules by name; `reference` says how the forward reads a node's."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._shared = self._find_shared()
        self.repeat_of = {item: found for found in repeats(body) for item in found.items}

    def _find_shared(self) -> dict[Item, str]:
        """Modules without tensors directly in the class: one for all that are equal."""
        if self._body.is_numbered:
            return {}
        children = self._body.members.root.children
        found: dict[str, str] = {}
        names: dict[Item, str] = {}
        for name, item in children.items():
            if isinstance(item, Node) and self._body.is_free(item):
                text = self._body.made(item).flat()
                plain = _plain_name(name, item.op.word)
                free = plain not in children and plain not in found.values()
                names[item] = found.setdefault(text, plain if free else identifier(name))
        return names

    def reference(self, node: Node) -> str:
        """How the forward reads a node's module."""
        if node in self._shared:
            return attribute(self._shared[node])
        path = self._body.relative(node.shares or node.path)
        name, _, inner = path.partition(".")
        level = self._body.members.root.children.get(name)
        if not self._body.is_tensor(node) or not inner or _holds_only_tensors(level, inner):
            return self._body.reference(path)
        return f'self.get_parameter("{path}")'

    def lines(self) -> list[str]:
        """The statements, in text order."""
        lines: list[str] = []
        written: set[str] = set()
        for name, child in self._body.members.root.children.items():
            if isinstance(child, Branch):
                lines += [*_assigned(name, self.level(child)), *self._registered(child)]
                continue
            if name in self._body.members.root.tensors and not attribute(name).startswith("self."):
                lines += self._parameter("self", name, child)
                continue
            if child in self.repeat_of:
                lines += self._loop(child)
                continue
            kept = self._shared.get(child, name)
            if kept not in written:
                lines += _assigned(kept, self._body.made(child))
            written.add(kept)
        return lines

    def _loop(self, child: Item) -> list[str]:
        """The loop that makes blocks which repeat; nothing for all but the first of them."""
        repeat = self.repeat_of[child]
        if child is not repeat.items[0]:
            return []
        made = Call("self.add_module(", (repeat.name("i"), self._body.made(child)))
        return [f"{STEP * 2}{repeat.head('i')}", *lines_of(made, 3)]

    def level(self, branch: Branch) -> Call:
        """A Sequential, or a list or a ModuleDict where more happens in between."""
        if branch.counts:
            whole = self.sequence(branch)
            if branch.is_chain or branch.has_runs:
                return whole
            first, items = whole.items[0], Call("[", whole.items, "]", whole.comments)
            if len(whole.items) == 1 and isinstance(first, Call) and first.loop:
                items = replace(first, head="[")
            return Call("nn.ModuleList(", (items,))
        mixed = len(branch.tensors) < len(branch.children)
        names = [name for name in branch.children if not (mixed and name in branch.tensors)]
        pieces = [self._piece(branch.children[name]) for name in names]
        run = one_run(names, pieces) if branch.is_chain else None
        if run is not None:
            return Call("nn.Sequential(", (run,))
        if branch.is_chain:
            pairs = [Call("(", (f'"{name}"', piece)) for name, piece in zip(names, pieces)]
            return Call("nn.Sequential(", (Call("OrderedDict(", (Call("[", tuple(pairs), "]"),)),))
        entries = tuple([entry(f'"{name}"', piece) for name, piece in zip(names, pieces)])
        kind = "nn.ModuleDict(" if mixed else "nn.ParameterDict("
        return Call(kind, (Call("{", entries, "}"),))

    def sequence(self, branch: Branch) -> Call:
        """What is numbered, in order."""
        children = branch.slots
        pieces = [self._piece(child) for child in children]
        sizes = self._sizes(children) if branch.is_chain and len(children) > 1 else []
        return Call("nn.Sequential(", *folded(pieces, sizes))

    def _registered(self, branch: Branch) -> list[str]:
        """Statements that give bare parameters to the levels which hold modules too."""
        lines: list[str] = []
        for name, child in branch.children.items():
            if isinstance(child, Branch):
                lines += self._registered(child)
            elif name in branch.tensors and len(branch.tensors) < len(branch.children):
                nested = "." in branch.path
                inner = f'self.get_submodule("{branch.path}")'
                owner = inner if nested else attribute(branch.path)
                lines += self._parameter(owner, name, child)
        return lines

    def _parameter(self, owner: str, name: str, item: Item) -> list[str]:
        """The statement that gives a module a bare parameter of any name."""
        given = (f'"{name}"', self._body.made(item))
        return lines_of(Call(f"{owner}.register_parameter(", given), 2)

    def _piece(self, child: Branch | Item | None) -> Call:
        if child is None:
            return Call("nn.Identity(", ())
        return self.level(child) if isinstance(child, Branch) else self._body.made(child)

    def _sizes(self, children: list[Branch | Item | None]) -> list[str]:
        """The size behind each child of a chain, where it changes."""
        found: list[str] = []
        before = ""
        for child in children:
            if child is None:
                found.append("")
                continue
            inner = list(child.items()) if isinstance(child, Branch) else [child]
            size = self._body.size(output_of(inner[-1]) or 0)
            # Several modules inside have their own sizes.
            found.append("" if size == before or len(inner) > 1 else size)
            before = size
        return found


def _assigned(name: str, piece: Piece) -> list[str]:
    target = attribute(name)
    if target.startswith("self."):
        return lines_of(piece, 2, before=f"{target} = ")
    return lines_of(Call("self.add_module(", (f'"{name}"', piece)), 2)


def _holds_only_tensors(level: Branch | Item | None, name: str) -> bool:
    """Whether `name` stands in a level of bare parameters alone, an `nn.ParameterDict`."""
    return isinstance(level, Branch) and {name} <= level.tensors == set(level.children)


def _plain_name(name: str, word: str) -> str:
    """`relu` for `relu3` and for `m4.relu1`; the operator's `word` for a name that is a number."""
    plain = name.rpartition(".")[2].rstrip("0123456789") or word
    return f"{plain}_" if plain in MODULE_NAMES else plain
