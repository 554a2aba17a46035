"""Networks for ONNX: every option of every operator, and what operators do together.

Sides are odd and differ, so that no two of them can be mistaken for each other.
"""

from __future__ import annotations

from tests.onnx.cases import joins, maps, open_sides, sequences
from tests.onnx.cases.rows import ROWS

__all__ = ["NETS", "ROWS"]

NETS = {**sequences.NETS, **maps.NETS, **joins.NETS, **open_sides.NETS}
