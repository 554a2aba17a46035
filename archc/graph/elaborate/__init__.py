"""Elaboration: a syntax tree becomes a checked network.

Parse, bind parameters, expand rows to primitive layers in text order, infer one shape for each
value, attach keys. `elaborate` does one net (or one variant of it) at one set of input sizes.
"""

from archc.graph.elaborate.nets import At, elaborate, expand

__all__ = ["At", "elaborate", "expand"]
