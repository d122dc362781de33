"""How near many companies are at once: as near as each alone."""

import datetime as dt
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.readiness.distances import standings
from portfolio.readiness.nearness import distance
from portfolio.readiness.targets import results
from portfolio.rulebook.bulk.codes import NAMES
from portfolio.rulebook.bulk.evaluate import Evaluation
from portfolio.rulebook.loader import library
from tests.rulebook.borders import figures_of, frame_of

DAYS = (dt.date(2022, 3, 1), dt.date(2023, 10, 1), dt.date(2025, 6, 1), dt.date(2026, 11, 23))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(DAYS))
def test_many_are_as_near_as_each_alone(seed: int, day: dt.date) -> None:
    dice = random.Random(seed)
    figures = [figures_of(dice) for _ in range(12)]
    found = [*standings(Evaluation(frame_of(figures), library()), day)]
    assert found
    for row, one in enumerate(figures):
        alone = results(one, day)
        assert [
            (s.target.key, s.book.id, NAMES[int(s.status[row])], *(int(n[row]) for n in s.near))
            for s in found
        ] == [
            (
                *(r.target.key, r.book.id, r.outcome.status),
                sum(test.status == "fail" for test in r.deciding),
                sum(test.status == "unknown" for test in r.deciding),
                distance(r),
            )
            for r in alone
        ]
