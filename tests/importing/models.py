"""The models of this folder, whole enough to be read: graphs without the numbers of weights."""

from __future__ import annotations

import gzip
from pathlib import Path

import onnx

MODELS = Path(__file__).parent / "exported"


def names() -> list[str]:
    """All of them, `resnet50` by torch's old exporter, `resnet50.new` by the new one."""
    return sorted(path.name.removesuffix(".onnx.gz") for path in MODELS.glob("*.onnx.gz"))


def unpacked(name: str, folder: Path) -> str:
    """A model as a file of its own."""
    path = folder / f"{name}.onnx"
    path.write_bytes(gzip.decompress((MODELS / f"{name}.onnx.gz").read_bytes()))
    return str(path)


def saved(model: onnx.ModelProto, folder: Path, name: str = "model") -> str:
    """A model that a test made, as a file."""
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    return str(path)
