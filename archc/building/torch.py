"""Building networks for torch: what is asked of a build, its source, its weights, its files.

Every build is made on the meta device and compared with the analysis before anybody gets it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from archc.backends.torch.emit import Form
from archc.backends.torch.files import Files, Weights
from archc.backends.torch.hub import Entry, hubconf
from archc.backends.torch.live import checked_source, module_class, takes_classes
from archc.backends.torch.naming import module_name, network_class
from archc.backends.torch.optimize import optimized
from archc.building.names import SameName
from archc.diagnostics.model import ArchError
from archc.graph.ir import Network
from archc.graph.tensors import tensors_of
from archc.passes.features import Features
from archc.record import Record
from archc.transforming import Refused, Transformed, transformed

if TYPE_CHECKING:
    from archc.session import Session

State = Mapping[str, Any]
NEEDS_TORCH = "this needs torch: pip install 'archc[torch]'"


class Wanted(Record):
    """What a build is to be.

    `features` are rows whose values become its outputs; `weights` is the file of those to write
    beside it; `inference` is the dtype (fp32, bf16, fp16) of a build for inference alone.
    """

    features: tuple[str, ...] = ()
    weights: str = ""
    inference: str = ""


PLAIN = Wanted()


class Built(Record):
    """A source that was compared with its network; `weights` turns a state of the network as it
    was written into one of the build.
    """

    network: Network
    source: str
    weights: Callable[[State], dict[str, Any]]


def built(
    network: Network, session: Session | None, wanted: Wanted = PLAIN, weights: str = ""
) -> Built:
    """The build of a network of this session; `weights` names the file that stands beside it.

    Raises ArchError for what torch lacks and for features that are no rows, BuildDiffers for a
    fault of archc's, ImportError without torch.
    """
    if find_spec("torch") is None:
        raise ImportError(NEEDS_TORCH)
    wider = session.with_classes(network) if session is not None else None
    before: Callable[[State], dict[str, Any]] = dict
    if wanted.features:
        done = _with_features(network, wanted.features)
        network, before = done.network, done.weights
        wider = wider and _with_features(wider, wanted.features).network
    features = bool(wanted.features)
    if not wanted.inference:
        form = Form(wider, weights, features)
        return Built(network, checked_source(network, form), before)
    made = optimized(network, wanted.inference, Form(None, weights, features))
    return Built(made.network, made.source, lambda state: made.weights(before(state)))


def _with_features(network: Network, rows: Sequence[str]) -> Transformed:
    try:
        done = transformed(network, [Features(",".join(rows))])
    except Refused as refused:
        raise ArchError([refused.diagnostic]) from None
    done.network.outputs = dict(zip(rows, done.network.outputs.values()))
    return done


# ---- weights -----------------------------------------------------------------------------------


def state_of(weights: Any, network: Network, resized: Network | None = None) -> dict[str, Any]:
    """The state of a network from a file, or from a state_dict that was loaded already.

    With `resized`, the network with another number of classes, weights of either fit; tensors
    that depend on that number are left out where theirs is the other one. Raises WeightsProblem.
    """
    from archc.weights import WeightsProblem, fit, open_checkpoint
    from archc.weights.pytorch import state_for_torch

    wanted = resized or network
    if not isinstance(weights, Mapping):
        checkpoint = open_checkpoint(weights)
        fits = fit(wanted, checkpoint).ok
        weights = state_for_torch(checkpoint, wanted if fits else network)
    if resized is None:
        return dict(weights)
    sizes, before = tensors_of(resized), tensors_of(network)
    missing = [key for key in sizes if key not in weights and sizes[key].shape == before[key].shape]
    if missing:
        raise WeightsProblem(f"{missing[0]} is missing, one of {len(missing)} tensors of the state")
    return {
        key: value
        for key, value in weights.items()
        if key not in sizes
        or sizes[key].shape == tuple(value.shape)
        or before[key].shape != tuple(value.shape)
    }


def wanted_classes(number: int | None) -> int | None:
    """A number of classes as it was asked for; raises ValueError if it is none."""
    if number is not None and (type(number) is not int or number < 1):
        raise ValueError(f"num_classes is a whole number of at least 1, not {number!r}")
    return number


def loaded(module: Any, state: State, network: Network) -> None:
    """Give the module of a network a state; on the meta device it takes the tensors themselves.

    Raises WeightsProblem for a state that does not fit.
    """
    from archc.weights import WeightsProblem, fit
    from archc.weights.pytorch import checkpoint_of

    on_meta = any(tensor.is_meta for tensor in module.state_dict().values())
    try:
        module.load_state_dict(state, strict=True, assign=on_meta)
    except RuntimeError as error:
        found = fit(network, checkpoint_of(state))
        raise WeightsProblem(str(error) if found.ok else found.text()) from None


# ---- files -------------------------------------------------------------------------------------


def file_of(network: Network, session: Session, path: str, wanted: Wanted) -> Files:
    """The source of a network at `path`, and its weights beside it where they are wanted.

    Raises what `built` raises, and WeightsProblem.
    """
    if not wanted.weights:
        return Files({path: built(network, session, wanted).source})
    from archc.weights import fit, open_checkpoint
    from archc.weights.pytorch import state_for_torch

    beside = f"{os.path.splitext(path)[0]}.pth"
    one = built(network, session, wanted, os.path.basename(beside))
    checkpoint = open_checkpoint(wanted.weights)
    state = one.weights(state_for_torch(checkpoint, network))
    notes = (*checkpoint.notes, *fit(network, checkpoint).notes)
    return Files({path: one.source}, Weights(beside, state, wanted.weights, notes))


def folder_of(networks: Sequence[Network], session: Session, path: str, wanted: Wanted) -> Files:
    """Sources in a folder, and the hubconf.py by which torch.hub finds them; weights for one.

    Raises what `file_of` raises, and SameName.
    """
    entries: list[Entry] = []
    texts: dict[str, str] = {}
    weights: Weights | None = None
    made_of: dict[str, str] = {}
    for network in networks:
        name = network_class(network)
        if made_of.setdefault(name, network.name) != network.name:
            raise SameName(f"{made_of[name]} and {network.name} would both be the class {name}")
        file = os.path.join(path, f"{module_name(network.name)}.py")
        if file in texts or os.path.basename(file) == "hubconf.py":
            raise SameName(f"{network.name}: there would be two files {os.path.basename(file)}")
        made = file_of(network, session, file, wanted)
        (source,) = made.texts.values()
        classes = (
            network.values["classes"] if takes_classes(module_class(network, source)) else None
        )
        entries.append(Entry(network, classes, bool(wanted.weights)))
        texts.update(made.texts)
        weights = made.weights
    texts[os.path.join(path, "hubconf.py")] = hubconf(entries)
    return Files(texts, weights)
