"""Files of weights of a small network."""

import pytest

import archc

TEXT = """net small(classes=5)
  input 8x8x3
  conv1: conv 3x3 4 bias=no
  bn1: bn
  relu ; gap
  fc: fc classes
"""


@pytest.fixture(scope="session")
def small():
    """A network, live, and its state."""
    net = archc.loads(TEXT, name="small.arch")
    return net, net.torch().state_dict()
