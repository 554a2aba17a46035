"""Legal sizes of every spec with open sides: brute force in torch, H from 1 to 100, agrees.

With --full H goes to 200. torch runs each net at each H on the meta device, W at a size that works.
A size is legal if torch raises nothing, no rule of the language that is stricter than torch is
broken (see `torch_meta.rule_against`: a window under `sizes safe` that would never see real input,
a crop without a middle, sums of unequal maps), and the layers have the tensors they have at other
sizes. `where` is not asked.
"""

from __future__ import annotations

from functools import cache

from archc.analysis.sizes import study
from archc.diagnostics.model import Bag
from archc.graph.elaborate import At, expand
from archc.graph.modules import Module
from archc.limits import DEFAULT
from archc.session import Session, all_of
from tests.oracles import torch_meta
from tests.oracles.test_shapes import ROOT

LARGEST = 100
UNET_OPENED = (("input 572x572x(channels)", "input HxWx(channels)"), ("| 388x388x2 |", "| |"))


def module_of(path, changed=()) -> Module:
    """A spec, pieces of its text exchanged."""
    session = Session()
    source = session.source(str(path))
    assert source is not None
    for old, new in changed:
        assert old in source.text
        source = session.files.instead_of(source, source.text.replace(old, new))
    module = session.module(source)
    assert session.is_readable(module)
    return module


@cache
def open_nets() -> dict[str, tuple[Module, str, str | None]]:
    """Every net and variant with open sides, and U-Net's first variant with its size opened."""
    found = {}
    for path in OPEN_FILES:
        module = module_of(path)
        for net, variant in all_of(module.nets):
            if expand(module, net, variant, Bag()).is_open:
                found[f"{net}.{variant}" if variant else net] = (module, net, variant)
    unet = module_of(ROOT / "specs" / "unet.arch", UNET_OPENED)
    found["unet.valid opened"] = (unet, "unet", "valid")
    return found


OPEN_FILES = [
    path for path in sorted((ROOT / "specs").glob("*.arch")) if "input H" in path.read_text()
]
WIDTHS = ("mask_rcnn", "unet.same")
"""nets whose widths are tried too"""
DEEPER = ("deeplabv3.resnet101", "fcn_resnet.101", "hrnet_segmentation.w48", "pspnet.101")
"""variants with more of the units that another has, or wider ones: for --full"""


class Brute:
    """One net at any size, in torch."""

    def __init__(self, module: Module, net: str, variant: str | None, base: dict[str, int]) -> None:
        self.of = (module, net, variant)
        self.base = base
        self.network = self.at(base)
        self.weights = [ran.weights for ran in torch_meta.run(self.network, base).nodes]
        other = self.at({letter: size + 64 for letter, size in base.items()})
        self.same = [node.op for node in self.network.nodes] == [node.op for node in other.nodes]

    def at(self, sizes):
        context = expand(*self.of, Bag(), DEFAULT, At(sizes, obeys_rules=False))
        return context.network

    def legal(self, letter: str, size: int) -> bool:
        """Whether torch and the language take this size."""
        sizes = {**self.base, letter: size}
        network = self.network if self.same else self.at(sizes)
        try:
            ran = torch_meta.run(network, sizes).nodes
        except torch_meta.Refused:
            return False
        return [found.weights for found in ran] == self.weights


def pytest_generate_tests(metafunc):
    """The heights of all nets, with --full of their deeper variants too."""
    full = metafunc.config.getoption("--full")
    heights = [(name, "H") for name in sorted(open_nets()) if full or name not in DEEPER]
    metafunc.parametrize(("name", "letter"), [*heights, *[(name, "W") for name in WIDTHS]])


def test_brute_force_agrees(name, letter, request):
    of = open_nets()[name]
    found = study(*of)
    assert found is not None and found.proved
    brute = Brute(*of, found.chosen)
    sizes = range(1, 2 * LARGEST + 1 if request.config.getoption("--full") else LARGEST + 1)
    legal = {size for size in sizes if brute.legal(letter, size)}
    assert legal == {size for size in sizes if size in found.legal[letter]}
