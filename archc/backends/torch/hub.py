"""`hubconf.py`: the file by which torch.hub finds the networks of a folder."""

from __future__ import annotations

from collections.abc import Sequence

from archc import __version__
from archc.backends.torch.head import MARK, about
from archc.backends.torch.layout import STEP, lines_of, parsed
from archc.backends.torch.naming import NUM_CLASSES, module_name, network_class
from archc.graph.ir import Network
from archc.record import Record


class Entry(Record):
    """A network of the folder: its number of classes, None if its class does not take one, and
    whether its weights stand beside it.
    """

    network: Network
    classes: int | None
    has_weights: bool


def hubconf(entries: Sequence[Entry]) -> str:
    """The file with an entry point for each network; theirs lie beside it."""
    imports = [_imported(entry) for entry in entries]
    functions = [line for entry in entries for line in ["", "", *_function(entry)]]
    head = ['"""Networks for torch.hub.', "", f"{MARK} {__version__}.", '"""', ""]
    return "\n".join([*head, *sorted(imports), "", 'dependencies = ["torch"]', *functions, ""])


def _imported(entry: Entry) -> str:
    names = [network_class(entry.network), *(["pretrained"] if entry.has_weights else [])]
    return f"from {module_name(entry.network.name)} import {', '.join(names)}"


def _function(entry: Entry) -> list[str]:
    name, cls = module_name(entry.network.name), network_class(entry.network)
    given = f"{NUM_CLASSES}: int = {entry.classes}" if entry.classes is not None else ""
    call = f"{cls}({NUM_CLASSES})" if given else f"{cls}()"
    if entry.has_weights:
        given, call = "", "pretrained()"
    return [
        *lines_of(parsed(f"def {name}({given})"), 0, after=f" -> {cls}:"),
        f'{STEP}"""{about(entry.network)}"""',
        f"{STEP}return {call}",
    ]
