"""What is stored of an outcome is what the company's page computes, whoever was assessed before."""

import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st

from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.nearness import distance
from portfolio.readiness.results import results
from portfolio.readiness.stored import Assessor
from portfolio.readiness.targets import kept_targets
from portfolio.rulebook.metrics import dictionary

DAY = dt.date(2026, 11, 23)
METRICS = (
    *("revenue", "net_profit_parent", "net_profit_parent_ex_nonrecurring", "roe_weighted"),
    *("roe_weighted_ex_nonrecurring", "rd_expense", "operating_cash_flow", "expected_market_cap"),
    *("net_assets", "under_investigation", "employees"),
)
# Few values, so that companies share inputs and stand on both sides of thresholds.
NUMBERS = st.sampled_from([-1, 0, 1499, 1500, 2500, 8000, 20_000, 60_000]).map(lambda n: n * 10**6)


@st.composite
def companies(draw) -> list[Stated]:
    found = {}
    for metric in draw(st.lists(st.sampled_from(METRICS), max_size=14)):
        entry = dictionary()[metric]
        year = draw(st.sampled_from([2022, 2023, 2024, 2025, 2026])) if entry.yearly else None
        audited = draw(st.sampled_from([None, False, True]))
        if entry.numeric:
            found[metric, year] = Stated(metric, year, draw(NUMBERS), None, audited)
        else:
            word = draw(st.sampled_from(["true", "false"]))
            found[metric, year] = Stated(metric, year, None, word, audited)
    return list(found.values())


@given(st.lists(companies(), min_size=1, max_size=12))
def test_each_company_is_stored_as_it_is_assessed_alone(everybody) -> None:
    assessor = Assessor(DAY)
    for stated in everybody:
        figures, _ = figures_from(stated, DAY)
        alone = results(figures, DAY, among=kept_targets())
        stored = assessor.stored(stated)
        assert [(s.target, s.book, s.status, s.distance) for s in stored] == [
            (r.target.key, r.book.id, r.outcome.status, distance(r)) for r in alone
        ]
        for kept, result in zip(stored, alone, strict=True):
            clauses = {row["id"]: row for row in json.loads(kept.outcome)}
            for outcome in result.outcome.walk():
                row = clauses[outcome.clause.id]
                assert row["status"] == outcome.status
                assert (row["gap"] is None) == (outcome.gap is None)
