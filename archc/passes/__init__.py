"""All passes: importing this fills `Pass.registry`, name to class."""

from archc.passes import fc_to_conv, features, fold_batchnorm, new_head
from archc.passes.base import CannotApply, Change, Pass

__all__ = [
    "CannotApply",
    "Change",
    "Pass",
    "fc_to_conv",
    "features",
    "fold_batchnorm",
    "new_head",
]
