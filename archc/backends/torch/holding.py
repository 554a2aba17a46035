"""The statements of `__init__`: what a class holds."""

from __future__ import annotations

from archc.backends.torch.body import Body
from archc.backends.torch.folding import folded, one_run
from archc.backends.torch.layout import Call, Piece, entry, lines_of
from archc.backends.torch.members import Branch, Item, output_of
from archc.backends.torch.naming import MODULE_NAMES, attribute, identifier
from archc.graph.ir import Node
from archc.record import replace


class Holding:
    """Modules by name; `reference` says how the forward reads a node's."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._shared = self._find_shared()

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
                plain = _plain_name(name)
                free = plain not in children and plain not in found.values()
                names[item] = found.setdefault(text, plain if free else identifier(name))
        return names

    def reference(self, node: Node) -> str:
        """How the forward reads a node's module."""
        if node in self._shared:
            return attribute(self._shared[node])
        return self._body.reference(self._body.relative(node.shares or node.path))

    def lines(self) -> list[str]:
        """The statements, in text order."""
        lines: list[str] = []
        written: set[str] = set()
        for name, child in self._body.members.root.children.items():
            if isinstance(child, Branch):
                lines += _assigned(name, self.level(child))
                continue
            kept = self._shared.get(child, name)
            if kept not in written:
                lines += _assigned(kept, self._body.made(child))
            written.add(kept)
        return lines

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
        names = list(branch.children)
        pieces = [self._piece(child) for child in branch.children.values()]
        run = one_run(names, pieces) if branch.is_chain else None
        if run is not None:
            return Call("nn.Sequential(", (run,))
        if branch.is_chain:
            pairs = [Call("(", (f'"{name}"', piece)) for name, piece in zip(names, pieces)]
            return Call("nn.Sequential(", (Call("OrderedDict(", (Call("[", tuple(pairs), "]"),)),))
        entries = tuple([entry(f'"{name}"', piece) for name, piece in zip(names, pieces)])
        kind = (
            "nn.ParameterDict("
            if self._are_parameters(list(branch.children.values()))
            else "nn.ModuleDict("
        )
        return Call(kind, (Call("{", entries, "}"),))

    def sequence(self, branch: Branch) -> Call:
        """What is numbered, in order."""
        children = branch.slots
        pieces = [self._piece(child) for child in children]
        sizes = self._sizes(children) if branch.is_chain and len(children) > 1 else []
        return Call("nn.Sequential(", *folded(pieces, sizes))

    def _are_parameters(self, children: list[Branch | Item | None]) -> bool:
        """Whether a level holds tensors alone: these are no modules."""
        makes = [self._body.torch[one.index].make for one in children if isinstance(one, Node)]
        named = [make.name for make in makes if make is not None]
        return len(named) == len(children) and set(named) == {"nn.Parameter"}

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


def _plain_name(name: str) -> str:
    """`relu` for `relu3` and for `m4.relu1`."""
    last = name.rpartition(".")[2]
    plain = last.rstrip("0123456789") or last
    return f"{plain}_" if plain in MODULE_NAMES else plain
