"""Did you mean, and the words of other frameworks."""

from __future__ import annotations

import time

import pytest

import archc.ops  # noqa: F401  fills the registry
from archc.diagnostics.dialects import _LAYERS, _OPTIONS, _read, layer_word, option_word
from archc.diagnostics.similar import closest, distance, suggestion
from archc.ops.base import Op


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("cnov", ("conv", "fc"), ("conv",)),
        ("con", ("conv", "fc"), ("conv",)),
        ("padding", ("pad", "groups"), ("pad",)),
        ("chan", ("channels", "bias"), ("channels",)),
        ("CONV", ("conv",), ("conv",)),
        ("xyz", ("conv", "fc"), ()),
        ("a", ("b", "c"), ()),
        ("relu7", ("relu6", "relu", "elu"), ("relu6", "relu")),
    ],
)
def test_closest(word, known, nearest):
    assert closest(word, known)[: len(nearest) or 1] == nearest


@pytest.mark.parametrize(
    ("left", "right", "steps"), [("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3)]
)
def test_distance(left, right, steps):
    assert distance(left, right, 9) == steps
    assert distance(right, left, 9) == steps


def test_suggestions_read_well():
    assert suggestion("cnov", ("conv",)) == "did you mean `conv`?"
    assert suggestion("x", ("conv", "fc")) == "these are known here: `conv`, `fc`"
    assert suggestion("x", ()) == ""


def test_a_word_of_megabytes_costs_nothing():
    started = time.perf_counter()
    assert closest("x" * 5_000_000, ("conv",)) == ()
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("Conv2d", "conv"), ("nn.Conv2d", "conv"), ("Conv2D", "conv"), ("Convolution", "conv"),
        ("Linear", "fc"), ("Dense", "fc"), ("InnerProduct", "fc"), ("connected", "fc"),
        ("BatchNorm2d", "bn"), ("MaxPool2d", "maxpool"), ("MaxPooling2D", "maxpool"),
        ("GlobalAveragePooling2D", "gap"), ("shortcut", "add"), ("nothing", ""),
    ],
)  # fmt: skip
def test_layers_of_other_frameworks(word, ours):
    assert layer_word(word) == ours


@pytest.mark.parametrize(
    ("word", "option", "ours"),
    [
        ("conv", "kernel_size", "window"), ("conv", "filters", "channels"),
        ("conv", "num_output", "channels"), ("conv", "out_channels", "channels"),
        ("conv", "strides", "stride"), ("conv", "padding", "pad"), ("conv", "dilation", "dilate"),
        ("conv", "group", "groups"), ("conv", "use_bias", "bias"), ("conv", "size", "window"),
        ("fc", "kernel_size", ""), ("deconv", "output_padding", "outpad"),
        ("maxpool", "ceil_mode", "ceil"), ("bn", "epsilon", "eps"),
    ],
)  # fmt: skip
def test_options_of_other_frameworks(word, option, ours):
    known = tuple(Op.registry[word].fields)
    if ours == "ceil":
        known = (*known, "ceil")
    assert option_word(option, known) == ours


def test_every_word_of_ours_is_a_layer():
    ours = {word for words in _read(_LAYERS).values() for word in words}
    assert ours <= set(Op.registry), ours - set(Op.registry)


def test_every_option_of_ours_exists_somewhere():
    choices = {c for op in Op.registry.values() for f in op.fields.values() for c in f.choices}
    fields = {name for op in Op.registry.values() for name in op.fields}
    for line in _OPTIONS.strip().split("\n"):
        assert set(line.partition(":")[0].split()) & (fields | choices), line


def test_no_layer_of_ours_is_called_foreign():
    clash = {word for word in _read(_LAYERS) if word in Op.registry and layer_word(word) != word}
    same = {word for word in clash if Op.registry[layer_word(word)] is Op.registry[word]}
    assert clash == same
