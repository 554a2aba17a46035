"""Every shipped network as a model: well formed, of our sizes, with torch's outputs."""

from __future__ import annotations

import pytest

from archc.analysis.cost import measure
from archc.backends.onnx.build import Options, built
from archc.backends.onnx.sizes import is_complete
from tests.onnx.running import Both
from tests.shipped import opened, picture

SMALL = 45_000_000
"""parameters of open networks that CI runs too"""


def test_shipped_networks_are_models(shipped):
    """onnx finds nothing wrong, its sizes are ours (`sizes.compare`), and every value has one."""
    model = built(shipped, Options()).model
    assert model.graph.node
    assert is_complete(model)


def test_shipped_networks_give_torchs_outputs(run):
    """The same model for three samples and for one."""
    both = Both(run)
    both.agree(samples=3)
    if not both.externs:  # what stands for them has a number of samples
        both.agree(samples=1)


@pytest.mark.parametrize("net", opened())
def test_open_networks_run_at_sizes_that_are_no_squares(net, request):
    """The same model at two sizes, for one sample and for three."""
    network = opened()[net]
    if measure(network).sum().params > SMALL and not request.config.getoption("--full"):
        assert is_complete(built(network, Options()).model)
        return
    both = Both(network)
    both.agree(samples=1, picture=picture(network, 70, 40))
    both.agree(samples=1 if both.externs else 3, picture=picture(network, 30, 60))
