"""All operators: importing this fills `Op.registry`, word to class."""

from archc.ops import (
    act,
    attention,
    conv,
    ends,
    join,
    learned,
    norm,
    pool,
    recurrent,
    region,
    regular,
    resample,
    scan,
    shape,
)
from archc.ops.base import Field, Op

__all__ = [
    "Field",
    "Op",
    "act",
    "attention",
    "conv",
    "ends",
    "join",
    "learned",
    "norm",
    "pool",
    "recurrent",
    "region",
    "regular",
    "resample",
    "scan",
    "shape",
]
