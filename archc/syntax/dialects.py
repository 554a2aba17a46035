"""Layers as torch and Keras write them, said in archc's words: the repair of a pasted line."""

from __future__ import annotations

import re
from collections.abc import Callable

Arguments = dict[str, str]

_TORCH_CONV = ("in", "out", "window", "stride", "pad", "dilate", "groups", "bias")
_TORCH_DECONV = ("in", "out", "window", "stride", "pad", "outpad", "groups", "bias", "dilate")
_TORCH_POOL = ("window", "stride", "pad")
_KERAS_CONV = ("out", "window", "stride", "pad")

# The names by which both know what archc calls otherwise.
_MEANINGS = {
    "kernel_size": "window", "pool_size": "window", "strides": "stride", "padding": "pad",
    "dilation": "dilate", "dilation_rate": "dilate", "output_padding": "outpad", "filters": "out",
    "units": "out", "out_channels": "out", "in_channels": "in", "out_features": "out",
    "in_features": "in", "use_bias": "bias", "negative_slope": "slope", "p": "share",
    "rate": "share",
    "num_embeddings": "vocab", "embedding_dim": "out", "hidden_size": "out", "input_size": "in",
    "output_size": "to", "shape": "shape", "input_shape": "shape",
}  # fmt: skip

_PLAIN = {
    "ReLU": "relu", "ReLU6": "relu6", "Sigmoid": "sigmoid", "Tanh": "tanh", "GELU": "gelu",
    "SiLU": "silu",
    "Softmax": "softmax", "Flatten": "flatten", "BatchNormalization": "bn",
    "LayerNorm": "layernorm",
    "LayerNormalization": "layernorm", "GlobalAveragePooling2D": "gap", "Identity": "identity",
    "Hardswish": "hswish", "Hardsigmoid": "hsigmoid", "PReLU": "prelu", "ELU": "elu",
    "SELU": "selu", "Mish": "mish", "Softplus": "softplus",
} | {f"BatchNorm{n}d": "bn" for n in (1, 2, 3)}  # fmt: skip


def translate(layer: str, written: str) -> str | None:
    """The row for `layer(written)`, or None if the layer or its arguments are beyond this table.

    >>> translate("Conv2d", "3, 64, kernel_size=7, stride=2, padding=3, bias=False")
    'conv 7x7/2 64 pad=3 bias=no'
    """
    if layer in _PLAIN:
        return _PLAIN[layer]
    if layer not in _LAYERS:
        return None
    order, row = _LAYERS[layer]
    arguments = _arguments(written, order)
    return row(arguments) if arguments is not None else None


def known(layer: str) -> bool:
    """Whether a word is a layer of torch or Keras."""
    return layer in _PLAIN or layer in _LAYERS or layer in ("Sequential", "ModuleList", "Model")


def _arguments(written: str, order: tuple[str, ...]) -> Arguments | None:
    """Values by meaning; None if they are not plainly written."""
    found: Arguments = {}
    for position, part in enumerate(_split(written)):
        name, equals, value = part.partition("=")
        if not equals:
            if position >= len(order):
                return None
            name, value = order[position], part
        name = name.strip()
        found[_MEANINGS.get(name, name)] = value.strip()
    return found


def _split(written: str) -> list[str]:
    """Split at commas outside of brackets."""
    parts, depth = [""], 0
    for sign in written:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


# ---- rows ---------------------------------------------------------------------------------------


def _conv(word: str) -> Callable[[Arguments], str | None]:
    def row(given: Arguments) -> str | None:
        window = _window(given)
        if window is None or "out" not in given:
            return None
        return " ".join([word, window, given["out"], *_options(given)]) + _activation(given)

    return row


def _pool(word: str) -> Callable[[Arguments], str | None]:
    def row(given: Arguments) -> str | None:
        given.setdefault("stride", given.get("window", ""))
        window = _window(given)
        return " ".join([word, window, *_options(given)]) if window else None

    return row


def _with_count(word: str) -> Callable[[Arguments], str | None]:
    def row(given: Arguments) -> str | None:
        if "out" not in given:
            return None
        vocabulary = [f"vocab={given['vocab']}"] if "vocab" in given else []
        return " ".join([word, given["out"], *_options(given), *vocabulary]) + _activation(given)

    return row


def _one_value(word: str, name: str) -> Callable[[Arguments], str | None]:
    return lambda given: f"{word} {given[name]}" if name in given else word


def _adaptive(given: Arguments) -> str | None:
    to = _sides(given.get("to", ""))
    if to is None:
        return None
    return "gap" if to == "1x1" else f"avgpool to={to}"


def _input(given: Arguments) -> str | None:
    sides = [
        side.strip() for side in given.get("shape", "").strip("()[]").split(",") if side.strip()
    ]
    return "input " + "x".join(sides) if sides and all(side.isdigit() for side in sides) else None


def _word(given: Arguments) -> str | None:
    return given["word"].strip("\"'") if "word" in given else None


def _window(given: Arguments) -> str | None:
    sides = _sides(given.get("window", ""))
    stride = _sides(given.get("stride", "1"))
    if sides is None or stride is None:
        return None
    if stride == "1x1":
        return (
            sides
            if "stride" not in given or given["stride"] == ""
            else sides + "/1" * (given["stride"] != "1")
        )
    high, wide = stride.split("x")
    return f"{sides}/{high}" if high == wide else f"{sides}/{stride}"


def _sides(value: str) -> str | None:
    """`3` and `(3, 3)` as `3x3`."""
    sides = re.fullmatch(r"[(\[]?\s*(\w+)\s*(?:,\s*(\w+)\s*)?[)\]]?", value)
    return f"{sides[1]}x{sides[2] or sides[1]}" if sides else None


def _options(given: Arguments) -> list[str]:
    options = []
    for name in ("pad", "outpad", "dilate", "groups", "bias"):
        value = given.get(name, "").strip("\"'")
        value = {"True": "yes", "False": "no"}.get(value, value)
        if value and (name, value) not in _DEFAULTS:
            options.append(f"{name}={value}")
    return options


_DEFAULTS = {
    ("pad", "0"),
    ("pad", "valid"),
    ("outpad", "0"),
    ("dilate", "1"),
    ("groups", "1"),
    ("bias", "yes"),
}


def _activation(given: Arguments) -> str:
    word = given.get("activation", "").strip("\"'")
    return f" ; {word}" if word and word not in ("None", "linear") else ""


_LAYERS: dict[str, tuple[tuple[str, ...], Callable[[Arguments], str | None]]] = {
    "Conv2d": (_TORCH_CONV, _conv("conv")),
    "ConvTranspose2d": (_TORCH_DECONV, _conv("deconv")),
    "Conv2D": (_KERAS_CONV, _conv("conv")),
    "Conv2DTranspose": (_KERAS_CONV, _conv("deconv")),
    "MaxPool2d": (_TORCH_POOL, _pool("maxpool")),
    "AvgPool2d": (_TORCH_POOL, _pool("avgpool")),
    "MaxPooling2D": (_TORCH_POOL, _pool("maxpool")),
    "AveragePooling2D": (_TORCH_POOL, _pool("avgpool")),
    "AdaptiveAvgPool2d": (("to",), _adaptive),
    "Linear": (("in", "out", "bias"), _with_count("fc")),
    "Dense": (("out", "activation"), _with_count("fc")),
    "LSTM": (("in", "out"), _with_count("lstm")),
    "GRU": (("in", "out"), _with_count("gru")),
    "Embedding": (("vocab", "out"), _with_count("embed")),
    "Dropout": (("share",), _one_value("dropout", "share")),
    "LeakyReLU": (("slope",), _one_value("leaky", "slope")),
    "Activation": (("word",), _word),
    "Input": (("shape",), _input),
    "InputLayer": (("shape",), _input),
}
