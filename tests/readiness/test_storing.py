"""What is stored of an outcome is what the company's page computes, of one or of many at once."""

import datetime as dt
import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.kernel.numbers import MICRO, MOST_MICRO
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.many import FEW, stored_of_all
from portfolio.readiness.near import near as read_near
from portfolio.readiness.nearness import distance
from portfolio.readiness.nodes import letters_of, restored
from portfolio.readiness.pictures import picture_of
from portfolio.readiness.results import relevant, results
from portfolio.readiness.stored import (
    STANDS,
    Stored,
    known_on,
    mark_of,
    read,
    stored_alone,
    stored_of,
    verdicts_of,
    written,
)
from portfolio.rulebook.engine import outcome_of
from tests.rulebook.borders import BOOKS, figures_of

DAYS = (dt.date(2022, 3, 1), dt.date(2023, 10, 1), dt.date(2025, 6, 1), dt.date(2026, 11, 23))
REGIONS = (None, "370200", "370212", "370100", "110000")


def stated_by(dice: random.Random) -> list[Stated]:
    """Figures on the borders of the rules, as the database keeps them."""
    figures = figures_of(dice)
    values = {**figures.years, **{(name, None): v for name, v in figures.facts.items()}}
    rows = []
    for (name, year), value in values.items():
        audited = dice.choice([None, False, True])
        until = dice.choice([None, None, None, DAYS[0], DAYS[-1]])
        if isinstance(value, str):
            rows.append(Stated(name, year, None, value, audited, until))
        elif value is not None and abs(micro := Fraction(value) * MICRO // 1) <= MOST_MICRO:
            rows.append(Stated(name, year, micro, None, audited, until))
    return rows


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(DAYS))
def test_many_at_once_are_stored_as_each_alone(seed: int, day: dt.date) -> None:
    dice = random.Random(seed)
    known = {n: known_on(day, stated_by(dice), dice.choice(REGIONS)) for n in range(7, 7 + FEW)}
    together = stored_of_all(known, day)
    for company, one in known.items():
        alone = stored_alone(one, day)
        assert together[company] == alone
        assert written(together[company]) == written(alone)


def test_a_word_that_no_option_is_any_more_stops_nobody() -> None:
    dice, day = random.Random(5), DAYS[-1]
    stated = [stated_by(dice) for _ in range(FEW)]
    stated[3].append(Stated("underwriter_mode", None, None, "gone", None))
    known = {n: known_on(day, rows, None) for n, rows in enumerate(stated)}
    found = stored_of_all(known, day)
    assert [found[n] for n in (3, 4)] == [stored_alone(known[n], day) for n in (3, 4)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(DAYS), st.sampled_from(REGIONS))
def test_what_is_stored_is_what_the_page_says(seed: int, day: dt.date, region) -> None:
    stated = stated_by(random.Random(seed))
    figures, audited = figures_from(stated, day)
    picture = picture_of(figures, audited, day, region)
    stored = {one.target: one for one in stored_alone(known_on(day, stated, region), day)}
    verdicts = verdicts_of(stored.values())
    assert [*stored] == [f.target.key for f in picture.assessed]
    for finding, letter in zip(picture.findings, verdicts, strict=True):
        status = finding.result.status if finding.result else ""
        assert STANDS[letter] == (finding.rung, status)
        if finding.result is None:
            continue
        one = stored[finding.target.key]
        told = read_near(one)
        assert (one.status, one.distance) == (finding.result.status, finding.distance)
        assert (one.open_tests, one.unverified) == (finding.open_tests, finding.result.unverified)
        assert told is not None and (told.target, told.status) == (finding.target, one.status)
        assert told.unknown == finding.count("unknown")
        assert told.hardest.clause is finding.hardest.clause
        if (short := finding.hardest.gap) is not None and one.status == "fail":
            assert told.hardest.gap is not None
            assert 0 <= told.hardest.gap - min(short, MOST_MICRO // MICRO) < Fraction(2, MICRO)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_letters_say_of_each_clause_what_it_came_to(seed: int) -> None:
    figures = figures_of(random.Random(seed))
    for book in BOOKS.values():
        for root in book.roots:
            if not {c.refers for c in root.walk()} <= {"", *BOOKS} - {"every-word"}:
                continue
            outcome = outcome_of(root, figures, BOOKS)
            again = restored(root, letters_of(outcome))
            assert again is not None
            pairs = list(zip(outcome.walk(), again.walk(), strict=True))
            assert all(a.clause is b.clause and a.status == b.status for a, b in pairs)
            assert [t.clause for t in relevant(outcome)] == [t.clause for t in relevant(again)]


def test_letters_of_another_tree_say_nothing() -> None:
    (result, *_) = results(figures_of(random.Random(1)), DAYS[-1])
    letters = stored_of(result).clauses
    clause = result.outcome.clause
    assert restored(clause, letters) is not None
    assert restored(clause, letters + "p") is None and restored(clause, letters[:-1]) is None
    assert restored(clause, "") is None
    one = stored_of(result)
    assert read_near(one) is not None and distance(result) == one.distance
    assert read_near(one._replace(target="gone")) is None
    assert read_near(one._replace(book="gone")) is None
    assert read_near(one._replace(target="bse-4")) is None
    assert read_near(one._replace(clauses=letters[:-1])) is None
    text = written([one])
    assert read(text) == [one] and isinstance(read(text)[0], Stored)
    assert mark_of(text) != mark_of(written([one._replace(distance=one.distance + 1)]))


def test_the_marks_of_inputs_tell_apart_what_was_read() -> None:
    day = DAYS[-1]
    row = Stated("revenue", 2025, 10**9, None, True)

    def mark(*stated: Stated, region: str | None = "370200") -> str:
        return known_on(day, stated, region).mark

    expired = row._replace(year=2024, valid_until=DAYS[0])
    assert mark(row) == mark(row, expired) != mark(row, region=None)
    for other in (row._replace(micro=1), row._replace(year=2024), row._replace(audited=False)):
        assert mark(other) != mark(row)
