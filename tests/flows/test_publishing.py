"""Before a version is in force one sees whom it touches; afterwards deals keep theirs, or come along."""

import json

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.flows import drafts
from portfolio.flows import queries as flows
from portfolio.people import operations as people
from portfolio.pipeline import queries
from portfolio.pipeline.models import PipelineVersion, StageEvent
from tests import factories
from tests.flows.editing import SETTINGS, draft_with, publish, without_screening


def test_the_preview_says_in_words_what_changes_and_whom_it_touches(deals, cast, as_user) -> None:
    row = draft_with(cast, without_screening)
    client = as_user("admin")
    client.set_cookie("lang", "en")
    page = client.get(f"{SETTINGS}/drafts/{row.id}/preview").text
    assert "Screening" in page and "Target days" in page and "Readiness" in page
    assert "3 open deals" in page  # neither the confidential one nor the refused one
    assert "touches 1 deal<" in page
    listed = client.get(f"{SETTINGS}/drafts/{row.id}/deals?effect=removed").text
    assert "shows the count alone" in listed and deals["screening"].code not in listed


def test_who_reads_deals_sees_which_but_never_a_confidential_one(deals, cast, as_user) -> None:
    row = draft_with(cast, without_screening)
    with unit_of_work("user.roles"):
        people.set_roles(cast["partner"], ["partner", "admin"])
    client = as_user("partner")
    address = f"{SETTINGS}/drafts/{row.id}/deals"
    assert deals["screening"].code in client.get(f"{address}?effect=removed").text
    late = client.get(f"{address}?effect=late").text
    assert deals["lead"].code in late and deals["walled"].code not in late
    gate = client.get(f"{address}?effect=gate").text
    assert deals["lead"].code in gate and deals["walled"].code not in gate
    for number in range(4):
        assert client.get(f"{address}?change={number}").status_code == 200
    for odd in ("99", "-1", "x", "9" * 5000):
        assert client.get(f"{address}?change={odd}").status_code == 404


def test_new_deals_begin_in_the_new_version_and_old_ones_keep_theirs(deals, cast, as_user) -> None:
    old = queries.current_pipeline("direct")
    version = publish(cast, draft_with(cast, without_screening))
    assert version.version == 4
    assert queries.current_pipeline("direct").id == version.id
    assert not db.session.get(PipelineVersion, old.id, populate_existing=True).current
    assert {deal.pipeline_id for deal in deals.values()} == {old.id}
    young = factories.deal(cast["manager"], name="young")
    assert young.pipeline_id == version.id
    factories.advance(deals["pool"], cast["manager"], "screening")
    client = as_user("manager")
    page = client.get("/board").text
    assert 'data-stage="screening"' in page
    for deal in (*deals.values(), young):
        assert client.get(f"/deals/{deal.id}").status_code == 200


def test_publishing_is_in_the_audit_trail_in_words(deals, cast, as_user) -> None:
    version = publish(cast, draft_with(cast, without_screening))
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.object_type == "pipeline")
    ).one()
    before, after = json.loads(entry.before), json.loads(entry.after)
    assert before["stages.screening"] == "初筛" and "stages.screening" not in after
    assert after["stages.lead.target_days"] == "1"
    assert after["conditions.pool.trl"] == "成熟度"
    page = as_user("admin").get("/audit?object=pipeline").text
    assert "发布流程版本" in page and "阶段 · lead · 目标天数" in page
    assert entry.object_id == version.id


def test_a_draft_that_says_nothing_new_or_is_old_is_not_published(app, cast, as_user) -> None:
    row = draft_with(cast, lambda draft: None)
    client = as_user("admin")
    answer = client.post(f"{SETTINGS}/drafts/{row.id}/publish", data={"version": row.version})
    assert answer.status_code == 422
    row = draft_with(cast, lambda draft: draft.update(zh="直投"))
    stale = client.post(f"{SETTINGS}/drafts/{row.id}/publish", data={"version": 1})
    assert stale.status_code == 409
    form = {"version": row.version, "then": "carry"}
    answer = client.post(f"{SETTINGS}/drafts/{row.id}/publish", data=form)
    assert answer.status_code == 302 and answer.location.endswith("/carry")
    assert queries.pipeline_of(queries.current_pipeline("direct")).zh == "直投"


def test_the_stages_to_map_do_not_tell_where_deals_stand(deals, cast) -> None:
    row = draft_with(cast, without_screening)
    definition = drafts.finished(json.loads(row.definition))
    assert [s["key"] for s in flows.stages_to_map("direct", definition)] == ["screening"]


def test_nobody_else_gets_at_versions(app, cast) -> None:
    """One version is in force, whatever else happens."""
    with pytest.raises(sa.exc.IntegrityError), unit_of_work("seed"):
        row = PipelineVersion(key="direct", version=9, definition="{}", current=True)
        db.session.add(row)
        db.session.flush()
    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(StageEvent)) == 0


def test_pipelines_keep_their_order_when_one_is_published_anew(deals, cast) -> None:
    before = [flow.key for flow in queries.current_pipelines()]
    publish(cast, draft_with(cast, without_screening))
    assert [flow.key for flow in queries.current_pipelines()] == before == ["direct", "subfund"]
