"""Beside torchvision itself, where it can be imported: checkpoints load both ways, outputs agree.

Without torchvision, tests/torch/test_outputs.py compares with what it gave.
"""

from __future__ import annotations

import pytest
import torch

from tests.oracles.twins.twin import filled, outputs
from tests.torch.beside import TWINS, skip_without_torchvision
from tests.torch.filled import module_of, outputs_of

skip_without_torchvision()

OTHER_KERNELS = {
    "faster_rcnn_fpn": "frozen batch norm is a product and a sum there, batch_norm here",
    "mask_rcnn": "as faster_rcnn_fpn",
    "retinanet": "as faster_rcnn_fpn",
    "swin": "attention is two products there, torch's scaled_dot_product_attention here",
}
"""nets whose outputs are equal to 1e-4 of the largest number, not to the last bit"""


@pytest.mark.parametrize("net", TWINS)
def test_checkpoints_load_both_ways_and_outputs_are_equal(net):
    theirs, ours = filled(TWINS[net]), module_of(net)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    given = outputs_of(ours, TWINS[net].image_sizes)
    expected = outputs(TWINS[net], theirs)
    assert len(given) == len(expected)
    for found, public in zip(given, expected, strict=True):
        if net.partition(".")[0] in OTHER_KERNELS:
            assert (found - public).abs().max() <= 1e-4 * public.abs().max()
        else:
            assert torch.equal(found, public)
    state = ours.state_dict()
    state._metadata[""] = theirs.state_dict()._metadata[""]  # MNASNet asks for its own version
    theirs.load_state_dict(state, strict=True)
