"""Figures of very many companies at once: their outcomes are owed, told of, and settled afterwards."""

import pytest
import sqlalchemy as sa

from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.intake import jobs as intake_jobs
from portfolio.readiness import jobs, operations, run_operations
from portfolio.readiness.models import Assessment, ReadinessOwed, ReadinessState
from portfolio.readiness.run_operations import owed, settle
from tests import factories
from tests.readiness.test_nearness import NOW

FILE = "统一社会信用代码,公司名称,年度,营业收入\n" + "".join(
    f",青岛欠账{n}号有限公司,2025,{n + 1}00万\n" for n in range(6)
)


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch):
    monkeypatch.setattr(operations, "AT_ONCE", 3)


def state(companies, revenue: int) -> None:
    with unit_of_work("figure.state"):
        state_figures(
            [Statement(one.id, "revenue", 2025, micro=revenue * 10**6) for one in companies],
            None,
            NOW,
        )


def stored() -> dict[int, str]:
    db.session.rollback()
    rows = sa.select(ReadinessState.company_id, ReadinessState.outcomes).where(
        ReadinessState.superseded_at.is_(None)
    )
    return {row.company_id: row.outcomes for row in db.session.execute(rows)}


def test_many_are_owed_and_settled_as_they_would_have_been_at_once(cast, as_user) -> None:
    companies = [factories.company(cast["manager"]) for _ in range(5)]
    state(companies[:3], 7_000)
    at_once = stored()
    assert at_once.keys() == {one.id for one in companies[:3]} and owed() == []
    state(companies, 8_000)
    assert stored() == at_once, "the write did not wait"
    page = as_user("partner").get("/readiness").text
    assert "正在评估 5 家企业" in page
    assert settle() == 5
    later = stored()
    assert later.keys() == {one.id for one in companies} and owed() == []
    assert len(set(later.values())) == 1 and later[companies[0].id] != at_once[companies[0].id]
    assert "正在评估" not in as_user("partner").get("/readiness").text
    run_operations.look_through([one.id for one in companies], NOW)
    assert stored() == later, "looking through the library finds nothing to change"


def test_they_are_settled_in_parts_and_once_however_often_owed(cast) -> None:
    companies = [factories.company(cast["manager"]) for _ in range(5)]
    state(companies, 7_000)
    state(companies, 8_000)
    assert len(owed(2)) == 2 and run_operations.owing() == 5
    assert settle(most=2) == 5 and settle() == 0
    count = sa.select(sa.func.count()).select_from(ReadinessState)
    assert db.session.scalars(count).one() == 5


def test_the_clock_settles_what_a_process_left_behind(app, cast) -> None:
    companies = [factories.company(cast["manager"]) for _ in range(4)]
    state(companies, 7_000)
    jobs.refresh_due(app, NOW)
    assert stored().keys() == {one.id for one in companies} and owed() == []


def test_a_long_import_settles_what_it_owes(app, send) -> None:
    app.config["IMPORT_AT_ONCE_ROWS"] = 2
    client, page = send(FILE)
    intake_jobs.work(app)
    client.post(page + "/confirmation")
    intake_jobs.work(app)
    assert len(stored()) == 6 and owed() == []


def test_an_import_is_taken_back_though_its_companies_are_still_owed(send) -> None:
    client, page = send(FILE)
    assert client.post(page + "/confirmation").status_code == 302
    assert len(owed()) == 6 and not stored()
    assert client.post(page + "/undo").status_code == 302
    assert settle() == 0
    for model in (ReadinessOwed, ReadinessState, Assessment):
        assert db.session.query(model).count() == 0


def test_a_company_merged_meanwhile_is_owed_nothing(cast, as_user) -> None:
    kept, gone, *others = [factories.company(cast["manager"]) for _ in range(5)]
    state([kept, gone, *others], 7_000)
    seen = {"version": str(kept.version), "other_version": str(gone.version), "meant": "1"}
    answer = as_user("partner").post(f"/companies/{kept.id}/merge/{gone.id}", data=seen)
    assert answer.status_code == 302
    assert settle() == 3 and owed() == [], "the one that stays was assessed with the merge"
    assert gone.id not in stored()
