"""The steps of a forward: what a class does with what it holds, in text order."""

from __future__ import annotations

from collections.abc import Iterable

from archc.backends.torch.body import Body
from archc.backends.torch.forward import Loop, State, Step
from archc.backends.torch.holding import Holding
from archc.backends.torch.lower import OWN_SIDES
from archc.backends.torch.members import Chain, Item, output_of
from archc.backends.torch.naming import identifier
from archc.graph.ir import Instance, Node
from archc.graph.outline import SCAN
from archc.ops.ends import Input, Prev
from archc.ops.pool import Unpool
from archc.ops.scan import Gather, Scan
from archc.ops.values import Shape
from archc.record import replace

SUM = "{0} + {1}"
"""of values of one size: only such a sum can be written over its first"""


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
        return self._some([item for item in self._body.items if item not in looped])

    def _some(self, items: Iterable[Item]) -> list[Step | Loop]:
        steps: list[Step | Loop] = []
        for item in items:
            if isinstance(item, Instance) and item.name == SCAN:
                steps.append(self._loop(item))
                continue
            if isinstance(item, Node) and isinstance(item.op, (Input, Gather)):
                continue
            chain = self._body.members.chain_around.get(item)
            if chain is not None:
                if chain.items[0] is item:
                    steps.append(self._chain_step(chain))
            elif item in self._holding.repeat_of:
                steps += self._repeated(item)
            elif isinstance(item, Instance):
                steps.append(self._block_step(item))
            else:
                steps += self._node_steps(item)
        return steps

    def _chain_step(self, chain: Chain) -> Step:
        first, gives = chain.items[0], output_of(chain.items[-1])
        assert gives is not None
        reference = self._body.reference(chain.path)
        text = self._body.members.chain_call(chain)
        if chain.between:
            self._body.source.parts.add("run")
            start, end = chain.between
            given = text.removeprefix("{self}(").removesuffix(")")
            text = f"run({{self}}, {given}, {start}, {end})"
        text = text.replace("{self}", reference)
        size = self._body.size(gives)
        name = "" if chain.between else _last_name(chain.path)
        reads = tuple(self._body.reads_of(first))
        return Step((gives,), reads, text, _line(first), name, size, heavy=True)

    def _repeated(self, item: Item) -> list[Step]:
        """The loop over blocks that repeat; nothing for all but the first of them."""
        repeat = self._holding.repeat_of[item]
        if item is not repeat.items[0]:
            return []
        gives = output_of(repeat.items[-1])
        assert gives is not None
        call = f"getattr(self, {repeat.name('{counter}')})({{0}})"
        size, head = self._body.size(gives), repeat.head("{counter}")
        return [Step((gives,), self._body.reads_of(item), call, size=size, heavy=True, head=head)]

    def _block_step(self, item: Instance) -> Step:
        reads = self._body.source.given_to(item)
        places = ", ".join([f"{{{index}}}" for index in range(len(reads))])
        gives = self._body.exports(item)
        path = self._body.relative(item.path)
        first = self._body.source.lowering.first_use(item)
        module = self._body.reference(self._body.relative(first.path))
        call = f"{module}({places})"
        sizes = [self._body.size(index) for index in gives]
        size = ", ".join(sizes) if all(sizes) else ""
        listed = not isinstance(self._network.nodes[gives[0]].shape, Shape)
        name, names = _last_name(path), self._names_of(item, gives)
        return Step(gives, reads, call, _line(item), name, size, False, True, listed, names)

    def _names_of(self, item: Instance, gives: tuple[int, ...]) -> tuple[str, ...]:
        """What a block calls its several values, if it does so for each of them."""
        start = len(item.path) + 1
        nodes = [self._network.nodes[index] for index in gives]
        levels = [node.path[start:].partition(".") for node in nodes]
        names = [
            identifier(level) if rest and not level.isdigit() else label_of(node)
            for node, (level, _, rest) in zip(nodes, levels)
        ]
        differ = len(gives) > 1 and len(set(names)) == len(names)
        return tuple(names) if differ and all(names) else ()

    def _node_steps(self, node: Node) -> list[Step]:
        call = self._body.call(node)
        if "{self}" in call:
            call = call.replace("{self}", self._holding.reference(node))
        gives: tuple[int, ...] = (node.index,)
        reads = node.inputs
        indexed = node.index in self._body.source.lowering.indexed
        if indexed:
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
        if indexed:
            label = label_of(node)
            digits = label[len(label.rstrip("0123456789")) :]
            changed: Step = replace(step, names=("", f"indices{digits}"))
            return [changed]
        return self._carried(node, step) if "{state}" in call else [step]

    def _step(self, node: Node, gives: tuple[int, ...], reads: tuple[int, ...], call: str) -> Step:
        shapes = [self._network.nodes[index].shape for index in node.inputs]
        light = node.shape in shapes and (node.op.elementwise or node.op.role == "join")
        size = self._body.size(node.index)
        listed = not isinstance(node.shape, Shape)
        name, heavy, view = label_of(node), node.op.weighted, node.op.rearranges
        source = self._body.source
        own = not source.inference and call == SUM
        into = source.lowering.sum_into(node) if own else None
        step = Step(gives, reads, call, node.span.line, name, size, light, heavy, listed, view=view)
        if into is None:
            return step
        changed: Step = replace(step, reads=(reads[into], reads[1 - into]), into=True)
        return changed

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
            name = label_of(node) or "state"
            if node.inputs:
                return [State(node.index, "{0}", node.inputs, after, name)]
            shape = node.shape
            assert isinstance(shape, Shape)
            sides = ", ".join([str(side) for side in (shape.channels, *shape.spatial)])
            # Maps come one by one, vectors one of each sample.
            over = self._network.nodes[start.inputs[0]].shape
            samples = "1" if isinstance(over, Shape) and over.rank else "{0}.shape[0]"
            first = f"{{0}}.new_zeros({samples}, {sides})"
            return [State(node.index, first, start.inputs, after, name)]
        if "{state}" not in self._body.torch[node.index].call:
            return []
        first, reads = _used(self._body.torch[node.index].first, node.inputs)
        return [State(state_of(node.index), first, reads, None, f"{label_of(node) or 'rnn'}_state")]


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


def label_of(node: Node) -> str:
    """What a row calls its value; empty for a name that was counted, `conv3`."""
    name = node.path.rpartition(".")[2]
    counted = name.rstrip("0123456789")
    return "" if counted in ("", node.op.word) or "@" in name else identifier(name)
