"""The live modules: keys, sizes, outputs."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

import pytest
import torch

from archc.api import load, loads
from archc.backends.torch.live import (
    BuildDiffers,
    checked_source,
    compare,
    module_class,
)
from archc.session import Session
from archc.source import SourceFile
from tests.language.fences import TEXTS, example_at, wrapped
from tests.language.test_operator_examples import CLASSES, example_of
from tests.oracles import fingerprint
from tests.oracles.test_twins import TWINS
from tests.torch.conftest import form_of

MODELS = json.loads(
    (Path(__file__).parents[1] / "oracles" / "torchvision.json").read_text(encoding="utf-8")
)["models"]
WITH_SOFTMAX = ("vgg11", "vgg16", "vgg19")
"""specs end in the paper's softmax, torchvision's modules before it"""


def test_every_shipped_network_is_built_as_it_was_analysed(shipped):
    """Keys and sizes of all tensors, the size of every layer with weights and of every output."""
    assert checked_source(shipped, form_of(shipped))


@pytest.mark.parametrize("place", TEXTS)
def test_examples_of_the_language_are_built(place):
    for network in Session().networks_of(SourceFile("<text>", example_at(place)), None):
        assert checked_source(network)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_operator_is_built(cls):
    (network,) = Session().networks_of(SourceFile("<text>", wrapped(example_of(cls))), None)
    assert checked_source(network)


@pytest.mark.parametrize("model", MODELS)
def test_outputs_are_torchvisions(model):
    """Weights made from names give what torchvision's own module gave."""
    expected = MODELS[model]
    module = load(TWINS[model]).torch().eval()
    state = fingerprint.fill(module.state_dict())
    module.load_state_dict(state, strict=True)
    if model in WITH_SOFTMAX:
        module.softmax = torch.nn.Identity()
    with torch.no_grad():
        found = fingerprint.digest(module(fingerprint.image(expected["input"])))
    assert found["shape"] == expected["output"]["shape"]
    assert found["norm"] == pytest.approx(expected["output"]["norm"], rel=1e-4)
    tolerance = 1e-4 * max(map(abs, expected["output"]["first"]))
    assert found["first"] == pytest.approx(expected["output"]["first"], rel=1e-4, abs=tolerance)


def test_training_outputs_are_there_in_training_mode():
    module = load("googlenet_torchvision").torch()
    image = torch.zeros(2, 3, 224, 224)
    assert module.eval()(image).shape == (2, 1000)
    given = module.train()(image)
    assert given._fields == ("fc", "aux1", "aux2")
    assert [tuple(value.shape) for value in given] == [(2, 1000)] * 3


def test_a_build_that_differs_is_found():
    network = load("lenet5").graph
    module = module_class(network)()
    module.fc1 = torch.nn.Linear(120, 85)
    with pytest.raises(BuildDiffers, match="tensors differ"):
        compare(network, module)


EXTERN = "extern ask(x) -> R of 8\n\nnet a()\n  input 8\n  ask\n"


@pytest.mark.parametrize("head", ["net a()\n  input 8\n", "net a()\n  input T of 8\n", EXTERN])
def test_a_size_that_differs_is_found_on_things_and_behind_an_extern_too(head):
    network = loads(head + "  fc 5\n  fc 2\n").graph
    with torch.device("meta"):
        module = module_class(network)()
        module.fc1.register_forward_hook(lambda _, given, value: torch.cat([value, value]))
        with pytest.raises(BuildDiffers, match="fc1 is"):
            compare(network, module.eval())


def test_tracebacks_show_the_generated_line():
    module = load("lenet5").torch()
    try:
        module(torch.zeros(1, 1, 40, 40))
    except RuntimeError:
        shown = traceback.format_exc()
    assert "<archc lenet5>" in shown and "self.fc" in shown


def test_a_sum_of_things_and_one_for_all_of_them():
    rows = "  places: tokens\n  whole: mean things\n  add\n"
    rows += "    from places ; fc 8\n    from whole ; fc 8\n"
    module = loads(f"net a()\n  input 4x4x8\n{rows}").torch()
    picture = torch.randn(3, 8, 4, 4)
    things = picture.flatten(2).transpose(1, 2)
    expected = module.fc1(things) + module.fc2(things.mean(1)).unsqueeze(1)
    assert torch.equal(module(picture), expected)


def test_the_state_of_a_scan_goes_from_step_to_step():
    """The rows of a scan are torch's own LSTM, run over all things."""
    text = "net a()\n  input T of 4\n  scan\n    word: identity\n    lstm: lstm 5\n"
    module = loads(text).torch()
    whole = torch.nn.LSTM(4, 5, batch_first=True)
    whole.load_state_dict({key.partition(".")[2]: v for key, v in module.state_dict().items()})
    things = torch.randn(2, 6, 4)
    assert torch.allclose(module(things), whole(things)[0], atol=1e-6)
