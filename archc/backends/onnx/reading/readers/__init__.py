"""The meaning of ONNX's operators, family by family."""

from archc.backends.onnx.reading.readers import (
    elementwise,
    joins,
    linear,
    norms,
    resample,
    shapes,
    windows,
)
from archc.backends.onnx.reading.readers.registry import READERS

__all__ = [
    "READERS",
    "elementwise",
    "joins",
    "linear",
    "norms",
    "resample",
    "shapes",
    "windows",
]
