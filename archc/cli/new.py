"""`archc new NAME --from NET`: a file to begin with."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archc.cli.main import DONE, complain

if TYPE_CHECKING:
    from archc.graph.modules import Module
    from archc.session import Session
    from archc.source import SourceFile

DEFAULT = "classifier"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_parser(verbs: Any) -> None:
    """Declare the arguments."""
    from archc.catalogue import starters

    parser: argparse.ArgumentParser = verbs.add_parser(
        "new",
        description="Write NAME.arch, with a net of this name to begin with.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("name", metavar="NAME", help="what the net is called")
    add(
        "--from",
        dest="origin",
        default=DEFAULT,
        metavar="NET",
        help=f"{', '.join(starters())}; or a shipped net, `resnet`, `resnet.50` (archc nets lists "
        f"them). Without it: {DEFAULT}",
    )
    add("-o", dest="path", metavar="FILE", help="write this file in the place of NAME.arch")


def run(arguments: argparse.Namespace) -> int:
    """Make the text, look whether it is right, write it; nothing is ever overwritten."""
    name, origin = arguments.name, arguments.origin
    path = arguments.path or f"{name}.arch"
    problem = _bad_name(name) or _bad_path(path)
    if problem:
        return complain(problem)
    from archc.session import Session

    session = Session(arguments.limits)
    found = _origin(session, origin)
    if isinstance(found, str):
        return complain(found)
    module, net, variant = found
    names = _new_names(list(module.nets), net, name)
    text = _renamed(session, module, names)
    problem = _mistake_in(session, module.source, text)
    if problem:
        return complain(f"`{origin}` cannot be called `{name}`: {problem}")
    files = [(path, text), *_files_beside(session, module, path)]
    problem = _in_the_way(files, path)
    files = [(place, text) for place, text in files if not os.path.lexists(place)]
    problem = problem or _write(files)
    if problem:
        return complain(problem)
    _say(files, list(names.values()), origin, _part(module, names, net, variant))
    return DONE


# ---- what is asked for ---------------------------------------------------------------------------


def _bad_name(name: str) -> str:
    """Why no net can have this name; empty if one can."""
    from archc.graph.elaborate.bodies import check_free
    from archc.graph.elaborate.formulas import Mistake
    from archc.graph.elaborate.scope import Scope
    from archc.source import SourceFile, Span

    if not _NAME.fullmatch(name):
        free = re.sub(r"[^A-Za-z0-9_]+", "_", name.removesuffix(".arch")).strip("_")
        free = free if _NAME.fullmatch(free) else f"my_net_{free}".rstrip("_")
        rule = "a name has letters, digits and `_`, and begins with no digit"
        return f"`{name}` cannot name a net: {rule}; a free name is `{free}`"
    try:
        check_free(Scope(None), name, Span(SourceFile("", name), 0, len(name)))
    except Mistake as mistake:
        return _said(mistake.kind)
    return ""


def _said(kind: Any) -> str:
    """A finding in one line."""
    return "; ".join([kind.message, *kind.help[:1]])


def _bad_path(path: str) -> str:
    from archc.files import SUFFIX

    if not path.endswith(SUFFIX):
        return f"`{path}` does not end in {SUFFIX}, which `archc check` looks for"
    if os.path.lexists(path):
        return f"`{path}` is there already, and archc new never overwrites; -o names another file"
    return ""


def _origin(session: Session, origin: str) -> tuple[Module, str, str] | str:
    """The file that is begun with, the net and the variant that are meant; or what is wrong."""
    from archc.catalogue import starters
    from archc.cli.naming import none_called, say_meant
    from archc.diagnostics.similar import listed
    from archc.files import SUFFIX

    begin = starters()
    if origin in begin:
        path, part = begin[origin], ""
    else:
        found = session.find_shipped(origin.removesuffix(SUFFIX))
        if found is None:
            return none_called(origin, session.near(origin, begin), "starter or net")
        if found.several:
            return f"`{origin}` could be {listed(found.several)}; name one of them"
        say_meant([origin], [found.part])
        path, part = found.path, found.part
    source = session.source(path)
    if source is None:
        return f"`{path}` cannot be read"
    module = session.module(source)
    net, _, variant = part.partition(".")
    return (module, net, variant) if net in module.nets else (module, "", "")


def _new_names(nets: list[str], net: str, name: str) -> dict[str, str]:
    """New names by old ones: of the net that is meant, or of all nets of the file."""
    if net or len(nets) == 1:
        return {net or nets[0]: name}
    return {old: f"{name}_{old}" for old in nets}


# ---- the text ------------------------------------------------------------------------------------


def _renamed(session: Session, module: Module, names: dict[str, str]) -> str:
    from archc.source import SourceFile
    from archc.syntax.format import format_text
    from archc.syntax.rename import rename_nets

    text = rename_nets(module.tree, names)
    return format_text(SourceFile(module.source.name, text), session.limits) or text


def _mistake_in(session: Session, source: SourceFile, text: str) -> str:
    """The first error in a text that stands in the place of another; empty for none."""
    from archc.checking import Checker

    checker = Checker(session.limits, session.files)
    checker.source(session.files.instead_of(source, text))
    errors = [found for found in checker.findings() if found.severity == "error"]
    if not errors:
        return ""
    taken = errors[0].slug == "name-taken"
    message = "something in its text has this name" if taken else errors[0].message
    return "; ".join([message, *errors[0].help[:1]])


def _files_beside(session: Session, module: Module, path: str) -> list[tuple[str, str]]:
    """Shipped nets that the text uses: `use` looks beside the file, and never where they lie."""
    from archc.catalogue import is_shipped

    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        for used in waiting.pop().used.values():
            place = session.files.path(used.source)
            if is_shipped(place):
                beside = os.path.join(os.path.dirname(path), os.path.basename(place))
                found[beside] = used.source.text
                waiting.append(used)
    return list(found.items())


# ---- writing -------------------------------------------------------------------------------------


def _in_the_way(files: Sequence[tuple[str, str]], path: str) -> str:
    """Which file cannot be written, since another text is or would be there."""
    for beside, text in files[1:]:
        if beside == path:
            return f"`{path}` would use the shipped file of the same name; take another name"
        if os.path.lexists(beside) and not _holds(beside, text):
            why = "which the new file would use in the place of the shipped one"
            return f"`{beside}` is there already, {why}; -o names a file in another folder"
    return ""


def _holds(path: str, text: str) -> bool:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read(len(text) + 1) == text
    except (OSError, UnicodeDecodeError):
        return False


def _write(files: Sequence[tuple[str, str]]) -> str:
    """Write files, those that are used first; returns why that failed."""
    from archc.files import write_text

    for path, text in reversed(files):
        try:
            write_text(path, text)
        except OSError as error:
            return f"cannot write `{path}`: {error.strerror}"
    return ""


def _part(module: Module, names: dict[str, str], net: str, variant: str) -> str:
    """What stands behind the file to name the net that was asked for; empty for all of it."""
    if len(module.nets) == 1:
        return variant
    return f"{names[net]}.{variant}".rstrip(".") if net else ""


def _say(files: Sequence[tuple[str, str]], nets: list[str], origin: str, part: str) -> None:
    """What was written, and what to do with it."""
    from shlex import quote

    path = files[0][0]
    print(f"wrote {path}: {' and '.join(nets)}, from {origin}")
    for beside, _ in files[1:]:
        print(f"wrote {beside}, which it uses")
    print("next:")
    print(f"  archc check {quote(path)}")
    print(f"  archc analyze {quote(f'{path}:{part}' if part else path)}")
