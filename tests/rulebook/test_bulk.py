"""Many companies at once and one by one: the same statuses and points."""

import datetime as dt
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.rulebook.bulk.codes import NAMES
from portfolio.rulebook.bulk.evaluate import Evaluation, routed
from portfolio.rulebook.bulk.filling import Builder
from portfolio.rulebook.bulk.frame import Company
from portfolio.rulebook.bulk.whole import ROOM, column, number
from portfolio.rulebook.engine import assess, inputs_of
from portfolio.rulebook.routing import applying, routing
from portfolio.rulebook.values import Figures
from tests.rulebook.borders import BOOKS, SAMPLE, figures_of, frame_of


def range_at(found, row: int) -> tuple[Fraction, Fraction]:
    return tuple(Fraction(end.top.at(row), end.bottom.at(row)) for end in (found.low, found.high))


def scores(found, at):
    if found is None:
        return None
    parts = {"groups": found.groups, "items": found.items}
    return at(found.total), {k: {n: at(r) for n, r in v.items()} for k, v in parts.items()}


def check_equal(figures: list[Figures], frame, books=BOOKS) -> int:
    evaluation, compared = Evaluation(frame, BOOKS), 0
    for book in map(BOOKS.get, books):
        bulk = evaluation.assess(book)
        for row, one in enumerate(figures):
            single = assess(book, one, BOOKS)
            told = (book.id, row)
            status = None if bulk.status is None else NAMES[int(bulk.status[row])]
            assert (told, status) == (told, single.status)
            clauses = {name: NAMES[int(codes[row])] for name, codes in bulk.clauses.items()}
            wanted = {name: outcome.status for name, outcome in single.outcomes().items()}
            assert (told, {n: s for n, s in clauses.items() if s}) == (told, wanted)
            mine = scores(bulk.score, lambda r, row=row: range_at(r, row))
            assert (told, mine) == (told, scores(single.score, lambda r: (r.low, r.high)))
            compared += len(wanted)
    return compared


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_all_at_once_as_one_by_one(seed: int) -> None:
    dice = random.Random(seed)
    figures = [figures_of(dice) for _ in range(12)]
    assert check_equal(figures, frame_of(figures)) > 5_000


def test_what_the_language_can_say_and_no_rulebook_says_yet() -> None:
    dice = random.Random(11)
    names = sorted(frozenset().union(*(inputs_of(r, BOOKS) for r in BOOKS[SAMPLE.stem].roots)))
    figures = [figures_of(dice, names) for _ in range(2_000)]
    check_equal(figures, frame_of(figures), [SAMPLE.stem])


def test_some_companies_alone_come_out_as_among_all() -> None:
    dice = random.Random(5)
    figures = [figures_of(dice) for _ in range(20)]
    frame = frame_of(figures)
    check_equal(figures[3:9], frame.only(slice(3, 9)))
    rows = np.array([17, 2, 11])
    check_equal([figures[row] for row in rows], frame.only(rows))
    check_equal(figures[4:5], frame.only(slice(3, 9)).only(np.array([1])))


@settings(max_examples=20, deadline=None)
@given(st.dates(dt.date(2018, 1, 1), dt.date(2028, 1, 1)))
def test_each_company_meets_the_rulebooks_of_its_region_and_purpose(day: dt.date) -> None:
    regions = [None, "370203", "370102", "110000", "3702"]
    asked = [(region, purpose) for region in regions for purpose in routing().purposes]
    figures = [Figures(2025, purpose=purpose) for _, purpose in asked]
    frame = frame_of(figures, [region for region, _ in asked])
    found = {(name, row) for name, rows in routed(frame, day).items() for row in rows.tolist()}
    assert found == {
        (book.id, row)
        for row, (region, purpose) in enumerate(asked)
        for book in applying(day, region, purpose)
    }


def test_numbers_too_large_for_a_machine_word_stay_exact() -> None:
    large = column(np.array([3 * 2**60, -ROOM, 1]))
    assert ((large * large) + number(1)).of.tolist() == [9 * 2**120 + 1, ROOM**2 + 1, 2]
    assert (large * number(2**70) // number(2**71)).of.tolist() == [3 * 2**59, -(2**61), 0]
    assert (large * large).compare(">", number(ROOM**2)).tolist() == [False, False, False]
    assert (large * large).compare(">=", number(ROOM**2)).tolist() == [False, True, False]


def test_the_later_of_two_figures_counts_and_a_wrong_kind_is_refused() -> None:
    builder = Builder([Company("a", 2025), Company("b", None)])
    for value in (Fraction(1, 3), 5, Fraction(10**20), Fraction(1, 7)):
        builder.state("a", "revenue", 2025, value)
    builder.keep("a", "net_assets", None, 7_000_000, None)
    builder.state("a", "revenue", 2026, 9)  # later than what is assessed
    builder.state("b", "revenue", 2025, 9)  # assessed on no year
    builder.state("a", "no_such_metric", 2025, 9)
    frame = builder.frame()
    revenue, assets = frame.numbers("revenue", 0), frame.numbers("net_assets", -1)
    assert Fraction(revenue.top.at(0), revenue.bottom.at(0)) == Fraction(1, 7)
    assert revenue.known.tolist() == [True, False]
    assert Fraction(assets.top.at(0), assets.bottom.at(0)) == 7
    assert frame.numbers("revenue", -1) is None
    for metric, value in (("revenue", "much"), ("is_sme", "perhaps"), ("neeq_tier", 3)):
        with pytest.raises(ValueError, match=metric):
            builder.state("a", metric, 2025, value)
