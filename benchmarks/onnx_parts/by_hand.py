"""ResNet-50 as somebody writes it with onnx.helper: by_hand.py WEIGHTS.safetensors MODEL.onnx."""

from __future__ import annotations

import sys

import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

BLOCKS = (3, 4, 6, 3)
OPSET = 20


class Writer:
    """Nodes one after the other, each with its weights."""

    def __init__(self, path: str) -> None:
        self.state = load_file(path)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, kind: str, name: str, inputs: list[str], keys: list[str], **more: object) -> str:
        """Add a node; gives the name of its value."""
        self.weights += [numpy_helper.from_array(self.state[key], key) for key in keys]
        self.nodes.append(helper.make_node(kind, [*inputs, *keys], [name], name, **more))
        return name

    def conv(self, value: str, conv: str, norm: str, side: int, stride: int = 1) -> str:
        """A conv and its batch norm."""
        value = self.node(
            "Conv",
            conv,
            [value],
            [f"{conv}.weight"],
            kernel_shape=[side, side],
            strides=[stride, stride],
            pads=[side // 2] * 4,
        )
        keys = [f"{norm}.{key}" for key in ("weight", "bias", "running_mean", "running_var")]
        return self.node("BatchNormalization", norm, [value], keys, epsilon=1e-5)

    def relu(self, value: str) -> str:
        """A ReLU behind a value."""
        return self.node("Relu", f"{value}/relu", [value], [])

    def bottleneck(self, value: str, name: str, stride: int, *, wider: bool) -> str:
        """1x1, 3x3, 1x1, and the shortcut."""
        shortcut = value
        inner = self.relu(self.conv(value, f"{name}.conv1", f"{name}.bn1", 1))
        inner = self.relu(self.conv(inner, f"{name}.conv2", f"{name}.bn2", 3, stride))
        inner = self.conv(inner, f"{name}.conv3", f"{name}.bn3", 1)
        if wider:
            shortcut = self.conv(value, f"{name}.downsample.0", f"{name}.downsample.1", 1, stride)
        return self.relu(self.node("Add", f"{name}/add", [inner, shortcut], []))

    def network(self) -> None:
        """All of it."""
        value = self.relu(self.conv("input", "conv1", "bn1", 7, 2))
        value = self.node(
            "MaxPool",
            "maxpool",
            [value],
            [],
            kernel_shape=[3, 3],
            strides=[2, 2],
            pads=[1, 1, 1, 1],
        )
        for at, blocks in enumerate(BLOCKS):
            for block in range(blocks):
                stride = 2 if at and not block else 1
                name = f"layer{at + 1}.{block}"
                value = self.bottleneck(value, name, stride, wider=not block)
        value = self.node("GlobalAveragePool", "avgpool", [value], [])
        value = self.node("Flatten", "flatten", [value], [])
        self.node("Gemm", "fc", [value], ["fc.weight", "fc.bias"], transB=1)


def main() -> None:
    """Write the model."""
    weights, path = sys.argv[1:]
    writer = Writer(weights)
    writer.network()
    graph = helper.make_graph(
        writer.nodes,
        "resnet50",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("fc", TensorProto.FLOAT, ["N", 1000])],
        writer.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    onnx.save(model, path)


if __name__ == "__main__":
    main()
