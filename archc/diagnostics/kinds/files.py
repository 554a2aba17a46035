"""Files that cannot be found or read, or hold nothing."""

from __future__ import annotations

from typing import Any

from archc.diagnostics.kinds.edits import corrected
from archc.diagnostics.model import Diagnostic, Kind
from archc.diagnostics.similar import listed
from archc.source import Span


class ImportNotFound(Kind):
    """What it means:
        `use` names a file that is in none of the places where archc looks.
    Why:
        It looks beside the file, then in the project's root, then in the library that archc
        ships; the first match wins.
    Example:
        use se from "blocks/nowhere.arch"
        net toy()
          input 8x8x16
          se
    Fix:
        Correct the path; it is relative to the file that says `use`. A network that archc ships
        is copied first: `archc nets resnet > resnet.arch`.
    """

    slug = "import-not-found"
    path: str
    looked: tuple[str, ...]
    near: tuple[str, ...] = ()
    shipped: str = ""
    """the network that archc ships in a file of this name"""

    @property
    def message(self) -> str:
        return f"there is no file `{self.path}`"

    @property
    def help(self) -> tuple[str, ...]:
        if self.shipped and not self.near:
            copy = f"`archc nets {self.shipped} > {self.looked[0]}`"
            return (f"archc ships a network of this name: {copy} copies it to here",)
        if not self.near:
            return ()
        return (f"did you mean {' or '.join([f'`{path}`' for path in self.near])}?",)

    def at(self, span: Span, **more: Any) -> Diagnostic:
        meant = self.near[0] if len(self.near) == 1 else ""
        return corrected(self, span, self.path, meant, more)

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.looked:
            return ()
        return ("looked for it at\n" + "\n".join([f"  {place}" for place in self.looked]),)


class ImportCycle(Kind):
    """What it means:
        Files use each other in a circle.
    Why:
        Each would have to be read before the other.
    Example:
        use other from "example.arch"
        net toy()
          input 8x8x3
          other
    Fix:
        Move what both need into a third file.
    """

    slug = "import-cycle"
    cycle: tuple[str, ...]

    @property
    def message(self) -> str:
        if len(set(self.cycle)) == 1:
            return f"`{self.cycle[0]}` uses itself"
        return f"these files use each other in a circle: {' > '.join(self.cycle)}"

    @property
    def help(self) -> tuple[str, ...]:
        if len(set(self.cycle)) == 1:
            return ("what stands in the same file needs no `use`",)
        return ("move what both need into a third file",)


class PathOutsideRoots(Kind):
    """What it means:
        `use` names a file outside of the places that may be read.
    Why:
        An .arch file may come from a stranger, and must not make archc read what it likes.
    Example:
        use se from "../../../../../../../../outside/se.arch"
        net toy()
          input 8x8x16
          se
    Fix:
        Bring the file into the project. The project's root is the nearest folder above with a
        pyproject.toml, an archc.toml or a .git.
    """

    slug = "path-outside-roots"
    path: str
    roots: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"`{self.path}` leads out of the places that may be read"

    @property
    def notes(self) -> tuple[str, ...]:
        if not self.roots:
            return ()
        return ("files are read below\n" + "\n".join([f"  {root}" for root in self.roots]),)


class FileUnreadable(Kind):
    """What it means:
        The file is there and cannot be read: a folder, a device, no permission.
    Why:
        archc reads plain files only, so that nothing can hang it.
    Example: generated
    Fix:
        The message has the reason the system gave.
    """

    slug = "file-unreadable"
    path: str
    reason: str

    @property
    def message(self) -> str:
        return f"cannot read `{self.path}`: {self.reason}"


class NotUtf8(Kind):
    """What it means:
        The file holds bytes that are no UTF-8 text.
    Why:
        .arch files are UTF-8; guessing an encoding would change names and sizes (`×`) unseen.
    Example: generated
    Fix:
        Save the file as UTF-8, or name the file you meant: this one may be no text at all.
    """

    slug = "not-utf8"
    path: str
    offset: int

    @property
    def message(self) -> str:
        return f"`{self.path}` is no UTF-8 text: byte {self.offset:,} cannot be read"

    @property
    def help(self) -> tuple[str, ...]:
        return ("save it as UTF-8 (ASCII is UTF-8 too)",)


class FileTooLarge(Kind):
    """What it means:
        The file has more bytes than the limit.
    Why:
        The largest shipped spec has some kilobytes; a file of gigabytes is a mistake or an attack.
    Example: generated
    Fix:
        Check that it is the right file, or raise the limit with `--limit file_bytes=N`.
    """

    slug = "file-too-large"
    path: str
    bytes: int
    limit: int

    @property
    def message(self) -> str:
        return f"`{self.path}` has {self.bytes:,} bytes, and the limit is {self.limit:,}"

    @property
    def help(self) -> tuple[str, ...]:
        return ("if it is the right file, raise the limit with `--limit file_bytes=N`",)


class MissingNet(Kind):
    """What it means:
        The file holds no net: it is empty, or has only blocks for others to use.
    Why:
        Blocks have no input of their own, so there is nothing to count or build.
    Example:
        # a file with nothing but a comment
    Fix:
        Add a `net NAME()` with an `input` row, or name a file that has one.
    """

    slug = "missing-net"
    blocks: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        return "there is no net in this file"

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"it has the blocks {listed(self.blocks)}",) if self.blocks else ()

    @property
    def help(self) -> tuple[str, ...]:
        return ("a net begins with `net NAME()`, and an `input 224x224x3` row below it",)
