"""Makes the models of this folder: torchvision's nets by torch's own exporters.

    python tests/importing/export.py tests/importing/exported

needs torchvision (and onnxscript for the new exporter). Weights are random. Each model is imported,
the spec is built again, and its outputs are compared with what ONNX Runtime computes of the
exporter's file; then the numbers are taken out, since the graph is all that the tests read.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torchvision import models

import archc
from archc.building.imported import imported

OLD = """
    alexnet convnext_tiny densenet121 efficientnet_b0 googlenet inception_v3 mnasnet1_0
    mobilenet_v2 mobilenet_v3_small regnet_y_400mf resnet18 resnet50 resnext50_32x4d
    shufflenet_v2_x1_0 squeezenet1_1 swin_t vgg11_bn vit_b_16 wide_resnet50_2
"""
NEW = "convnext_tiny resnet18 mobilenet_v3_small shufflenet_v2_x1_0 vit_b_16"
SIDE = {"inception_v3": 299}
HEADS = ("googlenet", "inception_v3")
ENDINGS = {False: "", True: ".new"}
"""of files: which exporter made them"""
CLOSE = 1e-4
LARGE = 64
"""numbers of a tensor that is a weight, no size"""


def main(folder: str) -> None:
    """Every model, one after the other; raises AssertionError where an output differs."""
    warnings.filterwarnings("ignore")
    for name in OLD.split():
        make(name, Path(folder), new=False)
    for name in NEW.split():
        make(name, Path(folder), new=True)


def make(name: str, folder: Path, *, new: bool) -> None:
    """Export a net, compare, keep its graph."""
    torch.manual_seed(0)
    given = {"init_weights": False, "aux_logits": True} if name in HEADS else {}
    net = getattr(models, name)(weights=None, **given)
    for key, value in net.state_dict().items():
        if value.is_floating_point():
            randomize(key, value)
    net.eval()
    side = SIDE.get(name, 224)
    kept = folder / f"{name}{ENDINGS[new]}.onnx.gz"
    with tempfile.TemporaryDirectory() as place:
        path = str(Path(place) / f"{name}.onnx")
        export(net, torch.randn(1, 3, side, side), path, new=new)
        compare(path, name, side)
        model = onnx.load(path)
    strip(model)
    kept.write_bytes(gzip.compress(model.SerializeToString(deterministic=True), mtime=0))
    print(kept.name, kept.stat().st_size, flush=True)


def randomize(key: str, value: torch.Tensor) -> None:
    """Random numbers that keep values in bounds; none are equal, so that none are shared."""
    noise = torch.randn_like(value)
    if value.dim() > 1:
        value.copy_(noise / value[0].numel() ** 0.5)
    elif key.endswith(("running_var", "weight")):
        value.copy_(1 + 0.2 * noise.clamp(-2, 2))
    else:
        value.copy_(0.2 * noise)


def export(net: torch.nn.Module, example: torch.Tensor, path: str, *, new: bool) -> None:
    """By the new exporter or by the old one, the batch left open."""
    if new:
        sizes = ({0: "N"},)
        torch.onnx.export(
            net, (example,), path, dynamo=True, dynamic_shapes=sizes, external_data=False
        )
        return
    torch.onnx.export(
        net,
        (example,),
        path,
        dynamo=False,
        do_constant_folding=False,  # it would put batch norms into convolutions
        training=torch.onnx.TrainingMode.PRESERVE,
        input_names=["image"],
        dynamic_axes={"image": {0: "N"}},
        opset_version=17,
    )


def compare(path: str, name: str, side: int) -> None:
    """Assert that the imported net gives what the model gives."""
    found = imported(path, name)
    module = archc.loads(found.text).torch()
    state = {key: torch.from_numpy(np.array(array)) for key, array in found.weights().items()}
    module.load_state_dict(state)
    module.eval()
    image = np.random.default_rng(0).standard_normal((1, 3, side, side), dtype=np.float32)
    session = onnxruntime.InferenceSession(path)
    (wanted,) = session.run(None, {session.get_inputs()[0].name: image})
    with torch.no_grad():
        given = module(torch.from_numpy(image)).numpy()
    difference = np.abs(given - wanted).max() / np.abs(wanted).max()
    assert np.abs(wanted).max() > 0 and difference < CLOSE, (name, difference)
    print(f"{name}: {difference:.1e}", end="  ")


def strip(model: onnx.ModelProto) -> None:
    """Take out the numbers of weights, and what tells where the model was made."""
    for tensor in model.graph.initializer:
        floats = tensor.data_type == onnx.TensorProto.FLOAT
        if floats and np.prod(tensor.dims) > LARGE:
            tensor.ClearField("raw_data")
    for node in model.graph.node:
        node.ClearField("doc_string")
        scopes = [one for one in node.metadata_props if one.key == "pkg.torch.onnx.name_scopes"]
        kept = [(one.key, one.value) for one in scopes]
        node.ClearField("metadata_props")
        for key, value in kept:
            node.metadata_props.add(key=key, value=value)
    model.graph.ClearField("value_info")
    model.ClearField("doc_string")
    del model.metadata_props[:]
    del model.graph.metadata_props[:]


if __name__ == "__main__":
    main(sys.argv[1])
