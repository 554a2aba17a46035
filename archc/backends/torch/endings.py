"""What stands behind the classes of a source: loading its weights, running it as a program."""

from __future__ import annotations

from archc.backends.torch.layout import STEP, Call, lines_of
from archc.backends.torch.sizes import size_of
from archc.graph.ir import Network
from archc.ops.ends import Extern
from archc.ops.values import Shape


def endings(network: Network, name: str, weights: str, *, prepares: bool) -> list[str]:
    """`pretrained`, for a file of weights beside the source, and the program.

    With `prepares`, both make the network ready for inference on inputs of the spec's size.
    """
    examples = [] if _is_unfinished(network) else _examples(network)
    ready = lines_of(Call("prepare(", ("network", *examples)), 1) if prepares else []
    found = [_pretrained(name, weights, ready)] if weights else []
    return found if _is_unfinished(network) else [*found, _program(network, name, weights, ready)]


def _pretrained(name: str, weights: str, ready: list[str]) -> str:
    """A function that makes the network with the weights of a file beside the source."""
    return "\n".join(
        [
            f"def pretrained() -> {name}:",
            f'{STEP}"""The network in eval mode, with the weights that stand beside this file."""',
            f"{STEP}network = {name}()",
            f'{STEP}file = Path(__file__).with_name("{weights}")',
            f'{STEP}state = torch.load(file, map_location="cpu", weights_only=True)',
            f"{STEP}network.load_state_dict(state)",
            *ready,
            f"{STEP}return network.eval()",
        ]
    )


def _program(network: Network, name: str, weights: str, ready: list[str]) -> str:
    """`python resnet50.py` runs one forward on zeros and prints the sizes of the outputs."""
    made = "pretrained()" if weights else f"{name}()" if ready else f"{name}().eval()"
    return "\n".join(
        [
            'if __name__ == "__main__":',
            f"{STEP}network = {made}",
            *([] if weights else ready),
            f"{STEP}with torch.no_grad():",
            *lines_of(Call("network(", tuple(_examples(network))), 2, before="outputs = "),
            *_printed(network),
        ]
    )


def _is_unfinished(network: Network) -> bool:
    """Whether its user has a method to write before it runs."""
    return any(isinstance(node.op, Extern) for node in network.nodes)


def _examples(network: Network) -> list[Call]:
    shapes = [network.nodes[index].shape for index in network.inputs.values()]
    return [_zeros(shape) for shape in shapes if isinstance(shape, Shape)]


def _zeros(shape: Shape) -> Call:
    sides = tuple([str(side) for side in size_of(shape)])
    return Call("torch.zeros(", (*sides, *(["dtype=torch.int64"] if shape.is_integer else [])))


def _printed(network: Network) -> list[str]:
    """The statements that print a size for each output."""
    shapes = [network.nodes[index].shape for index in network.outputs.values()]
    if len(shapes) == 1:
        one = _size("outputs", shapes[0])
        return lines_of(Call("print(", (f'"{next(iter(network.outputs))}"', one)), 1)
    if all(isinstance(shape, Shape) for shape in shapes):
        return [
            f"{STEP}for name, value in zip(outputs._fields, outputs):",
            f"{STEP * 2}print(name, tuple(value.shape))",
        ]
    ends = zip(network.outputs, shapes)
    return [
        line
        for at, (name, shape) in enumerate(ends)
        for line in lines_of(Call("print(", (f'"{name}"', _size(f"outputs[{at}]", shape))), 1)
    ]


def _size(text: str, shape: object) -> str:
    if isinstance(shape, Shape):
        return f"tuple({text}.shape)"
    return f"[tuple(value.shape) for value in {text}]"
