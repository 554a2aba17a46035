"""Finding and reading files: what `use` may reach, and which ones archc ships.

An .arch file may come from a stranger: only plain files are read, only below the roots, and never
more bytes than the limit.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO

from archc.diagnostics.kinds.files import (
    FileTooLarge,
    FileUnreadable,
    ImportNotFound,
    NotUtf8,
    PathOutsideRoots,
)
from archc.diagnostics.model import Kind
from archc.diagnostics.similar import closest
from archc.limits import DEFAULT, Limits
from archc.resources import specs_root, templates_root
from archc.source import SourceFile

STDIN = "-"
STDIN_NAME = "<stdin>"
SUFFIX = ".arch"
CONFIGURATION = "archc.toml"
PYPROJECT = "pyproject.toml"
PROJECT_MARKS = (CONFIGURATION, PYPROJECT, ".git")
OUR_TABLE = b"[tool.archc"
"""how pyproject.toml mentions archc; the text is searched before anything is parsed"""
NOT_FOLLOWED = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})

MARK = "ritten by archc "
"""near the beginning of every file that archc may write again"""
MARK_WITHIN = 4000
"""characters of a file in which the mark is looked for"""
LOOKED_AT_MOST = 2000
"""names of a root that are compared with a file that is not there"""


class Files:
    """Reads each file once. The loader of one run: `graph.modules` asks it for what `use` names."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._read: dict[str, SourceFile | Kind] = {}
        self._real: dict[SourceFile, str] = {}
        self._project: dict[str, str] = {}

    def read(self, path: str) -> SourceFile | Kind:
        """A file that the user named, or standard input for `-`; it may lie anywhere."""
        if path == STDIN:
            return self._standard_input()
        return self._file(path, path)

    def instead_of(self, source: SourceFile, text: str) -> SourceFile:
        """Another text in the place of a file: what it uses is looked for as before."""
        other = SourceFile(source.name, text)
        real = self._real.get(source)
        if real is not None:
            self._real[other] = real
        return other

    def path(self, source: SourceFile) -> str:
        """Where the text was read from; empty for standard input and for a text."""
        return self._real.get(source, "")

    def used(self, path: str, by: SourceFile) -> SourceFile | Kind:
        """The file that `use ... from "path"` in `by` means; the first of the roots that has it."""
        roots = self.roots(by)
        looked: list[str] = []
        for root in roots:
            place = os.path.join(root, path)
            real = _real_path(place)
            if not _is_below(real, roots):
                if _is_link(place, root):
                    break
                continue
            name = shown(os.path.normpath(place))
            if real and os.path.lexists(real):
                return self._file(real, name)
            looked.append(name)
        if looked:
            near, stem = _near(path, roots), stem_of(path)
            shipped = stem if stem in map(stem_of, shipped_files()) else ""
            if shipped and stem not in map(stem_of, near):  # what is only alike is not meant
                near = ()
            return ImportNotFound(path, tuple(dict.fromkeys(looked)), near, shipped)
        return PathOutsideRoots(path, tuple([shown(root) for root in roots]))

    def roots(self, by: SourceFile) -> tuple[str, ...]:
        """The folders that a file may read from, in the order in which they are looked through."""
        real = self._real.get(by)
        folder = os.path.dirname(real) if real else os.path.realpath(os.curdir)
        library = os.path.realpath(templates_root())
        shipped = (library, os.path.realpath(specs_root()))
        # What archc ships never depends on the folder it is used from.
        project = folder if _is_below(folder, shipped) else self._project_root(folder)
        return tuple(dict.fromkeys((folder, project, library)))

    def _project_root(self, folder: str) -> str:
        known = self._project.get(folder)
        if known is None:
            known = self._project[folder] = project_root(folder)
        return known

    def _file(self, path: str, name: str) -> SourceFile | Kind:
        real = _real_path(path)
        if not real:
            return FileUnreadable(name, "no file can have this name")
        known = self._read.get(real)
        if known is None:
            known = self._read[real] = self._fresh(real, name)
            if isinstance(known, SourceFile):
                self._real[known] = real
        return known

    def _fresh(self, real: str, name: str) -> SourceFile | Kind:
        try:
            problem = _no_plain_file(os.stat(real).st_mode, name)
            if problem:
                return problem
            # The file may have been exchanged in between: do not wait for a pipe, look again.
            descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                problem = _no_plain_file(status.st_mode, name)
                return problem or self._decoded(file, name, status.st_size)
        except OSError as error:
            return FileUnreadable(name, _reason(error))

    def _standard_input(self) -> SourceFile | Kind:
        known = self._read.get(STDIN)
        if known is None:
            try:
                known = self._decoded(sys.stdin.buffer, STDIN_NAME, 0)
            except OSError as error:
                known = FileUnreadable(STDIN_NAME, _reason(error))
            self._read[STDIN] = known
        return known

    def _decoded(self, file: BinaryIO, name: str, size: int) -> SourceFile | Kind:
        limit = self.limits.file_bytes
        if size > limit:
            return FileTooLarge(name, size, limit)
        data = file.read(limit + 1)
        if len(data) > limit:
            return FileTooLarge(name, max(size, len(data)), limit)
        zero = data.find(b"\0")
        if zero >= 0:
            return FileUnreadable(name, f"it is no text: byte {zero:,} is 0")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            return NotUtf8(name, error.start)
        return SourceFile(name, text.removeprefix("\ufeff"))


def project_root(folder: str) -> str:
    """The nearest folder upwards that looks like a project's root, else the current folder."""
    here = folder
    while True:
        if any(os.path.exists(os.path.join(here, mark)) for mark in PROJECT_MARKS):
            return here
        above = os.path.dirname(here)
        if above == here:
            return os.path.realpath(os.curdir)
        here = above


def configuration_path(folder: str) -> str:
    """The file that configures archc in a folder's project; empty if none has a word for it."""
    root = project_root(os.path.realpath(folder))
    own = os.path.join(root, CONFIGURATION)
    if os.path.lexists(own):
        return "" if os.path.isfile(own) and not os.path.getsize(own) else shown(own)
    shared = os.path.join(root, PYPROJECT)
    if not os.path.isfile(shared):
        return ""
    try:
        with open(shared, "rb") as file:
            return shown(shared) if OUR_TABLE in file.read(DEFAULT.file_bytes) else ""
    except OSError:  # whose it is, and whether it is for us, nobody can tell
        return ""


def place_below(root: str, path: str) -> str:
    """A file's path from a folder, with `/`; empty for one that lies elsewhere, or nowhere."""
    real = _real_path(path) if path else ""
    return os.path.relpath(real, root).replace(os.sep, "/") if _is_below(real, (root,)) else ""


def arch_files(path: str) -> list[str]:
    """The .arch files in a folder and those inside it, by name; hidden folders are left out."""
    found: list[str] = []
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(name for name in inner if name[0] != "." and name not in NOT_FOLLOWED)
        found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(SUFFIX)]
    return found


def refused(path: str, *, force: bool, forcing: str = "--force") -> str:
    """Why a file is not written; empty if it may be. `forcing` is what one says to have it so."""
    if path == "-" or not os.path.exists(path):
        return ""
    if os.path.isdir(path):
        return f"{path} is a folder"
    if not os.path.isfile(path):  # a device would become a file
        return f"{path} is a device or a pipe, no plain file"
    if force:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            ours = MARK in file.read(MARK_WITHIN)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return "" if ours else f"{path} was not written by archc; {forcing} overwrites it"


def write_text(path: str, text: str) -> None:
    """Replace a file's text in one step; raises OSError, the old text is then still there."""
    with replacing(path) as file:
        file.write(text.encode())


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of the one at `path` when it is whole.

    Whoever reads sees the old one or the new one; whatever is raised, the old one is still there.
    What is no file, a device, is written to.
    """
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as file:
            yield file
        return
    beside = f"{target}.{os.getpid()}.new"
    try:
        with open(beside, "wb") as file:
            yield file
        if os.path.exists(target):
            os.chmod(beside, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(beside, target)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename == beside:
            error.filename = path
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def split_name(name: str) -> tuple[str, str]:
    """`specs/resnet.arch:50` is the path and the net; the net is empty where none is named.

    It begins after the last colon whose left side is `-` or ends in `.arch`.
    """
    colon = name.rfind(":")
    while colon >= 0:
        left = name[:colon]
        if left == STDIN or left.endswith(SUFFIX):
            return left, name[colon + 1 :]
        colon = name.rfind(":", 0, colon)
    return name, ""


def shipped_files() -> list[str]:
    """The paths of all shipped architectures."""
    return arch_files(specs_root())


def shipped_nets() -> dict[str, str]:
    """Names of shipped nets and their files, read off the lines that begin with `net`."""
    found: dict[str, str] = {}
    for path in shipped_files():
        for name in _nets_in(path):
            found.setdefault(name, path)
    return found


def file_of_net(name: str) -> str:
    """The shipped file that holds a net; empty for none."""
    own = os.path.join(specs_root(), name + SUFFIX)  # most files are called like their net
    if name.isidentifier() and os.path.isfile(own) and name in _nets_in(own):
        return own
    return shipped_nets().get(name, "")


def _nets_in(path: str) -> list[str]:
    """Names of the nets that a file's lines begin."""
    with open(path, encoding="utf-8") as file:
        rows = [line[4:].replace("(", " ").split() for line in file if line.startswith("net ")]
    return [words[0] for words in rows if words]


def shown(path: str) -> str:
    """A path as people like to read it: relative where it lies below the current folder."""
    here = os.path.realpath(os.curdir)
    real = os.path.abspath(path)
    return os.path.relpath(real, here) if _is_below(real, (here,)) else real


def _real_path(path: str) -> str:
    """The path without links; empty for one that cannot be."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError):  # a zero byte, a name of megabytes
        return ""


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    if not path:
        return False
    return any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _near(path: str, roots: tuple[str, ...]) -> tuple[str, ...]:
    """Files of the roots whose own name is like that of one that is not there."""
    shortest: dict[str, str] = {}
    for root in roots:
        for place in _some_files(root):
            name = os.path.relpath(place, root).replace(os.sep, "/")
            shortest[place] = min(shortest.get(place, name), name, key=len)
    there: dict[str, list[str]] = {}
    for place, name in shortest.items():
        there.setdefault(stem_of(place), []).append(name)
    wanted = stem_of(path)
    stems = (wanted,) if wanted in there else closest(wanted, there)
    return tuple(dict.fromkeys([place for stem in stems for place in there[stem]]))[:3]


def _some_files(root: str) -> list[str]:
    """.arch files of a folder and those inside it, as far as a bounded look finds them."""
    found: list[str] = []
    folders, left = [root], LOOKED_AT_MOST
    while folders and left > 0:
        try:
            with os.scandir(folders.pop(0)) as entries:
                seen = sorted(islice(entries, left), key=lambda entry: entry.name)
        except OSError:
            continue
        left -= len(seen)
        for entry in seen:
            if entry.name.endswith(SUFFIX):
                found.append(entry.path)
            elif entry.name[0] != "." and entry.name not in NOT_FOLLOWED:
                folders += [entry.path] if entry.is_dir(follow_symlinks=False) else []
    return found


def stem_of(path: str) -> str:
    """A file's own name without its ending."""
    return os.path.basename(path).removesuffix(SUFFIX)


def _is_link(place: str, root: str) -> bool:
    """Whether a path that leads outside would have stayed inside but for a link."""
    return _is_below(os.path.normpath(place), (root,))


def _no_plain_file(mode: int, name: str) -> Kind | None:
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return FileUnreadable(name, "it is a folder")
    return FileUnreadable(name, "it is a device or a pipe, no plain file")


def _reason(error: OSError) -> str:
    """What the system says, in small letters."""
    if error.errno == errno.ENOENT:
        return "there is no such file"
    text = error.strerror or type(error).__name__
    return text[:1].lower() + text[1:]
