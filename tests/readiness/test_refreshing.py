"""A new day: what it changes by itself is assessed anew, and nobody else."""

import datetime as dt
from itertools import pairwise

import pytest
import sqlalchemy as sa

from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.readiness import jobs, run_operations
from portfolio.readiness.models import ReadinessRun, ReadinessState
from portfolio.readiness.stored import read
from portfolio.readiness.turning import rule_days, turned
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def state(company, day=None, metric="controller_clear"):
    with unit_of_work("figure.state"):
        state_figures(
            [Statement(company.id, metric, None, choice="true", valid_until=day)], None, NOW
        )


def runs() -> list[ReadinessRun]:
    db.session.rollback()  # or this session would go on seeing what was there before
    return list(db.session.scalars(sa.select(ReadinessRun).order_by(ReadinessRun.id)))


def test_everybody_may_stand_otherwise_when_a_rulebook_begins_or_ends_or_a_year_is_reported():
    assert dt.date(2026, 4, 1) in rule_days() and dt.date(2026, 4, 24) in rule_days()
    assert turned(dt.date(2026, 3, 31), dt.date(2026, 4, 1))
    assert turned(dt.date(2025, 12, 31), dt.date(2026, 1, 1))
    assert turned(dt.date(2026, 4, 30), dt.date(2026, 5, 1))
    assert not turned(dt.date(2026, 4, 1), dt.date(2026, 4, 1))
    quiet = [dt.date(2026, 9, 1) + n * DAY for n in range(80)]
    assert any(not turned(a, b) for a, b in pairwise(quiet))


@pytest.fixture
def quiet(monkeypatch):
    """No day on which everybody may stand otherwise."""
    monkeypatch.setattr(run_operations, "turned", lambda last, today: False)


def test_the_first_run_takes_everybody_and_the_next_waits_for_a_new_day(app, cast, quiet) -> None:
    company = factories.company(cast["manager"])
    jobs.refresh_due(app, NOW)
    (run,) = runs()
    assert run.companies == 1 and run.changed > 20 and run.day == local_date(NOW)
    jobs.refresh_due(app, NOW)
    assert len(runs()) == 1
    jobs.refresh_due(app, NOW + DAY)
    assert [run.companies for run in runs()] == [1, 0], "nothing moved"
    assert company.id in set(db.session.scalars(sa.select(ReadinessState.company_id)))


def test_a_day_of_effect_takes_everybody(app, cast, monkeypatch) -> None:
    for _ in range(2):
        factories.company(cast["manager"])
    monkeypatch.setattr(run_operations, "turned", lambda last, today: True)
    jobs.refresh_due(app, NOW)
    assert runs()[-1].companies == 2


def test_what_expired_is_open_again_and_no_other_company_is_looked_at(app, cast, quiet) -> None:
    today = local_date(NOW)
    passing, other = (factories.company(cast["manager"]) for _ in range(2))
    state(passing, today, "under_investigation")
    state(other, None, "under_investigation")
    jobs.refresh_due(app, NOW)
    before = _letters(passing)
    jobs.refresh_due(app, NOW + DAY)
    assert runs()[-1].companies == 1 and runs()[-1].changed > 0
    assert _letters(passing) != before
    jobs.refresh_due(app, NOW + 2 * DAY)
    assert runs()[-1].companies == 0


def test_a_company_that_moved_is_assessed_by_the_rules_of_its_region(app, cast, quiet) -> None:
    company = factories.company(cast["manager"], region_code="110108")
    jobs.refresh_due(app, NOW)
    with unit_of_work("company.change"):
        company.region_code = "370212"
    jobs.refresh_due(app, NOW + DAY)
    assert runs()[-1].companies == 1
    assert "hidden-unicorn" in {one.target for one in _stored(company)}


def _stored(company):
    db.session.rollback()
    text = db.session.scalar(
        sa.select(ReadinessState.outcomes).where(
            ReadinessState.company_id == company.id, ReadinessState.superseded_at.is_(None)
        )
    )
    return read(text)


def _letters(company) -> list[str]:
    return [one.clauses for one in _stored(company)]
