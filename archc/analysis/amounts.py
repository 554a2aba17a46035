"""Exact amounts that may depend on counts unknown until the network runs: `a + b*R + c*T^2`.

An amount is an `int`, or a `Polynomial` where it depends on something. The ordinary case stays an
`int`, so that a million layers are counted with plain additions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod

from archc.ops.values import Count, Shape, Value
from archc.record import Record

Monomial = tuple[str, ...]
"""Symbols with repetition, sorted: () is 1, ('T', 'T') is T^2"""


class Polynomial(Record):
    """Coefficients by monomial, none of them 0, in a fixed order; at least one is not constant."""

    terms: tuple[tuple[Monomial, int], ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The unknown counts it depends on."""
        return tuple(sorted({symbol for monomial, _ in self.terms for symbol in monomial}))


Amount = int | Polynomial


def of_terms(terms: Mapping[Monomial, int]) -> Amount:
    """The amount with these coefficients."""
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    if all(not monomial for monomial in kept):
        return kept.get((), 0)
    return Polynomial(tuple(sorted(kept.items(), key=lambda term: (len(term[0]), term[0]))))


def terms_of(amount: Amount) -> dict[Monomial, int]:
    """The coefficients of an amount."""
    return {(): amount} if isinstance(amount, int) else dict(amount.terms)


def of_count(count: int | Count | None) -> Amount:
    """A number of things as an amount; None is one thing."""
    if isinstance(count, Count):
        return of_terms({(count.symbol,): 1, (): count.plus})
    return 1 if count is None else count


def total(amounts: Iterable[Amount]) -> Amount:
    """The sum."""
    known = 0
    terms: dict[Monomial, int] = {}
    for amount in amounts:
        if isinstance(amount, int):
            known += amount
            continue
        for monomial, factor in amount.terms:
            terms[monomial] = terms.get(monomial, 0) + factor
    terms[()] = terms.get((), 0) + known
    return of_terms(terms)


def product(left: Amount, right: Amount) -> Amount:
    """The product."""
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    terms: dict[Monomial, int] = {}
    for one, factor in terms_of(left).items():
        for other, second in terms_of(right).items():
            monomial = tuple(sorted((*one, *other)))
            terms[monomial] = terms.get(monomial, 0) + factor * second
    return of_terms(terms)


def fixed(amount: Amount) -> int:
    """The part that depends on no unknown count."""
    return amount if isinstance(amount, int) else terms_of(amount).get((), 0)


def per(amount: Amount) -> dict[str, int]:
    """The other part, by monomial: `{"T": 3, "T^2": 5, "R*T": 7}`."""
    terms = () if isinstance(amount, int) else amount.terms
    return {text_of_monomial(monomial): factor for monomial, factor in terms if monomial}


def text_of_monomial(monomial: Monomial) -> str:
    """`T^2`, `R*T`."""
    symbols = sorted(set(monomial))
    powers = [(symbol, monomial.count(symbol)) for symbol in symbols]
    return "*".join([symbol if power == 1 else f"{symbol}^{power}" for symbol, power in powers])


def text_of_amount(amount: Amount) -> str:
    """`1,024`, or `1,024 + 512*R + R*T` where it depends on counts."""
    if isinstance(amount, int):
        return f"{amount:,}"
    parts = []
    for monomial, factor in amount.terms:
        symbols = text_of_monomial(monomial)
        sign = "- " if factor < 0 else "+ "
        shown = f"{abs(factor):,}*{symbols}" if abs(factor) != 1 and symbols else symbols
        parts.append(sign + (shown or f"{abs(factor):,}"))
    return " ".join(parts).removeprefix("+ ")


def evaluate(amount: Amount, counts: Mapping[str, int]) -> int:
    """The number for these counts; one that is not given is 0."""
    if isinstance(amount, int):
        return amount
    result = 0
    for monomial, factor in amount.terms:
        result += factor * prod([counts.get(symbol, 0) for symbol in monomial])
    return result


# ---- shapes with unknown counts ------------------------------------------------------------------


def shapes_in(values: Iterable[Value]) -> list[Shape]:
    """The shapes of values, lists opened."""
    found: list[Shape] = []
    for value in values:
        if isinstance(value, Shape):
            found.append(value)
        else:
            found.extend(value)
    return found


def unknowns(values: Iterable[Value]) -> tuple[str, ...]:
    """The symbols of unknown counts among values."""
    counts = [shape.count for shape in shapes_in(values)]
    return tuple(sorted({count.symbol for count in counts if isinstance(count, Count)}))


def with_counts(value: Value, counts: Mapping[str, int]) -> Value:
    """The value with numbers in place of unknown counts."""
    if not isinstance(value, Shape):
        return tuple([_known(shape, counts) for shape in value])
    return _known(value, counts)


def _known(shape: Shape, counts: Mapping[str, int]) -> Shape:
    count = shape.count
    if not isinstance(count, Count):
        return shape
    return Shape(shape.dims, counts.get(count.symbol, 0) + count.plus)


def numbers(value: Value) -> Amount:
    """How many numbers a value holds."""
    if isinstance(value, Shape):
        return product(value.numbers_each, of_count(value.count))
    return total([numbers(shape) for shape in value])


def interpolate(cost: Callable[[dict[str, int]], int], symbols: tuple[str, ...]) -> Amount:
    """The polynomial, of degree 2 at most in each symbol, that `cost` computes for given counts.

    `cost` is asked at 0, 1 and 2: a layer's products grow with its things, attention's with their
    square.
    """
    if not symbols:
        return cost({})
    symbol, *others = symbols
    rest = tuple(others)

    def asked(number: int) -> Amount:
        return interpolate(lambda known: cost({**known, symbol: number}), rest)

    at = [asked(number) for number in range(3)]
    square = _halved(total([at[2], product(-2, at[1]), at[0]]))
    linear = total([at[1], product(-1, at[0]), product(-1, square)])
    first, second = of_terms({(symbol,): 1}), of_terms({(symbol, symbol): 1})
    return total([at[0], product(linear, first), product(square, second)])


def _halved(amount: Amount) -> Amount:
    """Half of an amount whose coefficients are even, as second differences are."""
    halves = {monomial: factor // 2 for monomial, factor in terms_of(amount).items()}
    assert product(2, of_terms(halves)) == amount, "a cost that grows with no whole square"
    return of_terms(halves)
