"""Suggestions for the whole library: in parts, resumed, and never again what was rejected."""

import datetime as dt

import sqlalchemy as sa

from portfolio.chokepoint import jobs, lease_operations, operations, queries, run_operations
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.run_models import SuggestionRun
from portfolio.extensions import db, unit_of_work
from tests import factories

LED = "公司自主研发深紫外LED外延芯片，已量产。"
LIDAR = "公司自主研发激光雷达，已量产。"


def states(company) -> dict[str, str]:
    db.session.rollback()  # as of now
    return {t.technology: t.state for t in queries.tags_of([company.id]).get(company.id, [])}


def describe(company, text: str, person) -> None:
    with unit_of_work("company.change", person):
        company.description = text


def refresh(app) -> str:
    run = app.test_cli_runner().invoke(args=["chokepoint", "refresh"])
    assert run.exit_code == 0, run.output
    return run.stdout


def test_the_command_goes_through_the_library_and_follows_what_changed(
    app, cast, monkeypatch
) -> None:
    monkeypatch.setattr(run_operations, "CHUNK", 2)
    person = cast["manager"]
    led, twin, lidar = (factories.company(person, description=t) for t in (LED, LED, LIDAR))
    none = factories.company(person, description="一家餐饮企业。")
    assert refresh(app) == "4 of 4 companies: 3 suggestions added, 0 withdrawn\n"
    assert states(led) == {"uv-led": "suggested"} and states(none) == {}
    row = queries.current(led.id, "uv-led")
    with unit_of_work("tag.reject", person):
        operations.reject(row, "外购芯片", person, dt.datetime.now(dt.UTC))
    with unit_of_work("tag.accept", person):
        operations.accept(queries.current(twin.id, "uv-led"), person, dt.datetime.now(dt.UTC))
    assert "0 suggestions added, 0 withdrawn" in refresh(app)
    assert states(led) == {"uv-led": "rejected"}, "nothing comes back that was rejected"
    for company, text in (
        (led, LED + "产品出口。"),
        (twin, "一家餐饮企业。"),
        (lidar, "公司代理激光雷达。"),
    ):
        describe(company, text, person)
    assert "1 suggestions added, 1 withdrawn" in refresh(app)
    assert states(led) == {"uv-led": "suggested"}, "by another text it may"
    assert states(twin) == {"uv-led": "confirmed"}, "what a person decided stays"
    assert states(lidar) == {}
    gone = db.session.scalars(sa.select(Tag).where(Tag.company_id == lidar.id)).all()
    assert [(t.state, t.superseded_at is not None) for t in gone] == [("suggested", True)]


def test_a_run_that_stopped_goes_on_where_it_was(app, cast, monkeypatch) -> None:
    monkeypatch.setattr(run_operations, "CHUNK", 1)
    found = [factories.company(cast["manager"], description=LED) for _ in range(3)]
    begun = dt.datetime.now(dt.UTC)
    with unit_of_work("tag.suggest"):
        asked = run_operations.ask(cast["manager"], begun).id
        assert run_operations.ask(cast["partner"], begun).id == asked, "one at a time"
    run_operations.claim(begun)
    run_operations._part(asked)  # and then the process is gone
    assert [bool(states(c)) for c in found] == [True, False, False]
    assert app.test_cli_runner().invoke(args=["chokepoint", "refresh"]).exit_code == 1
    jobs.suggest_waiting(app, begun)
    assert db.session.get_one(SuggestionRun, asked).done == 1, "somebody may still be at it"
    jobs.suggest_waiting(app, dt.datetime.now(dt.UTC) + lease_operations.LEASE)
    assert all(states(c) for c in found)
    run = db.session.get_one(SuggestionRun, asked, populate_existing=True)
    assert (run.done, run.total, run.added) == (3, 3, 3) and run.ended_at is not None
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(Tag))
    assert rows == 3, "none was made twice"
