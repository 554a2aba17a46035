"""The steps of a forward: what a class does with what it holds, in text order."""

from __future__ import annotations

from collections.abc import Iterable

from archc.backends.torch.body import Body
from archc.backends.torch.forward import Loop, State, Step
from archc.backends.torch.holding import Holding
from archc.backends.torch.lower import OWN_SIDES, origin_of
from archc.backends.torch.members import PLAIN, Branch, Item, output_of
from archc.backends.torch.naming import identifier
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN
from archc.ops.ends import Input, Prev
from archc.ops.pool import Unpool
from archc.ops.scan import Gather, Scan
from archc.ops.values import Shape


class Running:
    """Makes the steps of one class."""

    def __init__(self, body: Body, holding: Holding) -> None:
        self._body = body
        self._holding = holding
        self._network = body.network

    def steps(self) -> list[Step | Loop]:
        """The operations in order; a chain is one of them, a scan with all its rows another."""
        looped: set[Item] = set()
        for item in self._body.items:
            if isinstance(item, Instance) and item.name == SCAN:
                looped.update(self._body.inner(item))
        found: list[Step | Loop] = []
        for item in self._body.items:
            if isinstance(item, Instance) and item.name == SCAN:
                found.append(self._loop(item))
            elif isinstance(item, Node) and isinstance(item.op, (Input, Gather)):
                continue
            elif item not in looped:
                found += self._some([item])
        return found

    def _some(self, items: Iterable[Item]) -> list[Step]:
        steps: list[Step] = []
        for item in items:
            level = self._level_with(item)
            if level is not None:
                if next(level.items()) is item:
                    steps.append(self._level_step(level, item))
            elif isinstance(item, Instance):
                steps.append(self._block_step(item))
            else:
                steps += self._node_steps(item)
        return steps

    def _level_with(self, item: Item) -> Branch | None:
        """The chain, or the class of a level, that runs an item."""
        return self._holding.level_around.get(item)

    def _level_step(self, level: Branch, first: Item) -> Step:
        gives = output_of(list(level.items())[-1])
        assert gives is not None
        call = self._body.members.chain_call(level) if not level.part else PLAIN
        reads = (level.given,) if level.part else first.inputs
        text = call.replace("{self}", self._body.reference(level.path))
        size, name = self._body.size(gives), _last_name(level.path)
        listed = not isinstance(self._network.nodes[gives].shape, Shape)
        return Step((gives,), reads, text, _line(first), name, size, heavy=True, listed=listed)

    def _block_step(self, item: Instance) -> Step:
        reads = tuple(self._body.source.outline.read_by(item))
        places = ", ".join([f"{{{index}}}" for index in range(len(reads))])
        gives = self._body.exports(item)
        path = self._body.relative(item.path)
        module = self._body.reference(self._body.relative(origin_of(item)))
        call = f"{module}({places})"
        size = ", ".join([self._body.size(index) for index in gives])
        listed = not isinstance(self._network.nodes[gives[0]].shape, Shape)
        name = _last_name(path)
        return Step(gives, reads, call, _line(item), name, size, heavy=True, listed=listed)

    def _node_steps(self, node: Node) -> list[Step]:
        call = self._body.call(node)
        if "{self}" in call:
            call = call.replace("{self}", self._holding.reference(node))
        gives: tuple[int, ...] = (node.index,)
        reads = node.inputs
        if node.index in self._body.source.lowering.indexed:
            gives = (node.index, places_of(node.index))
        if isinstance(node.op, Unpool):
            reads = (node.inputs[0], places_of(node.inputs[1]), node.inputs[2])
            call = call.replace("{indices}", "{1}")
        image = next(iter(self._network.inputs.values()))
        for place, index in (("{image}", image), (OWN_SIDES, self._body.given)):
            if place in call and index is not None:
                sides = ".shape[2:]" if place == OWN_SIDES else ""
                call = call.replace(place, f"{{{len(reads)}}}{sides}")
                reads = (*reads, index)
        step = self._step(node, gives, reads, call)
        return self._carried(node, step) if "{state}" in call else [step]

    def _step(self, node: Node, gives: tuple[int, ...], reads: tuple[int, ...], call: str) -> Step:
        shapes = [self._network.nodes[index].shape for index in node.inputs]
        light = node.shape in shapes and (node.op.elementwise or node.op.role == "join")
        size = self._body.size(node.index)
        listed = not isinstance(node.shape, Shape)
        name, heavy = _label(node), node.op.weighted
        view = node.op.rearranges
        return Step(gives, reads, call, node.span.line, name, size, light, heavy, listed, view)

    def _carried(self, node: Node, step: Step) -> list[Step]:
        """A step of a recurrent layer: its value, and inside a scan the state it leaves."""
        value, state = -2 * node.index - 2, state_of(node.index)
        after = Step((node.index,), (value,), "{0}.squeeze(1)", step.line, step.name, step.size)
        if node.block.name != SCAN:
            first = self._body.torch[node.index].first
            call = step.call.replace("{state}", first) + "[0]"
            return [Step((value,), step.reads, call, step.line, heavy=True), after]
        call = step.call.replace("{state}", f"{{{len(step.reads)}}}")
        reads = (*step.reads, state)
        return [Step((value, state), reads, call, step.line, heavy=True), after]

    # ---- scan ----------------------------------------------------------------------------------

    def _loop(self, scan: Instance) -> Loop:
        items = list(self._body.inner(scan))
        start = next(item for item in items if isinstance(item, Node) and isinstance(item.op, Scan))
        nodes = [item for item in items if isinstance(item, Node)]
        states = [state for node in nodes for state in self._states(node, start)]
        plain = [
            item
            for item in items
            if not (isinstance(item, Node) and isinstance(item.op, (Scan, Prev)))
        ]
        assert scan.output is not None
        gather = self._network.nodes[scan.output]
        return Loop(
            gives=gather.index,
            over=start.inputs[0],
            things=self._body.call(start),
            thing=start.index,
            steps=tuple(self._some(plain)),
            result=gather.inputs[0],
            gathered=self._body.call(gather),
            states=tuple(states),
            size=self._body.size(gather.index),
        )

    def _states(self, node: Node, start: Node) -> list[State]:
        """What a row hands to the next step: the value `prev` reads, a recurrent layer's state."""
        if isinstance(node.op, Prev):
            after = self._network.carried[node.index]
            name = _label(node) or "state"
            if node.inputs:
                return [State(node.index, "{0}", node.inputs, after, name)]
            shape = node.shape
            assert isinstance(shape, Shape)
            dims = (shape.channels, *shape.spatial)
            sides = ", ".join([str(side) for side in dims])
            return [
                State(
                    node.index,
                    f"{{0}}.new_zeros({{0}}.shape[0], {sides})",
                    start.inputs,
                    after,
                    name,
                )
            ]
        if "{state}" not in self._body.torch[node.index].call:
            return []
        first, reads = _used(self._body.torch[node.index].first, node.inputs)
        return [State(state_of(node.index), first, reads, None, f"{_label(node) or 'rnn'}_state")]


def _used(call: str, inputs: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """A call with places for the inputs it reads alone."""
    read = [at for at in range(len(inputs)) if f"{{{at}}}" in call]
    for number, at in enumerate(read):
        call = call.replace(f"{{{at}}}", f"{{{number}}}")
    return call, tuple([inputs[at] for at in read])


def places_of(index: int) -> int:
    """The value that stands for the places a pooling found; real values are not negative."""
    return -2 * index - 1


def state_of(index: int) -> int:
    """The value that stands for the state a recurrent layer leaves."""
    return -2 * index - 1


def _last_name(path: str) -> str:
    """A variable for the value of a level of names."""
    return identifier(path.rpartition(".")[2])


def _line(item: Item) -> int:
    return item.span.line if item.span is not None else 0


def _label(node: Node) -> str:
    """What a row calls its value; empty for a name that was counted, `conv3`."""
    name = node.path.rpartition(".")[2]
    counted = name.rstrip("0123456789")
    return "" if counted in ("", node.op.word) or "@" in name else identifier(name)
