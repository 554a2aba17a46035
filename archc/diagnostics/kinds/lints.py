"""What is allowed and probably not meant. Lints can be silenced: `# allow[slug]: reason`."""

from __future__ import annotations

from typing import Any, ClassVar

from archc.diagnostics.kinds.edits import corrected
from archc.diagnostics.model import Diagnostic, Kind
from archc.source import Span


class UnusedValue(Kind):
    """What it means:
        Nothing uses the value of this row: it reaches no output.
    Why:
        Its layers cost parameters and time for nothing; usually a `from` or a join is missing.
    Example:
        net toy()
          input 8x8x3
          conv1: conv 3x3 8 pad=1
          from input
          conv 3x3 8 pad=1
    Fix:
        Use the row (`concat conv1 ...`, `output conv1 ...`), or remove it.
    """

    slug = "unused-value"
    severity = "warning"
    lint = True
    row: str

    @property
    def message(self) -> str:
        return f"nothing uses the value of `{self.row}`"


class BiasBeforeNorm(Kind):
    """What it means:
        A layer with a bias stands directly in front of a normalisation. Off by default.
    Why:
        The normalisation subtracts the mean, so the bias changes nothing; it only costs memory.
        Many published networks have it all the same.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8 ; bn
    Fix:
        `bias=no` on the row or in its `every` line; it changes the keys of checkpoints. The lint is
        switched on with `archc check --only bias-before-norm`, or for a project with
        `bias-before-norm = "warn"` below `[lints]` in archc.toml.
    """

    slug = "bias-before-norm"
    severity = "warning"
    lint = True
    off_by_default: ClassVar[bool] = True
    row: str
    norm: str = "bn"

    @property
    def message(self) -> str:
        return f"the bias of `{self.row}` changes nothing: `{self.norm}` behind it takes it away"

    @property
    def help(self) -> tuple[str, ...]:
        return ("`bias=no` drops it",)


class EvenWindowHalfPad(Kind):
    """What it means:
        `pad=half` with a window of even size does not keep the size of its input.
    Why:
        Half of F - 1 is no whole number for an even F: 1 for a window of 4, so a side of 8
        becomes 7.
    Example:
        net toy()
          input 8x8x3
          conv 4x4 8 pad=half
    Fix:
        Say the pad as a number, or `pad=same` (TensorFlow's, one more behind than in front).
    """

    slug = "even-window-half-pad"
    severity = "warning"
    lint = True
    window: str
    pad: int
    size: str = ""
    gives: str = ""

    @property
    def message(self) -> str:
        said = f"`pad=half` is {self.pad} for a window of {self.window}, and does not keep the size"
        return f"{said}: {self.size} becomes {self.gives}" if self.size else said

    @property
    def help(self) -> tuple[str, ...]:
        return (f"say `pad={self.pad}` if that is meant, or `pad=same`",)


class ChannelsFirst(Kind):
    """What it means:
        The first side of a picture is 1 or 3 and the last is a side of the picture.
    Why:
        torch writes channels first, archc last. `3x224x224` is a strip 3 pixels high with 224
        channels.
    Example:
        net toy()
          input 3x32x32
          conv 1x1 8
    Fix:
        Write height x width x channels: `input 32x32x3`.
    """

    slug = "channels-first"
    severity = "warning"
    lint = True
    size: str
    meant: str

    @property
    def message(self) -> str:
        high, wide, channels = self.size.split("x")
        return f"this picture is {high} high and {wide} wide and has {channels} channels"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"sizes are height x width x channels: `{self.meant}`",)

    def at(self, span: Span, **more: Any) -> Diagnostic:
        return corrected(self, span, self.size, self.meant, more)


class TrainingOutputUsed(Kind):
    """What it means:
        A row of the inference path gets its value only through a head that exists for training.
    Why:
        `output ... training` heads are not there when the network is used.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8
          aux: conv 3x3 8
          conv 3x3 8
          output aux training
    Fix:
        Take the value from before the head, or drop the word `training`.
    """

    slug = "training-output-used"
    severity = "warning"
    lint = True
    row: str

    @property
    def message(self) -> str:
        return f"`{self.row}` exists only in training, and the output needs it"

    @property
    def help(self) -> tuple[str, ...]:
        return ("branch off before it: name the row above and go on with `from`",)


class UnusedBlock(Kind):
    """What it means:
        No net of the file uses this block.
    Why:
        It is never expanded, so its sizes are never checked. A file without nets is a library,
        and silent.
    Example:
        block unit(c)
          conv 3x3 c pad=1
        net toy()
          input 8x8x3
          conv 3x3 8
    Fix:
        Use it or remove it. If others import it: `# allow[unused-block]: used by others.arch`.
    """

    slug = "unused-block"
    severity = "warning"
    lint = True
    name: str

    @property
    def message(self) -> str:
        return f"nothing in this file uses block `{self.name}`"


class UnusedImport(Kind):
    """What it means:
        A name that `use` brings in is used by nothing in this file.
    Why:
        The other file is read and checked for nothing.
    Example:
        use se from "blocks/se.arch"
        net toy()
          input 8x8x16
          conv 3x3 8
    Fix:
        Remove the name from the `use` line.
    """

    slug = "unused-import"
    severity = "warning"
    lint = True
    name: str

    @property
    def message(self) -> str:
        return f"nothing in this file uses `{self.name}`"


class UnusedAllow(Kind):
    """What it means:
        An `# allow[slug]: reason` silences nothing, names no lint, or has no reason.
    Why:
        An allowance that outlives its cause would hide the next finding.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8      # allow[unused-value]: kept for the figure
    Fix:
        Remove it, or write the reason behind the colon.
    """

    slug = "unused-allow"
    severity = "warning"
    lint = True
    allowed: str
    fault: str

    @property
    def message(self) -> str:
        return f"`allow[{self.allowed}]` {self.fault}"
