"""Every shipped network as a model: well formed, of our sizes, with torch's outputs."""

from __future__ import annotations

import pytest

from archc.analysis.sizes import study
from archc.api import load
from archc.building.onnx import Wanted, model_of
from tests.onnx.running import run_both
from tests.torch.test_sizes import OPEN, legal

TIES = {"deconvnet": 1e-3}
"""Rounding decides which of two almost equal numbers a pooling takes, and so where it is put."""
SMALL = 45_000_000
"""parameters of open networks that are run"""


def test_shipped_networks_are_models(shipped):
    """onnx's checker and its shape inference find nothing (`build.compare`)."""
    model = model_of(shipped, Wanted()).built.model
    assert model.graph.node


def test_shipped_networks_give_torchs_outputs(run):
    run_both(run, samples=3, tolerance=TIES.get(run.net, 1e-4))


@pytest.mark.parametrize("net", OPEN)
def test_open_networks_run_at_sizes_that_are_no_squares(net):
    module, _, variant = OPEN[net]
    network = load(f"{net}.{variant}" if variant else net)
    found = study(module, net, variant)
    picture = legal(found, "H", 40), legal(found, "W", 70)
    if network.params > SMALL:
        assert model_of(network.graph, Wanted())
        return
    run_both(network.graph, samples=1, picture=picture)
