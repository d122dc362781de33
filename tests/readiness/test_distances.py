"""How near many companies are at once: as near as each alone."""

import datetime as dt
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.readiness.distances import Distances, Near, standings
from portfolio.readiness.nearness import distance
from portfolio.readiness.results import Result, results
from portfolio.readiness.targets import targets
from portfolio.rulebook.bulk.codes import NAMES
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.engine import outcome_of
from tests.rulebook.borders import BOOKS, figures_of, frame_of

DAYS = (dt.date(2022, 3, 1), dt.date(2023, 10, 1), dt.date(2025, 6, 1), dt.date(2026, 11, 23))


def nearness(result: Result) -> tuple[int, int, int, int]:
    states = [test.status for test in result.deciding]
    counts = [states.count(status) for status in ("fail", "unknown", "manual")]
    return (*counts, distance(result))


def told(near: Near, row: int) -> tuple[int, ...]:
    return tuple(int(n[row]) for n in (near.fails, near.unknown, near.manual, near.distance))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32))
def test_many_are_as_near_to_each_rulebook_as_each_alone(seed: int) -> None:
    dice = random.Random(seed)
    figures = [figures_of(dice) for _ in range(12)]
    distances = Distances(Evaluation(frame_of(figures), BOOKS))
    for book in BOOKS.values():
        for root in book.roots:
            near = distances.near(root)
            for row, one in enumerate(figures):
                alone = Result(targets()[0], book, outcome_of(root, one, BOOKS))
                if "info" not in {test.status for test in alone.deciding}:
                    where = (book.id, root.id, row)
                    assert (where, nearness(alone)) == (where, told(near, row))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(DAYS))
def test_each_target_by_the_version_in_force(seed: int, day: dt.date) -> None:
    dice = random.Random(seed)
    figures = [figures_of(dice) for _ in range(5)]
    regions = [None, "370200", "370212", "370100", "110000"]
    found = [*standings(Evaluation(frame_of(figures, regions), BOOKS), day)]
    assert found
    for row, (one, region) in enumerate(zip(figures, regions, strict=True)):
        together = [
            (s.target, s.book, NAMES[int(s.status[at])], told(s.near, at))
            for s in found
            for at in np.flatnonzero(s.rows == row)
        ]
        alone = results(one, day, region)
        assert together == [(r.target, r.book, r.status, nearness(r)) for r in alone]
