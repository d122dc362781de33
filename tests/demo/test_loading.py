"""The demo story is what the pages need: every stage, every verdict, confidential deals; repeatable."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from portfolio.audit import queries as audit
from portfolio.chokepoint import taxonomy_queries
from portfolio.companies.duplicate_queries import found_pairs, pairs_of
from portfolio.companies.likeness import Reason
from portfolio.companies.models import Company
from portfolio.coverage.figure_queries import coverage
from portfolio.demo import operations
from portfolio.digest.content_queries import digest_for, one_part
from portfolio.extensions import db
from portfolio.flows.models import PipelineDraft
from portfolio.kernel import uscc
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, Holding, PipelineVersion, StageEvent
from portfolio.readiness.models import Assessment, Scenario
from portfolio.taxonomies import queries as taxonomies
from tests.demo.conftest import load

pytestmark = pytest.mark.xdist_group("demo")  # it is loaded once for all of them


def test_the_story_has_everything_the_pages_show(house, story) -> None:
    report = dict(story.report)
    holdings = report.pop("holdings")
    assert report == {"people": 7, "companies": 66, "deals": 90}
    stages = set(db.session.scalars(sa.select(Deal.stage)))
    assert {
        "lead",
        "pool",
        "screening",
        "initiation",
        "dd",
        "pre_review",
        "ic",
        "signing",
        "closing",
        "post",
        "exit",
        "closed",
    } <= stages
    assert {"call", "publicity", "contribution"} <= stages
    statuses = set(db.session.scalars(sa.select(Deal.status)))
    assert {"active", "on_hold", "rejected", "withdrawn"} <= statuses
    assert db.session.scalar(sa.select(sa.func.count()).where(Deal.walled)) >= 3
    assert set(db.session.scalars(sa.select(Assessment.status))) == {"pass", "fail", "unknown"}
    supposed = db.session.scalars(sa.select(Scenario)).all()
    assert len(supposed) == 3 and len({row.company_id for row in supposed}) == 2
    for code in db.session.scalars(sa.select(Company.uscc).where(Company.uscc.is_not(None))):
        assert uscc.checked(code) == code and uscc.organisation_check_ok(code)
    assert {role for user in db.session.scalars(sa.select(User)) for role in user.roles} == {
        "partner",
        "manager",
        "committee",
        "compliance",
        "admin",
        "reader",
    }
    spread = db.session.execute(
        sa.select(sa.func.min(StageEvent.happened_at), sa.func.max(StageEvent.happened_at))
    ).one()
    assert spread[1] - spread[0] > dt.timedelta(days=200)
    assert spread[1] <= dt.datetime.now(dt.UTC)
    assert audit.verify()[1] is None
    held = db.session.scalars(sa.select(Holding)).all()
    assert len(held) == holdings >= 4
    for holding in held:
        deal = db.session.get_one(Deal, holding.deal_id)
        assert deal.stage in {"post", "exit", "closed", "contribution"}
        assert (holding.company_id, holding.cost_fen) == (deal.company_id, deal.amount_fen)
        assert holding.stake_micro is None or 0 < holding.stake_micro < 50_000_000


def test_one_pipeline_was_changed_while_deals_went_by_it(house) -> None:
    older, newer = db.session.scalars(
        sa.select(PipelineVersion)
        .where(PipelineVersion.key == "direct")
        .order_by(PipelineVersion.version.desc())
        .limit(2)
    ).all()[::-1]
    assert newer.current and newer.published_by_id and not older.current
    opened = sa.select(Deal.pipeline_id, Deal.created_at).where(Deal.company_id.is_not(None))
    since = {
        version.id: [
            at >= newer.published_at for n, at in db.session.execute(opened) if n == version.id
        ]
        for version in (older, newer)
    }
    assert not any(since[older.id]) and all(since[newer.id])
    assert len(since[older.id]) > 20 and len(since[newer.id]) > 5
    moved = (
        sa.select(sa.func.count())
        .select_from(StageEvent)
        .join(Deal)
        .where(Deal.pipeline_id == older.id, StageEvent.happened_at > newer.published_at)
    )
    assert db.session.scalar(moved), "deals went on by the version they began in"
    assert not db.session.scalars(sa.select(PipelineDraft)).all()


def test_the_taxonomy_was_edited_and_its_draft_is_worth_looking_at(house) -> None:
    book = taxonomy_queries.taxonomy()
    assert "quantum-magnetometers" in book.technologies and book.technologies["mems"].note
    (edition,) = taxonomy_queries.editions()
    assert edition.settled_at and edition.published_by_id
    found = taxonomies.drafted()
    run = taxonomies.preview_of(found.mark)
    assert not found.faults and run is not None and run.ended_at
    parts = {becomes for _effect, _from, becomes, _number in taxonomies.counts(run)}
    assert parts >= {"underwater-acoustics", "deep-sea-vehicles"}


def test_some_companies_of_the_story_are_likely_duplicates(house) -> None:
    partner = db.session.scalars(sa.select(User).where(User.email == "partner@demo.example")).one()
    pairs = pairs_of(db.session.execute(found_pairs(partner)).all())
    assert [pair.reason for pair in pairs] == [
        *(Reason.NAME, Reason.NAME, Reason.FORMER, Reason.SOUND)
    ]


def test_the_last_week_of_the_story_is_worth_a_digest(house) -> None:
    now = dt.datetime.now(dt.UTC)
    people = {user.email.partition("@")[0]: user for user in db.session.scalars(sa.select(User))}
    parts = {
        name: {section.kind.key: section.part.total for section in told.sections}
        for name in ("manager", "partner", "compliance")
        for told in [digest_for(people[name], "2026-W48", now - dt.timedelta(days=7), now)]
    }
    for key in ("decisions", "moves", "overrides", "turns", "tags", "companies", "certificates"):
        assert parts["partner"][key], key
    assert parts["manager"]["turns"] and parts["manager"]["duplicates"]
    for name in ("manager", "partner", "reader"):
        since = now - dt.timedelta(days=7)
        told = one_part(people[name], "coverage", since, now).lines
        for then, part in (
            (coverage(people[name], local_date(now)), "part"),
            (coverage(people[name], local_date(since), since), "before"),
        ):
            assert [getattr(line, part) for line in told] == [
                then.pipeline.part.count,
                then.invested.part.count,
                then.fields,
            ], "as the page counts it"
    assert parts["compliance"]["exports"] == 2 and parts["compliance"]["overrides"]


def test_a_second_load_is_refused(app, cast) -> None:
    result = load(app)
    assert result.exit_code == 1 and "空库" in result.stderr


def test_masses_come_in_the_numbers_asked_for(app) -> None:
    result = load(app, "--companies", "120")
    assert json.loads(result.output) == {
        "companies": 120,
        "deals": 120,
        "events": 720,
        "figures": 1080,
    }
    assert db.session.scalar(sa.select(sa.func.count(sa.distinct(Company.uscc)))) == 120
    newest = (
        sa.select(StageEvent.deal_id, sa.func.max(StageEvent.id).label("id"))
        .group_by(StageEvent.deal_id)
        .subquery()
    )
    odd = (
        sa.select(sa.func.count())
        .select_from(Deal)
        .join(newest, newest.c.deal_id == Deal.id)
        .join(StageEvent, StageEvent.id == newest.c.id)
        .where(StageEvent.to_stage != Deal.stage)
    )
    assert db.session.scalar(odd) == 0


def test_no_log_ins_are_printed_without_the_demo(app) -> None:
    assert app.test_cli_runner().invoke(args=["demo", "people"]).output == ""


def test_the_log_ins_are_printed_for_the_demo_alone(house) -> None:
    output = house.test_cli_runner().invoke(args=["demo", "people"]).output
    assert operations.PASSWORD in output and output.count("@demo.example") == 7
    plain = [row for row in output.splitlines() if "reader@demo.example" in row]
    assert len(plain) == 1 and plain[0].endswith("  reader")
