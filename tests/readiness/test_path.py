"""A company's path: what changed when and why, and the same computed again from what was known then."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.numbers import MICRO
from portfolio.readiness import operations, path_queries
from portfolio.readiness.models import ReadinessState
from portfolio.readiness.path import Cause, State, paths
from portfolio.readiness.stored import known_on, stored_alone
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
YEAR = NOW.year - 1


def state(company, metric, *values, at=NOW, until=None):
    rows = [
        Statement(company.id, metric, YEAR - back, micro=value * MICRO)
        if metric != "expected_market_cap"
        else Statement(company.id, metric, None, micro=value * MICRO, valid_until=until)
        for back, value in enumerate(values)
    ]
    with unit_of_work("figure.state"):
        state_figures(rows, None, at)


@pytest.fixture
def travelled(cast):
    """A company whose fourth standard was open, then not met, then met, then open again."""
    company = factories.company(cast["manager"], name_zh="青岛来路股份有限公司")
    state(company, "rd_spend", 2_400, 2_300, at=NOW - 30 * DAY)
    state(company, "expected_market_cap", 200_000, at=NOW - 20 * DAY, until=NOW.date() - DAY)
    state(company, "rd_spend", 2_600, 2_500, at=NOW - 10 * DAY)
    with unit_of_work("readiness.refresh"):
        operations.refresh([company.id], NOW + DAY)
    return company


def test_each_step_tells_its_cause_and_the_clauses_that_turned(travelled) -> None:
    steps = {target.key: steps for target, steps in paths(path_queries.states_of(travelled.id))}
    told = [(step.outcome.status, step.cause) for step in steps["bse-4"]]
    assert told == [
        ("unknown", Cause.INPUTS),
        ("pass", Cause.INPUTS),
        ("fail", Cause.INPUTS),
        ("fail", Cause.FIRST),
    ]
    assert [(t.before, t.after) for t in steps["bse-4"][1].turns] == [("fail", "pass")]


def test_what_was_stored_comes_out_again_from_what_was_known_then(app, travelled) -> None:
    rows = path_queries.rows_of(travelled.id)
    assert len(rows) == 4
    assert [path_queries.same_again(row) for row in rows] == [(True, True)] * 4
    run = app.test_cli_runner().invoke(args=["readiness", "recompute", str(travelled.id)])
    assert run.exit_code == 0 and "4 stored, 0 differing" in run.output
    with unit_of_work("x"):
        db.session.execute(
            sa.update(ReadinessState)
            .where(ReadinessState.id == rows[1].id)
            .values(outcomes=rows[0].outcomes, inputs="else")
        )
    run = app.test_cli_runner().invoke(args=["readiness", "recompute", str(travelled.id)])
    assert run.exit_code == 1 and "inputs differ, outcomes differ" in run.output


def test_another_version_is_a_cause_of_its_own() -> None:
    days = (dt.date(2026, 3, 31), dt.date(2026, 4, 1))
    states = [State(NOW, day, stored_alone(known_on(day, [], "370212"), day)) for day in days]
    steps = {target.key: steps for target, steps in paths(states)}
    assert [step.cause for step in steps["srdi"]] == [Cause.VERSION, Cause.FIRST]
    assert steps["srdi"][0].book.id == "cn-srdi-2026" and not steps["srdi"][0].turns
    assert [step.cause for step in steps["municipal-srdi"]] == [Cause.ENDED, Cause.FIRST]
    assert steps["municipal-srdi"][0].outcome is None and steps["municipal-srdi"][0].book is None
    assert len(steps["bse"]) == 1, "the same outcome is no step"


def test_the_page_shows_the_path_to_who_may_see_the_company(as_user, travelled) -> None:
    url = f"/companies/{travelled.id}/readiness/path"
    page = as_user("reader").get(url).text
    card = page.split('aria-labelledby="p-bse-4"')[1].split("</section>")[0]
    assert "首次预评估" in card and "数据变化" in card and "北证公告" in card
    assert "不满足 → 满足" in card and "预评估" in page
    assert as_user("committee").get(url).status_code == 404
