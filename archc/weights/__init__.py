"""Weights from files: reading them, comparing them with a network, finding which is which."""

from archc.weights.checkpoint import Checkpoint, Stored, WeightsProblem, open_checkpoint
from archc.weights.fit import Fit, fit
from archc.weights.match import Match, match

__all__ = (
    "Checkpoint",
    "Fit",
    "Match",
    "Stored",
    "WeightsProblem",
    "fit",
    "match",
    "open_checkpoint",
)
