"""One mutant through everything archc does with a file; what is no diagnostic is a fault."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from archc.analysis import periods, promises, sizes, sweep
from archc.analysis.report import make_report
from archc.backends.table import printing
from archc.backends.table.summary import View
from archc.checking import Checker
from archc.diagnostics import concise, json_format, render
from archc.files import Files
from archc.graph.ir import Network
from archc.limits import Limits
from archc.record import Record
from archc.repairs import Repairs
from archc.source import SourceFile
from archc.syntax.compare import same_tree
from archc.syntax.format import format_text
from archc.syntax.parse import parse
from tests.fuzz.nodes import ROOT

LIMITS = Limits(file_bytes=1 << 16, layers=3000, nesting=32, depth=64, digits=60, files=20)
SECONDS = 10.0
"""processor time one mutant may take; the slowest spec takes a third of a second"""
REPAIRS_TRIED = 2
SIZES_TRIED = 128
FIRST_SIZE = 32
ONE_IN = 4
"""what costs as much as all the rest (formatting, repairs) is done for one mutant in so many"""
NETWORKS_ANALYSED = 3
STYLES = ("archc", "cs231n", "googlenet", "keras")


class Fault(Record):
    """What went wrong: `signature` names the kind of error and the innermost place in archc."""

    signature: str
    trace: str


class Outcome(Record):
    """Whether the parser had nothing to say, and the fault if there was one."""

    parsed: bool
    fault: Fault | None


class TooSlow(BaseException):
    """The time of one mutant is over; no `except Exception` may swallow it."""


class Wrong(Exception):
    """A promise is broken though nothing was raised."""


# So many sizes of an open net are tried; each module has the name for itself.
LOWERED = [
    *[(where, "TRIED_AT_MOST", SIZES_TRIED) for where in (sizes, sweep, periods, promises)],
    *[(where, "FIRST_WANTED", FIRST_SIZE) for where in (sizes, sweep)],
]


class Workshop:
    """A folder with copies of the specs, so that a mutant's `use` finds what the spec's finds."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="fuzz")
        for name in sorted(os.listdir(ROOT / "specs")):
            shutil.copy(ROOT / "specs" / name, self.folder)
        self.path = os.path.join(self.folder, "mutant.arch")
        self.kept = [(where, name, getattr(where, name)) for where, name, _ in LOWERED]
        for where, name, low in LOWERED:
            setattr(where, name, low)

    def check(self, data: bytes, seconds: float = SECONDS) -> Outcome:
        """Everything archc does with a file, within the time."""
        with open(self.path, "wb") as file:
            file.write(data)
        parsed = [False]
        try:
            with time_limit(seconds):
                _everything(self.path, zlib.crc32(data), parsed)
        except (Exception, TooSlow) as error:
            return Outcome(parsed[0], fault_of(error))
        return Outcome(parsed[0], None)

    def close(self) -> None:
        """Remove the folder, and set the limits as they were."""
        for where, name, high in self.kept:
            setattr(where, name, high)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow when the process has worked this long."""

    def over(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"more than {seconds} s")

    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fault_of(error: BaseException) -> Fault:
    """A fault by the kind of error and the innermost place in archc."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f for f in frames if f"{os.sep}archc{os.sep}" in f.filename]
    place = "outside"
    if inside:
        relative = inside[-1].filename.rsplit(f"{os.sep}archc{os.sep}", 1)[1]
        place = f"{relative}:{inside[-1].name}"
    said = f": {error}" if isinstance(error, Wrong) else ""
    if isinstance(error, TooSlow):  # it may be anywhere when the time is over
        place = "slow"
    lines = traceback.format_exception(error)
    return Fault(f"{type(error).__name__} in {place}{said}", "".join(lines)[-6000:])


# ---- what archc does with a file -----------------------------------------------------------------


def _everything(path: str, draw: int, parsed: list[bool]) -> None:
    checker = Checker(LIMITS, Files(LIMITS))
    networks = _recorded(checker)
    checker.path(path)
    source = checker.session.source(path)
    if source is not None:
        parsed[0] = checker.session.is_readable(checker.session.module(source))
        if draw % ONE_IN == 0:
            _formatted(source)
    findings = checker.findings()
    if draw % ONE_IN == 1:
        repairs = Repairs(checker.session.files, LIMITS)
        repairs._left = REPAIRS_TRIED
        findings = repairs.verified(findings)
    render.render_all(findings)
    render.summary(findings)
    concise.concise(findings)
    json_format.as_json(findings, "0")
    for number, network in enumerate(networks[:NETWORKS_ANALYSED]):
        _analysed(network, STYLES[(draw // ONE_IN + number) % len(STYLES)])


def _recorded(checker: Checker) -> list[Network]:
    """The networks that a checker builds from now on."""
    networks: list[Network] = []
    build: Callable[..., Network | None] = checker.session.build

    def recording(*arguments: Any) -> Network | None:
        network = build(*arguments)
        if network is not None:
            networks.append(network)
        return network

    checker.session.build = recording  # type: ignore[method-assign]
    return networks


def _formatted(source: SourceFile) -> None:
    """The formatter keeps the meaning, and has nothing to do a second time."""
    text = format_text(source, LIMITS)
    if text is None:
        return
    again = SourceFile(source.name, text)
    if format_text(again, LIMITS) != text:
        raise Wrong("formatting twice is not formatting once")
    if not same_tree(_tree(source), _tree(again)):
        raise Wrong("formatting changed the meaning")


def _tree(source: SourceFile) -> Any:
    from archc.diagnostics.model import Bag

    return parse(source, Bag(), LIMITS).statements


def _analysed(network: Network, style: str) -> None:
    """The numbers, their tables, and that every weight has a key of its own."""
    keys = [
        network.key(node, tensor)
        for node in network.nodes
        if not node.shares
        for tensor in (*network.weights(node), *network.buffers(node))
    ]
    if len(keys) != len(set(keys)):
        raise Wrong("two weights have one key")
    report = make_report(network)
    for _ in printing.json_lines([report]):
        pass
    for _ in printing.printed(printing.table_of(View(report), style)):
        pass
