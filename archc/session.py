"""One run over one or many files: each is read and parsed once, all problems go into one place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from archc.diagnostics.kinds.files import MissingNet
from archc.diagnostics.kinds.names import NetNotChosen, UnknownNet
from archc.diagnostics.kinds.notes import SizeRuleBroken
from archc.diagnostics.kinds.values import ValueNotAllowed
from archc.diagnostics.model import Bag, Diagnostic, Kind
from archc.files import STDIN, SUFFIX, Files, shipped_files, shown, split_name
from archc.graph.elaborate import At, expand
from archc.graph.elaborate.asked import Asked
from archc.graph.elaborate.frame import STEPS_PER_LAYER, Context
from archc.graph.ir import Network
from archc.graph.modules import Chosen, Module, Modules, full_name
from archc.limits import DEFAULT, Limits
from archc.names import Named, Nets, Shipped, facts, find_named, find_shipped, near
from archc.record import Record, replace
from archc.source import SourceFile, Span
from archc.syntax import tree

BYTES_FOR_A_LAYER = 10
REPLAYED_FOR_ONE = 50
"""a layer is expanded in the time that 10 bytes are parsed, or 50 layers replayed at other sizes"""

_OWN = ("size-rule-broken",)


class _Origin(Record):
    """What a network was expanded from: its module, its open sides, the size asked for."""

    module: Module
    sizes: dict[str, int]
    asked: Asked | None


class Session:
    """Shares files, parsed modules and diagnostics."""

    def __init__(self, limits: Limits = DEFAULT, files: Files | None = None) -> None:
        self.limits = limits
        self.files = files or Files(limits)
        self._layers_made = 0
        self._parsing = Bag()
        self._found: dict[tuple[str, Span], Diagnostic] = {}
        self._modules = Modules(self.files, self._parsing, limits)
        self._origins: WeakKeyDictionary[Network, _Origin] = WeakKeyDictionary()

    @property
    def work(self) -> int:
        """How much was done: bytes parsed, and for each layer made as much time in bytes."""
        known = self._modules.known.values()
        parsed = sum([len(module.source.text) for module in known])
        return parsed + BYTES_FOR_A_LAYER * self._layers_made

    # ---- problems -----------------------------------------------------------------------------

    def add(self, diagnostics: list[Diagnostic]) -> None:
        """Keep findings; of those that several variants share, the one with the most uses."""
        for found in diagnostics:
            key = (found.slug, found.primary.span)
            known = self._found.get(key)
            if known is None or known.uses < found.uses:
                self._found[key] = found

    def report(self, kind: Kind, path: str) -> None:
        """A problem with a whole file, or with the command itself if the path is empty."""
        self.add([kind.at(Span(SourceFile(path, ""), 0, 0))])

    @property
    def parsing(self) -> list[Diagnostic]:
        """Problems that were found before any net was looked at."""
        return self._parsing.sorted()

    def bag(self) -> Bag:
        """Everything found so far."""
        both = Bag()
        both.extend(self._parsing.sorted())
        both.extend(list(self._found.values()))
        return both

    # ---- files --------------------------------------------------------------------------------

    def path_of(self, name: str) -> str:
        """The path of a file, or of the shipped file that has this name."""
        return find_named(name, self._nets_of).path

    def source(self, path: str) -> SourceFile | None:
        """The text of a file the user named; None if it cannot be read."""
        found = self.files.read(path)
        if isinstance(found, SourceFile):
            return found
        self.report(found, path)
        return None

    def module(self, source: SourceFile) -> Module:
        """A parsed file and what it uses."""
        # The limit is for each file that is asked for, and this run may ask for many.
        files = self.limits.files + len(self._modules.known)
        self._modules.limits = replace(self.limits, files=files)
        return self._modules.load(source)

    def is_readable(self, module: Module) -> bool:
        """Whether a file and all it uses were parsed without an error.

        A net with a row left out has other sizes, and would be blamed for rows that are right.
        """
        wrong = {found.primary.span.source for found in self._parsing.sorted()}
        waiting, seen = [module], {module.source}
        while waiting:
            one = waiting.pop()
            if one.source in wrong:
                return False
            inner = [used for used in one.used.values() if used.source not in seen]
            seen.update([used.source for used in inner])
            waiting += inner
        return True

    # ---- what is shipped ----------------------------------------------------------------------

    def shipped(self) -> list[Shipped]:
        """All shipped networks as their texts tell them; files with mistakes are left out."""
        found: list[Shipped] = []
        for path in shipped_files():
            source = self.source(shown(path))
            module = self.module(source) if source else None
            if module is None or not self.is_readable(module):
                continue
            for name, variant in all_of(module.nets):
                net = module.net(name)
                assert net is not None
                found.append(facts(net, variant, path))
        return found

    def find_shipped(self, name: str) -> Named | None:
        """The shipped net, variant or file that a name means, whatever lies in this folder."""
        return find_shipped(name, self._nets_of)

    def near(self, name: str, more: Iterable[str] = ()) -> tuple[str, ...]:
        """Shipped networks, and more, that may be meant by a name of nothing."""
        # What is wrong with other files is no business of this run.
        return near(name, Session(self.limits).shipped(), more)

    def _nets_of(self, path: str) -> Nets:
        source = self.source(shown(path))
        return self.module(source).nets if source else {}

    # ---- nets ---------------------------------------------------------------------------------

    def networks(self, name: str, input_text: str | None = None) -> Iterator[Network]:
        """The networks a user means by a name: one, or all nets and variants of a file."""
        named = find_named(name, self._nets_of)
        if named.several:
            self.report(NetNotChosen(named.several), "")
            return
        path = named.path
        found = self.files.read(path)
        if isinstance(found, SourceFile):
            yield from self.networks_of(found, named.part or None, input_text)
        elif _looks_like_path(path) or path != split_name(name)[0]:
            self.report(found, path)
        else:
            self.report(UnknownNet(name, self.near(name), are_shipped=True), "")

    def networks_of(
        self, source: SourceFile, part: str | None, input_text: str | None = None
    ) -> Iterator[Network]:
        """The networks of a text: the net or variant `part`, or all."""
        module = self.module(source)
        if not self.is_readable(module):
            return
        nets = module.nets
        if not nets:
            blocks = [line.name for line in module.tree.statements if isinstance(line, tree.Block)]
            self.report(MissingNet(tuple(blocks)), source.name)
            return
        for net, variant in all_of(nets) if part is None else self._pick(nets, part, source):
            network = self.build(module, net, variant, input_text)
            if network is not None:
                yield network

    def build(
        self, module: Module, net: str, variant: str | None, input_text: str | None = None
    ) -> Network | None:
        """One network; None, and problems kept, if it has errors."""
        bag = Bag()
        asked = asked_of(input_text) if input_text else None
        if input_text and asked is None:
            takes = "a size such as 320x320x3 or left=320x320x3"
            self.report(ValueNotAllowed("the input", f"`{input_text}`", takes), "")
            return None
        context = expand(module, net, variant, bag, self.limits, At(asked=asked))
        self._layers_made += _layers_made(context)
        if context.is_open and asked is None:
            context, bag = self._at_a_legal_size(module, net, variant, context)
        elif context.is_open and asked is not None and bag.has_errors:
            bag = self._refused(module, net, variant, context, asked)
        self.add(bag.sorted())
        self._origins[context.network] = _Origin(module, context.sizes, asked)
        return None if bag.has_errors else context.network

    def with_classes(self, network: Network, classes: int | None = None) -> Network | None:
        """A network of this session with another number of classes, else with one more.

        Size notes and rules are not asked. None if it has no such number, or does not work so.
        """
        origin = self._origins.get(network)
        if origin is None or "classes" not in network.values:
            return None
        values = {"classes": classes or network.values["classes"] + 1}
        at = At(origin.sizes, origin.asked, values, obeys_rules=False)
        bag = Bag()
        context = expand(origin.module, network.net, network.variant or None, bag, self.limits, at)
        return None if bag.has_errors else context.network

    def _refused(
        self,
        module: Module,
        net: str,
        variant: str | None,
        context: Context,
        asked: Asked,
    ) -> Bag:
        """A size that the user asked for does not work: the rule, and the nearest sizes that do."""
        from archc.analysis.sizes import study

        found = study(module, net, variant, self.limits)
        sizes = letter_sizes(context.network, asked.sides, asked.name)
        near = found.nearest(sizes) if found is not None else None
        if found is None or near is None:
            return context.bag
        opened = context.network.open_sides[0]
        reason = next((one.message for one in context.bag.sorted() if one.slug not in _OWN), "")
        kind = SizeRuleBroken(
            found.text, asked.text, near, reason or f"it does not obey `where {opened.condition}`"
        )
        bag = Bag()
        bag.add(kind.at(opened.span))
        return bag

    def _at_a_legal_size(
        self, module: Module, net: str, variant: str | None, context: Context
    ) -> tuple[Context, Bag]:
        """An open net at its example size, or at the smallest size from 224 up that works."""
        from archc.analysis.sizes import study

        bag = context.bag
        found = study(module, net, variant, self.limits, context)
        if found is None:
            return context, bag
        tried = sum([legal.tried for legal in found.legal.values()])
        made = _layers_made(context) * tried
        self._layers_made += made if context.side_reads else made // REPLAYED_FOR_ONE
        sizes = example_sizes(context.network) or found.chosen
        if sizes and sizes != context.sizes:
            bag = Bag()
            context = expand(module, net, variant, bag, self.limits, At(sizes))
        bag.extend(found.findings)
        context.network.size_rule = found.text
        return context, bag

    def _pick(self, nets: dict[str, list[str]], part: str, source: SourceFile) -> list[Chosen]:
        found = matches(nets, part)
        if len(found) == 1:
            return found[0]
        if found:
            names = [full_name(*choices[0]) for choices in found]
            self.report(NetNotChosen(tuple(names)), source.name)
        else:
            self.report(UnknownNet(part, tuple(all_names(nets))), source.name)
        return []


def _layers_made(context: Context) -> int:
    """What an expansion cost, in layers; steps that make no layer cost too."""
    return max(len(context.nodes), context.steps // STEPS_PER_LAYER)


def example_sizes(network: Network) -> dict[str, int]:
    """The sizes of `meta example = 512x512x1`, by letter."""
    sides = sides_of(str(network.meta.get("example", "")))
    if sides is None:
        return {}
    return letter_sizes(network, sides)


def letter_sizes(network: Network, sides: tuple[int, ...], name: str = "") -> dict[str, int]:
    """The sizes that the letters of an input, of the first open one, have in a written size."""
    opened = [one for sides in network.open_sides for one in sides.letters]
    name = name or next((of for _, of, _ in opened), "")
    return {letter: sides[axis] for letter, of, axis in opened if of == name and axis < len(sides)}


def asked_of(text: str) -> Asked | None:
    """`320x320x3`, `left=320x320x3`; None if it is neither."""
    name, equals, size = text.rpartition("=")
    sides = sides_of(size)
    return None if sides is None or (equals and not name.strip()) else Asked(sides, name.strip())


def sides_of(text: str) -> tuple[int, ...] | None:
    """The numbers of a written size, `320x320x3`; None if it is no size."""
    sides = text.strip().replace("\u00d7", "x").split("x")
    if not all(side.isascii() and side.isdigit() and len(side) < 19 for side in sides):
        return None
    numbers = tuple([int(side) for side in sides])
    return numbers if min(numbers) > 0 else None


def _looks_like_path(name: str) -> bool:
    return name == STDIN or name.endswith(SUFFIX) or any(sign in name for sign in "/\\:")


def all_of(nets: dict[str, list[str]]) -> list[Chosen]:
    """Every net and variant of a file, in text order."""
    found: list[Chosen] = []
    for net, variants in nets.items():
        found += [(net, variant) for variant in variants] if variants else [(net, None)]
    return found


def matches(nets: dict[str, list[str]], part: str) -> list[list[Chosen]]:
    """What `part` can mean: a variant of the last net, a net with all its variants, net.variant."""
    found: list[list[Chosen]] = []
    last = next(reversed(nets))
    if part in nets[last]:
        found.append([(last, part)])
    if part in nets:
        found.append(all_of({part: nets[part]}))
    net, _, variant = part.partition(".")
    if variant in nets.get(net, ()) and [(net, variant)] not in found:
        found.append([(net, variant)])
    return found


def all_names(nets: dict[str, list[str]]) -> list[str]:
    """The full names of all nets and variants."""
    return [full_name(net, variant) for net, variant in all_of(nets)]
