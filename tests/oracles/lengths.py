"""How long torchvision's code for a network is: `python -m tests.oracles.lengths`.

It needs torchvision, as `tests/oracles/twins/make.py` does, and writes lengths.json: for each model
the lines of every class and function that makes it. Those are the function that builds it, the
classes of the modules that it makes, and what these name in turn; not what fetches trained weights.

A line counts if it holds code: comments, docstrings and empty lines do not.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.metadata
import inspect
import io
import json
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

LENGTHS = Path(__file__).with_name("lengths.json")
MODELS = {
    "alexnet_torchvision": "alexnet",
    "vgg.D": "vgg16",
    "vgg_bn.16": "vgg16_bn",
    "googlenet_torchvision": "googlenet",
    "inception_v3": "inception_v3",
    "resnet.18": "resnet18",
    "resnet.50": "resnet50",
    "resnet.152": "resnet152",
    "resnext.50-32x4d": "resnext50_32x4d",
    "densenet.121": "densenet121",
    "squeezenet.1.1": "squeezenet1_1",
    "mobilenet_v2.1.0": "mobilenet_v2",
    "mobilenet_v3_small": "mobilenet_v3_small",
    "shufflenet_v2.1x": "shufflenet_v2_x1_0",
    "mnasnet_b1.1.0": "mnasnet1_0",
    "efficientnet.b0": "efficientnet_b0",
    "regnet.y_400mf": "regnet_y_400mf",
    "vit.b16": "vit_b_16",
    "swin.t": "swin_t",
    "convnext.tiny": "convnext_tiny",
    "video_resnet.r3d": "r3d_18",
    "fcn_resnet.50": "fcn_resnet50",
    "deeplabv3.resnet50": "deeplabv3_resnet50",
    "lraspp": "lraspp_mobilenet_v3_large",
}
FETCHING = {
    "_load_state_dict",
    "_log_api_usage_once",
    "_ovewrite_named_param",
    "_ovewrite_value_param",
    "handle_legacy_interface",
    "kwonly_to_pos_or_kw",
    "register_model",
}
"""what has to do with trained weights and old ways to ask for them"""
WITH_BACKBONE = {"fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"}
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def code_lines(text: str) -> set[int]:
    """The numbers of the lines that hold code."""
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return found


def parts_of(model: str) -> dict[str, int]:
    """The lines of each class, function and table of torchvision that a model is made by."""
    from torchvision.models import get_model, get_model_builder

    options = {"weights_backbone": None} if model in WITH_BACKBONE else {}
    with _classes_made() as built:
        get_model(model, weights=None, **options)
    waiting = [_place(inspect.unwrap(get_model_builder(model)))]
    waiting += [_place(cls) for cls in built if _is_own(cls)]
    found: dict[str, int] = {}
    while waiting:
        module, name = waiting.pop()
        if name in found:
            continue
        text = inspect.getsource(sys.modules[module])
        node = _definition(text, name)
        lines = code_lines(text)
        found[name] = len(lines.intersection(range(node.lineno, (node.end_lineno or 0) + 1)))
        for used in _names(node):
            value = vars(sys.modules[module]).get(used)
            if isinstance(value, dict) and not used.startswith("__"):
                waiting.append((module, used))
            elif _is_needed(used, value, built):
                waiting.append(_place(value))
    return dict(sorted(found.items()))


@contextlib.contextmanager
def _classes_made() -> Iterator[set[type]]:
    """The classes of all modules that are made within it, and those they derive from."""
    from torch import nn

    found: set[type] = set()
    init = nn.Module.__init__

    def keep(self: Any, *values: Any, **options: Any) -> None:
        found.update(type(self).__mro__)
        init(self, *values, **options)

    with patch.object(nn.Module, "__init__", keep):
        yield found


def _place(value: Any) -> tuple[str, str]:
    return value.__module__, value.__qualname__


def _is_own(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).startswith("torchvision.")


def _is_needed(name: str, value: Any, built: set[type]) -> bool:
    """Whether it is torchvision's own, and of modules one that was made."""
    from torch import nn

    if name in FETCHING or not _is_own(value):
        return False
    if inspect.isclass(value):
        return value in built if issubclass(value, nn.Module) else "Weights" not in name
    return inspect.isfunction(value)


def _definition(text: str, name: str) -> ast.stmt:
    """Where a name is defined at the top of a module."""
    for node in ast.parse(text).body:
        if getattr(node, "name", "") == name:
            return node
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return node
    raise LookupError(name)


def _names(tree: ast.stmt) -> Iterator[str]:
    """Names that code uses; those of annotations and decorators do not count."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.decorator_list = []
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def main() -> None:
    """Write lengths.json."""
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("torchvision_shim")
    found = {net: {"model": model, "parts": parts_of(model)} for net, model in MODELS.items()}
    lines = [f" {json.dumps(net)}: {json.dumps(one)}" for net, one in found.items()]
    version = json.dumps(importlib.metadata.version("torchvision"))
    text = f'{{"torchvision": {version}, "models": {{\n' + ",\n".join(lines) + "\n}}\n"
    LENGTHS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
