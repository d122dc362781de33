"""A figure as it is kept is told to its last digit, with its unit."""

from decimal import Decimal

import pytest

from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.titles import EXACT, exactly


@pytest.mark.parametrize(
    ("metric", "number", "said"),
    [
        ("revenue", "8464.5", "8,464.5万元"),
        ("roe_weighted", "11.11", "11.11%"),
        ("debt_ratio", "0.356", "35.6%"),
        ("eps", "0.25", "0.25元"),
        ("employees", "1500", "1,500人"),
    ],
)
def test_a_figure_is_told_with_its_unit(metric, number, said) -> None:
    assert exactly(dictionary()[metric], Decimal(number))["zh"] == said


def test_every_unit_of_a_number_has_words() -> None:
    units = {entry.unit for entry in dictionary().values() if entry.numeric} - {"fraction"}
    assert units <= EXACT.keys()
