"""How near many companies are at once: as near as each alone."""

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.readiness.distances import Distances, standings
from portfolio.readiness.nearness import distance
from portfolio.readiness.targets import Result, results, targets
from portfolio.rulebook.bulk.codes import NAMES
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.engine import outcome_of
from tests.rulebook.borders import BOOKS, figures_of, frame_of

DAYS = (dt.date(2022, 3, 1), dt.date(2023, 10, 1), dt.date(2025, 6, 1), dt.date(2026, 11, 23))


def nearness(result: Result) -> tuple[int, int, int]:
    states = [test.status for test in result.deciding]
    return states.count("fail"), states.count("unknown"), distance(result)


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
                    told = (book.id, root.id, row)
                    assert (told, nearness(alone)) == (told, tuple(int(n[row]) for n in near))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(DAYS))
def test_each_target_by_the_version_in_force(seed: int, day: dt.date) -> None:
    dice = random.Random(seed)
    figures = [figures_of(dice) for _ in range(5)]
    found = [*standings(Evaluation(frame_of(figures), BOOKS), day)]
    assert found
    for row, one in enumerate(figures):
        assert [
            (s.target, s.book, NAMES[int(s.status[row])], tuple(int(n[row]) for n in s.near))
            for s in found
        ] == [(r.target, r.book, r.outcome.status, nearness(r)) for r in results(one, day)]
