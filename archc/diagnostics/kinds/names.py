"""Words that mean nothing here, or something else already."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.dialects import layer_word, option_advice, option_word
from archc.diagnostics.kinds.edits import corrected
from archc.diagnostics.model import Diagnostic, Kind
from archc.diagnostics.similar import closest, did_you_mean, listed, nearest, suggestion
from archc.source import Span


class UnknownLayer(Kind):
    """What it means:
        The row begins with a word that is no layer, no block in sight and no row-valued parameter.
    Why:
        A word of another framework or a slip of the finger; archc never guesses which layer was
        meant.
    Example:
        net toy()
          input 8x8x3
          Conv2d 3x3 8
    Fix:
        Use archc's word (`archc ops` lists all), define a block of that name, or import it with
        `use`.
    """

    slug = "unknown-layer"
    word: str
    candidates: tuple[str, ...]
    dialect: str = ""

    @property
    def _foreign(self) -> str:
        return self.dialect or layer_word(self.word)

    @property
    def message(self) -> str:
        return f"there is no layer or block called `{self.word}`"

    @property
    def label(self) -> str:
        return f"archc says `{self._foreign}`" if self._foreign else ""

    @property
    def help(self) -> tuple[str, ...]:
        if self._foreign:
            return ()
        near = closest(self.word, self.candidates)
        return (suggestion(self.word, near) if near else "`archc ops` lists all layers",)

    def at(self, span: Span, **more: Any) -> Diagnostic:
        return corrected(
            self, span, self.word, self._foreign or nearest(self.word, self.candidates), more
        )


class UnknownOption(Kind):
    """What it means:
        The layer or block has no option of this name.
    Why:
        Options that nobody reads change nothing: silence would hide a slip.
    Example:
        net toy()
          input 8x8x3
          conv 3x3 8 padding=1
    Fix:
        Use the option's name here; `archc ops conv` lists those of a layer.
    """

    slug = "unknown-option"
    word: str
    option: str
    candidates: tuple[str, ...]
    dialect: str = ""

    @property
    def meant(self) -> str:
        """The option that was most likely meant, or an empty text."""
        if self._foreign or option_advice(self.option):
            return self._foreign
        return nearest(self.option, self.candidates)

    @property
    def _foreign(self) -> str:
        return self.dialect or option_word(self.option, self.candidates)

    @property
    def message(self) -> str:
        return f"`{self.word}` has no option `{self.option}`"

    @property
    def label(self) -> str:
        return f"archc says `{self._foreign}`" if self._foreign else ""

    @property
    def help(self) -> tuple[str, ...]:
        if self._foreign:
            return ()
        advice = option_advice(self.option)
        if advice:
            return (advice,)
        said = suggestion(self.option, self.candidates, f"`{self.word}` has")
        return (said or f"`{self.word}` has no options",)

    def at(self, span: Span, **more: Any) -> Diagnostic:
        return corrected(self, span, self.option, self.meant, more)


class UnknownName(Kind):
    """What it means:
        A formula, a `from` or a join names something that is not known at this place.
    Why:
        Names are looked up where they are written: the parameters, lets and rows above, then
        the file. A row is known only behind its own line.
    Example:
        net toy()
          input 8x8x3
          conv1: conv 3x3 8
          conv 3x3 8
          from conv3
    Fix:
        Correct the name, or give the row you mean that name: `conv3: conv 3x3 8`.
    """

    slug = "unknown-name"
    name: str
    what: str
    candidates: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"no {self.what} is called `{self.name}` here"

    @property
    def help(self) -> tuple[str, ...]:
        return (suggestion(self.name, self.candidates),) if self.candidates else ()

    def at(self, span: Span, **more: Any) -> Diagnostic:
        return corrected(self, span, self.name, nearest(self.name, self.candidates), more)


class UnknownBlock(Kind):
    """What it means:
        The file that `use` names holds no block and no net of this name.
    Why:
        Only blocks, nets and extern declarations of a file can be imported from it.
    Example:
        use squeeze_excite from "blocks/se.arch"
        net toy()
          input 8x8x16
          conv 3x3 16
    Fix:
        Use one of the names the file has.
    """

    slug = "unknown-block"
    name: str
    candidates: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"no block or net is called `{self.name}` there"

    @property
    def help(self) -> tuple[str, ...]:
        said = suggestion(self.name, self.candidates, "the file has")
        return (said or "the file has no blocks and no nets",)

    def at(self, span: Span, **more: Any) -> Diagnostic:
        return corrected(self, span, self.name, nearest(self.name, self.candidates), more)


class UnknownNet(Kind):
    """What it means:
        A net has no variant of this name, or a file no net of it.
    Why:
        `resnet.51` is looked up among the rows of the net's `variants` table.
    Example:
        net tower()
          variants | small   | large
          input 8x8x16
          | conv1-16 | conv3-16
        net toy()
          input 8x8x16
          tower.medium
    Fix:
        Use one of the names there are; `archc nets` lists those that archc ships.
    """

    slug = "unknown-net"
    name: str
    candidates: tuple[str, ...]
    are_shipped: bool = False

    @property
    def message(self) -> str:
        return f"no net or variant is called `{self.name}`"

    @property
    def help(self) -> tuple[str, ...]:
        if self.are_shipped:
            listing = "`archc nets` lists those that archc ships"
            return (did_you_mean(self.candidates), listing) if self.candidates else (listing,)
        return (suggestion(self.name, self.candidates, "there are"),) if self.candidates else ()


class NetNotChosen(Kind):
    """What it means:
        The text holds several nets or variants, and one is wanted.
    Why:
        A net is built, drawn or used as a block alone; the first one would be a guess.
    Example:
        net tower()
          variants | small   | large
          input 8x8x16
          | conv1-16 | conv3-16
        net toy()
          input 8x8x16
          tower
    Fix:
        Name one: `tower.small` on a row, `file.arch:small`, `archc.load("file.arch", "small")`.
    """

    slug = "net-not-chosen"
    names: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"there are {len(self.names)} nets here, and one has to be chosen"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"choose one of {listed(self.names, 40)}",)


class NameTaken(Kind):
    """What it means:
        A parameter, `let`, block or net has the name of a layer, a flag, a reserved word or
        something already in sight. Or two rows of one level, or two lines or columns of one table.
    Why:
        Bare words on a row are told apart by what they name. If a parameter could be called `relu`,
        nobody could tell what a row says.
    Example:
        net toy(relu=8)
          input 8x8x3
          conv 3x3 8
    Fix:
        Choose another name; the message proposes a free one.
    """

    slug = "name-taken"
    name: str
    taken_by: str
    proposal: str

    @property
    def message(self) -> str:
        return f"the name `{self.name}` is taken by {self.taken_by}"

    @property
    def help(self) -> tuple[str, ...]:
        return (f"a free name is `{self.proposal}`",) if self.proposal else ()


class DuplicateKey(Kind):
    """What it means:
        Two layers would have the same key in the state_dict.
    Why:
        A checkpoint could hold the weights of only one of them.
    Example:
        net toy()
          input 8x8x3
          layer1: conv 3x3 8 ; conv 3x3 8
          layer1.conv1: conv 3x3 8
    Fix:
        Give one of the two rows another name.
    """

    slug = "duplicate-key"
    key: str

    @property
    def message(self) -> str:
        return f"two layers have the key `{self.key}`"


class WrongNumberOfValues(Kind):
    """What it means:
        The row gives its layer, block or extern more values than it takes, or too few.
    Why:
        Values without a name are told apart by their look and order; one too many has no home.
    Example:
        block unit(c)
          conv 3x3 c
        net toy()
          input 8x8x3
          unit 8 16
    Fix:
        Drop the value, or give the block a parameter for it.
    """

    slug = "wrong-number-of-values"
    word: str
    given: int
    takes: str

    @property
    def message(self) -> str:
        return f"`{self.word}` takes {self.takes}, and is given {self.given}"


class NothingToDrop(Kind):
    """What it means:
        `no X` on a row whose layer has no step X here.
    Why:
        If it were ignored, a change of the `every` line would go unnoticed by the rows that
        rely on it.
    Example:
        net toy()
          every conv = conv pad=half ; relu
          input 8x8x3
          conv 3x3 8 no bn
    Fix:
        Remove the `no X`, or name a step that the `every` line adds.
    """

    slug = "nothing-to-drop"
    word: str
    dropped: str
    steps: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"`{self.word}` has no step `{self.dropped}` to drop"

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.steps:
            return (f"no `every {self.word} = ...` is in force here",)
        return (f"here `{self.word}` means: {' ; '.join(self.steps)}",)
