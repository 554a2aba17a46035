"""Building a network for ONNX: what is asked of the model, and the files it becomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from archc.backends.onnx.build import (
    Built,
    Options,
    built,
    data_beside,
    has_own_data,
    is_apart,
    save,
)
from archc.backends.onnx.lazy import lazy
from archc.backends.onnx.numbers import Pieces, initial, licence_of, stored, tensors
from archc.diagnostics.model import ArchError, Diagnostic
from archc.files import refused
from archc.graph.ir import Network
from archc.graph.tensors import StateTensor, tensors_of
from archc.passes.fold_batchnorm import FoldBatchNorm
from archc.passes.strip_training import strip_training
from archc.record import Record, replace
from archc.transforming import Refused, Transformed, transformed

if TYPE_CHECKING:
    from numpy import ndarray

    from archc.backends.onnx.stream import Tensor

INIT, NONE = "init", "none"


class Wanted(Record):
    """What a model is to be.

    `weights` is a file, `init` for the spec's own beginning with this `seed`, `none` for a model
    whose weights are inputs. `folds` takes batch norms into the layers before them; `apart` puts
    the numbers into a file beside the model.
    """

    options: Options = Options()
    weights: str = INIT
    seed: int = 0
    folds: bool = False
    apart: bool = False


class Model(Record):
    """A model that was checked, and the tensors that will be written into it.

    `notes` say what was done to read its weights.
    """

    built: Built
    tensors: Sequence[Tensor]
    apart: bool
    notes: tuple[str, ...] = ()

    @property
    def warnings(self) -> list[Diagnostic]:
        """What whoever runs the model has to know."""
        return self.built.warnings

    def problem(self, path: str, *, force: bool, forcing: str = "--force") -> str:
        """Why the model is not written; empty if it may be. `forcing`: as in `files.refused`."""
        problem, beside = refused(path, force=force, forcing=forcing), data_beside(path)
        if problem or not is_apart(self.built, self.tensors, asked=self.apart):
            return problem
        ours = has_own_data(path)  # numbers carry no mark
        return refused(beside, force=force or ours, forcing=forcing)

    def write(self, path: str) -> list[str]:
        """Write it; the names of the files. Raises OSError, the old files are then still there."""
        return save(path, self.built, self.tensors, apart=self.apart)


def model_of(network: Network, wanted: Wanted) -> Model:
    """The model of a network.

    Raises ArchError for what this opset lacks, BuildDiffers for a fault of archc's, WeightsProblem
    for weights that do not fit.
    """
    begun = _begun(network, wanted)
    pieces = begun.pieces
    if wanted.folds:
        network = strip_training(network)  # a dropout in between is no reason to keep a norm
        done = _folded(network)
        pieces = _after(network, done, pieces)
        network = done.network
    one = built(network, begun.options)
    if wanted.weights == NONE:
        return Model(one.with_inputs(), (), wanted.apart)
    return Model(one, tensors(one.lowered, pieces, one.options.dtype), wanted.apart, begun.notes)


class _Begun(Record):
    """Where the numbers of a network come from, what was done to read them, and the options of
    the model with their licence.
    """

    pieces: Pieces
    options: Options
    notes: tuple[str, ...] = ()


def _begun(network: Network, wanted: Wanted) -> _Begun:
    options = wanted.options
    if wanted.weights in (INIT, NONE):
        return _Begun(initial(network, wanted.seed), options)
    from archc.weights import WeightsProblem, fit, open_checkpoint

    checkpoint = open_checkpoint(wanted.weights)
    fitted = fit(network, checkpoint)
    if not fitted.ok:
        raise WeightsProblem(fitted.text())
    licensed = replace(options, licence=options.licence or licence_of(checkpoint))
    return _Begun(stored(checkpoint), licensed, (*checkpoint.notes, *fitted.notes))


def _folded(network: Network) -> Transformed:
    try:
        return transformed(network, [FoldBatchNorm()])
    except Refused as refusal:
        raise ArchError([refusal.diagnostic]) from None


def _after(network: Network, done: Transformed, pieces: Pieces) -> Pieces:
    """The numbers of a changed network: those that stay as they are, and others worked out."""
    old = tensors_of(network)
    before = {key: lazy(one.shape, partial(pieces, one)) for key, one in old.items()}
    state = done.weights(before)

    def changed(tensor: StateTensor) -> Iterable[ndarray[Any, Any]]:
        found = state[tensor.key]
        if found is before.get(tensor.key):
            return pieces(old[tensor.key])
        return (piece.astype("float32") for piece in found.pieces())

    return changed
