"""The meaning of ONNX's operators, family by family."""

from archc.backends.onnx.reading.readers import (
    adaptive,
    elementwise,
    joins,
    linear,
    norms,
    recurrent,
    regions,
    resample,
    scans,
    shapes,
    windows,
)
from archc.backends.onnx.reading.readers.registry import READERS

__all__ = [
    "READERS",
    "adaptive",
    "elementwise",
    "joins",
    "linear",
    "norms",
    "recurrent",
    "regions",
    "resample",
    "scans",
    "shapes",
    "windows",
]
