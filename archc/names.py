"""What a user calls a net: paths, names of shipped nets however they are spelt, words that find
them.

`ResNet-50`, `resnet50` and `resnet.50` are one name; `DeepLab v3+` is not `deeplabv3`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from archc.diagnostics.similar import closest
from archc.files import (
    STDIN,
    SUFFIX,
    file_of_net,
    shipped_files,
    shipped_nets,
    shown,
    split_name,
    stem_of,
)
from archc.graph.modules import full_name, lies_on_its_side, variant_names, variants_table
from archc.record import Record
from archc.syntax import tree

NEAR_AT_MOST = 5
LOOSE = 5
"""the rank of a net whose name, title, family and task have the words together, and none alone"""
Nets = dict[str, list[str]]
"""nets of a file and the names of their variants"""

_SEPARATORS = re.compile(r"[\s_.,()-]+")
_TOKEN = re.compile(r"[a-z]+|\d+")


class Named(Record):
    """What a name means: a file and the net inside, empty for all of it.

    `several` are the nets that it could mean just as well; the path of nothing known is the name.
    """

    path: str
    part: str = ""
    several: tuple[str, ...] = ()


def find_named(name: str, nets_of: Callable[[str], Nets]) -> Named:
    """What a user calls a net; a path always wins."""
    path, part = split_name(name)
    if part or path == STDIN or path.endswith(SUFFIX) or os.path.isfile(path):
        return Named(path, part)
    return find_shipped(name, nets_of) or Named(name)


def find_shipped(name: str, nets_of: Callable[[str], Nets]) -> Named | None:
    """The shipped net, variant or file of a name: `resnet.50`, `ResNet-50`, `dcgan`; None if there
    is none.

    Exact names win. Only files whose nets begin like the name are parsed, by `nets_of`.
    """
    net, _, variant = name.partition(".")
    path = file_of_net(net)
    if path and (not variant or variant in nets_of(path).get(net, ())):
        return Named(shown(path), name)
    file = "" if path else _file(net)
    if file and (not variant or variant.partition(".")[0] in nets_of(file)):
        return Named(shown(file), variant)
    return _by_letters(name, nets_of)


def _file(name: str) -> str:
    """The shipped file of this name; empty for none."""
    return next((path for path in shipped_files() if stem_of(path) == name), "")


def _by_letters(name: str, nets_of: Callable[[str], Nets]) -> Named | None:
    """What has the same letters and digits; of several, the one whose numbers are the same, too:
    1.6 is not 16.
    """
    wanted = reduced(name)
    found: dict[str, str] = {}
    for net, path in shipped_nets().items() if wanted else ():
        begin = reduced(net)
        if not wanted.startswith(begin):
            continue
        if wanted == begin:
            found[net] = path
            continue
        for variant in nets_of(path).get(net, ()):
            if begin + reduced(variant) == wanted:
                found[full_name(net, variant)] = path
    if len(found) > 1:
        numbers = re.findall(r"\d+", name)
        same = {one: path for one, path in found.items() if re.findall(r"\d+", one) == numbers}
        found = same if len(same) == 1 else found
    if len(found) > 1:
        return Named(name, several=tuple(found))
    for one, path in found.items():
        return Named(shown(path), one)
    alike = [path for path in shipped_files() if wanted and reduced(stem_of(path)) == wanted]
    return Named(shown(alike[0])) if alike else None


def reduced(name: str) -> str:
    """A name's small letters and digits: `vgg16` of `VGG-16`; empty if it has other signs.

    A plus is a word: it tells DeepLabv3+ from DeepLabv3.
    """
    letters = _SEPARATORS.sub("", name.lower().replace("+", "plus"))
    return letters if letters.isascii() and letters.isalnum() else ""


# ---- what a text says ----------------------------------------------------------------------------


class Shipped(Record):
    """One network, or one variant of it. What its text does not say is empty, or 0."""

    net: str
    variant: str | None
    title: str
    also: str
    family: str
    task: str
    year: int
    paper: str
    example: str
    path: str

    @property
    def name(self) -> str:
        """`resnet.50`."""
        return full_name(self.net, self.variant)

    @property
    def file(self) -> str:
        """The name of its file."""
        return os.path.basename(self.path)


def facts(net: tree.Net, variant: str | None, path: str) -> Shipped:
    """What the text of a network says of it, without expanding it: that takes much longer."""
    said = _meta(net, variant)
    year = said.get("year", "")
    return Shipped(
        net=net.name,
        variant=variant,
        title=net.title,
        also=said.get("also", ""),
        family=said.get("family", ""),
        task=said.get("task", ""),
        year=int(year) if year.isdecimal() else 0,
        paper=said.get("paper", ""),
        example=said.get("example", ""),
        path=path,
    )


def _meta(net: tree.Net, variant: str | None) -> dict[str, str]:
    """The `meta` rows of a net and the cells of its variant, as they are written."""
    found: dict[str, tree.Expression | None] = {}
    names = variant_names(net)
    column = names.index(variant) if variant is not None else 0
    for row in net.body:
        if isinstance(row, tree.Meta):
            cell = row.value[column].value if isinstance(row.value, tuple) else row.value
            found[row.name] = cell or found.get(row.name)
    table = variants_table(net)
    if table is not None and lies_on_its_side(net, table):
        for head, place in zip(table.columns, table.rows[column].cells):
            if head.kind == "meta":
                found[head.name] = place.value or found.get(head.name)
    return {
        name: value.value if isinstance(value, tree.Text) else value.span.text
        for name, value in found.items()
        if value is not None
    }


# ---- words ---------------------------------------------------------------------------------------


def ranks(query: str, every: Iterable[Shipped]) -> dict[str, int]:
    """The names that words find, with how well: 0 is best."""
    words = _tokens(query)
    found = {one.name: _rank(words, one) for one in every} if words else {}
    return {name: rank for name, rank in found.items() if rank is not None}


def _rank(words: list[str], one: Shipped) -> int | None:
    """The net itself, its family, a name that begins so, a name, a title, something of each."""
    whole = "".join(words)
    name, title, others = (_tokens(text) for text in (one.name, one.title, one.also))
    if whole in [_letters(one.net), "".join(name), "".join(title), "".join(others)]:
        return 0
    if whole == _letters(one.family):
        return 1
    if whole in "".join(name) or _hold(name, words):
        return 2 if "".join(name).startswith(words[0]) else 3
    about = [*title, *others, *_tokens(stem_of(one.path))]
    if _hold(about, words):
        return 4
    return LOOSE if _hold([*name, *about, *_tokens(f"{one.family} {one.task}")], words) else None


def _hold(tokens: list[str], words: list[str]) -> bool:
    """Whether every word begins where a token does; a number is the whole of one."""
    starts = ["".join(tokens[place:]) for place in range(len(tokens))]
    return all(
        word in tokens if word.isdigit() else any(start.startswith(word) for start in starts)
        for word in words
    )


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().replace("+", " plus "))


def _letters(text: str) -> str:
    return "".join(_tokens(text))


def near(name: str, every: list[Shipped], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Names that may be meant by one of nothing: what its words find, else what is spelt alike."""
    found = ranks(name, every)
    nets: dict[str, list[str]] = {}
    for one in every:
        nets.setdefault(one.net, []).append(one.name)
    # Where all variants of a net are found alike, the net is.
    shortest = {
        one: net if len({found.get(other) for other in names}) == 1 else one
        for net, names in nets.items()
        for one in names
    }
    good = {one: rank for one, rank in found.items() if rank < LOOSE} or found
    best = dict.fromkeys([shortest[one] for one in sorted(good, key=good.__getitem__)])
    return tuple(best)[:NEAR_AT_MOST] or closest(name, (*shortest, *more, *nets))
