"""Amounts that depend on unknown counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.analysis.amounts import (
    Polynomial,
    evaluate,
    fixed,
    interpolate,
    numbers,
    of_count,
    per,
    product,
    text_of_amount,
    total,
    unknowns,
)
from archc.ops.values import Count, Shape

COEFFICIENTS = st.lists(st.integers(-(10**30), 10**30), min_size=9, max_size=9)
COUNTS = st.integers(0, 10**6)


def test_a_known_amount_is_an_int():
    assert numbers(Shape((7, 7, 512))) == 25088
    assert numbers((Shape((3,)), Shape((4,), 5))) == 23
    assert total([1, 2, 3]) == 6


def test_an_unknown_count_gives_a_polynomial():
    amount = numbers(Shape((512,), Count("T", 1)))
    assert fixed(amount) == 512
    assert per(amount) == {"T": 512}
    assert text_of_amount(amount) == "512 + 512*T"
    assert evaluate(amount, {"T": 3}) == 2048


def test_products_of_counts():
    amount = product(of_count(Count("T")), of_count(Count("R", 2)))
    assert per(amount) == {"T": 2, "R*T": 1}
    assert per(product(of_count(Count("T")), of_count(Count("T")))) == {"T^2": 1}


def test_what_cancels_is_known_again():
    amount = of_count(Count("T"))
    assert total([amount, product(-1, amount), 5]) == 5


def test_unknown_counts_are_named_once():
    values = [Shape((4,), Count("R")), (Shape((4,), Count("T")), Shape((4,), Count("R", 1)))]
    assert unknowns(values) == ("R", "T")


@given(COEFFICIENTS, COUNTS, COUNTS)
def test_interpolation_is_exact(coefficients, first, second):
    def cost(counts):
        powers = [(i, j) for i in range(3) for j in range(3)]
        return sum(
            factor * counts["R"] ** i * counts["T"] ** j
            for factor, (i, j) in zip(coefficients, powers)
        )

    counts = {"R": first, "T": second}
    assert evaluate(interpolate(cost, ("R", "T")), counts) == cost(counts)


@pytest.mark.parametrize("symbols", [(), ("T",), ("R", "T")])
def test_a_constant_stays_an_int(symbols):
    assert interpolate(lambda counts: 7, symbols) == 7


def test_a_polynomial_is_a_value():
    one, other = of_count(Count("T", 1)), total([1, of_count(Count("T"))])
    assert isinstance(one, Polynomial)
    assert one == other
    assert hash(one) == hash(other)
