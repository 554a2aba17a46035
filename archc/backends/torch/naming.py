"""Names in the generated source: Python's for what the language calls otherwise."""

from __future__ import annotations

import builtins
import keyword
import os
import re
import sys
from collections.abc import Iterable

from archc.backends.torch.part_texts import part_names
from archc.graph.ir import Network

TAKEN = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "torch", "nn", "F"}
)

_OF_MODULES = """
T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu
cuda double dump_patches eval extend extra_repr float forward get_buffer get_extra_state
get_parameter get_submodule half insert ipu items keys load_state_dict modules mtia named_buffers
named_children named_modules named_parameters parameters pop register_backward_hook
register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict
to to_empty train training type update values xpu zero_grad
"""
_INSIDE_MODULES = """
_backward_hooks _backward_pre_hooks _buffers _forward_hooks _forward_hooks_always_called
_forward_hooks_with_kwargs _forward_pre_hooks _forward_pre_hooks_with_kwargs
_is_full_backward_hook _load_state_dict_post_hooks _load_state_dict_pre_hooks _modules
_non_persistent_buffers_set _parameters _state_dict_hooks _state_dict_pre_hooks
"""
MODULE_NAMES = frozenset([*_OF_MODULES.split(), *_INSIDE_MODULES.split()])
"""what every torch module has, so that none inside it can be called so"""
NUM_CLASSES = "num_classes"
"""the parameter of a network's class for the spec's `classes`, as torchvision calls it"""
SIGNS = r"[^0-9A-Za-z]+"
"""what stands between the words of a name"""
CLASS_NAMES = frozenset({"Any", "Callable", "F", "NamedTuple", "OrderedDict", "Path", "Tensor"})
"""what the source imports"""

MODULES = frozenset(
    {
        *sys.stdlib_module_names,
        *("torch", "torchvision", "numpy", "filelock", "fsspec", "jinja2", "networkx", "sympy"),
        *("setuptools", "typing_extensions"),
    }
)
"""what a source imports, or torch does: a file of that name beside it would be imported instead"""


def module_name(name: str) -> str:
    """A name for the file of a network, without its ending."""
    plain = identifier(name)
    return f"{plain}_" if plain in MODULES else plain


def module_taken(path: str) -> str:
    """Why a source cannot have the name of this file; empty if it can."""
    name, ending = os.path.splitext(os.path.basename(path))
    if ending != ".py" or name not in MODULES:
        return ""
    free = os.path.join(os.path.dirname(path), f"{name}_.py")
    return f"{path} would be imported in place of the module `{name}`; {free} would not"


def class_name(block: str) -> str:
    """`inverted_residual` is InvertedResidual."""
    name = _joined(re.split(SIGNS, block))
    return name if name[:1].isalpha() and not keyword.iskeyword(name) else f"Block{name}"


def _joined(words: Iterable[str]) -> str:
    """The words, each with a capital; `_` stands between two numbers."""
    name = ""
    for word in words:
        name += "_" * (name[-1:].isdigit() and word[:1].isdigit()) + word[:1].upper() + word[1:]
    return name


def network_class(network: Network) -> str:
    """The net's name, its words as the title spells them (`ResNet`); and the variant."""
    title = _joined(re.split(SIGNS, network.title))
    words = re.split(SIGNS, network.net)
    for at, word in enumerate(words):
        if not title.lower().startswith(word.lower()):
            break
        words[at], title = title[: len(word)], title[len(word) :]
    name = _joined([*words, *re.split(SIGNS, network.variant)])
    name = name if name[:1].isalpha() else class_name(name)
    taken = keyword.iskeyword(name) or name in CLASS_NAMES or name in part_names()
    return f"{name}Net" if taken else name


def identifier(name: str) -> str:
    """A name for a variable: no keyword, no builtin, only letters, digits and `_`."""
    plain = re.sub(r"[^0-9A-Za-z_]", "_", name)
    if not plain or plain[0].isdigit():
        plain = f"x{plain}"
    return f"{plain}_" if plain in TAKEN else plain


def field(name: str) -> str:
    """A name for a field of a NamedTuple: it begins with a letter, and is no method of tuples."""
    plain = identifier(name).lstrip("_") or "x"
    plain = identifier(plain)
    return f"{plain}_" if plain in ("count", "index") else plain


def parameter(name: str, rows: set[str]) -> str:
    """A name for a parameter of a class: no row and nothing of torch's modules is called so."""
    plain = identifier(name)
    return f"{plain}_" if plain in rows or plain in MODULE_NAMES else plain


def attribute(name: str) -> str:
    """How a child is read: `self.conv1`, or by `getattr` where Python has no such name."""
    if name.isidentifier() and not keyword.iskeyword(name):
        return f"self.{name}"
    return f'getattr(self, "{name}")'
