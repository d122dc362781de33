"""Before a version is in force one sees whom it touches; afterwards deals keep theirs, or come along."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.flows import drafts, operations
from portfolio.flows import queries as flows
from portfolio.flows.models import PipelineDraft
from portfolio.kernel.errors import InputError
from portfolio.people import operations as people
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal, PipelineVersion, StageEvent
from portfolio.pipeline.stages import Move
from tests import factories
from tests.conftest import NOW

LATER = NOW + dt.timedelta(days=3)
SETTINGS = "/settings/pipelines"


@pytest.fixture
def deals(app, cast) -> dict[str, Deal]:
    """Deals in the first stages, one of them walled, one at its end."""
    manager = cast["manager"]
    found = {name: factories.deal(manager, name=name) for name in ("lead", "pool", "walled")}
    factories.advance(found["pool"], manager, "pool")
    found["screening"] = factories.deal(manager, name="screening")
    factories.advance(found["screening"], manager, "pool", "screening")
    found["refused"] = factories.deal(manager, name="refused")
    with unit_of_work("deal.move", manager):
        pipeline.set_wall(found["walled"], True, manager, NOW)
        move = Move("reject", reason_code="r_exit", note="退出路径不清晰，暂不考虑")
        pipeline.move(found["refused"], move, manager, NOW)
    return found


def draft_with(
    cast, change: Callable[[dict[str, Any]], None], key: str = "direct"
) -> PipelineDraft:
    with unit_of_work("pipeline.begin", cast["admin"]):
        row = operations.begin(queries.current_pipeline(key), cast["admin"], NOW)
        draft = json.loads(row.definition)
        change(draft)
        operations.save(row, draft, "stages", row.version, cast["admin"], NOW)
    return row


def without_screening(draft: dict[str, Any]) -> None:
    draft["stage"] = [row for row in draft["stage"] if row["key"] != "screening"]
    for row in draft["checklist"]:
        if row["stage"] == "screening":
            row["stage"] = "initiation"
    draft["stage"][0] |= {"target_days": 1, "warn_days": 2}
    number = drafts.next_id(draft)
    needs = {"field": "deal.trl"}
    row = {"_id": number, "key": "trl", "zh": "成熟度", "en": "Readiness", "needs": needs}
    draft["stage"][1]["condition"].append(row)


def publish(cast, row: PipelineDraft, mapping=None) -> tuple[PipelineVersion, int]:
    with unit_of_work("pipeline.publish", cast["admin"]):
        return operations.publish(row, row.version, mapping, cast["admin"], LATER)


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
    assert client.get(f"{address}?change=99").status_code == 404


def test_new_deals_begin_in_the_new_version_and_old_ones_keep_theirs(deals, cast, as_user) -> None:
    old = queries.current_pipeline("direct")
    version, moved = publish(cast, draft_with(cast, without_screening))
    assert (version.version, moved) == (4, 0)
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


def test_open_deals_are_carried_over_all_or_none(deals, cast, as_user) -> None:
    entered = {name: deal.stage_entered_at for name, deal in deals.items()}
    row = draft_with(cast, without_screening)
    with pytest.raises(InputError, match=r"carry\.unmapped"):
        publish(cast, row, {})
    assert queries.current_pipeline("direct").version == 3
    version, moved = publish(cast, db.session.get(PipelineDraft, row.id), {"screening": "pool"})
    assert moved == 4
    for name in ("lead", "pool", "walled", "screening"):
        deal = db.session.get(Deal, deals[name].id, populate_existing=True)
        assert deal.pipeline_id == version.id
        event = queries.history(deal.id)[-1]
        assert (event.kind, event.to_stage, event.to_status) == ("carry", deal.stage, deal.status)
        if name == "screening":
            assert deal.stage == "pool" and event.from_stage == "screening"
            assert deal.stage_entered_at == LATER
        else:
            assert deal.stage_entered_at == entered[name]
    assert deals["refused"].pipeline_id != version.id
    client = as_user("manager")
    page = client.get(f"/deals/{deals['screening'].id}").text
    assert "转入新版流程" in page and "初筛" in page
    assert client.get("/").status_code == 200 and client.get("/board").status_code == 200
    assert client.get("/digests/preview/content").status_code in (200, 404)
    moment = f"/deals/{deals['screening'].id}?as_of=2026-11-24"
    assert client.get(moment).status_code == 200
    factories.advance(deals["screening"], cast["manager"])
    assert deals["screening"].stage == "initiation"


def test_publishing_is_in_the_audit_trail_in_words(deals, cast, as_user) -> None:
    version, _ = publish(cast, draft_with(cast, without_screening))
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
    form = {"version": row.version, "carry": "1"}
    assert client.post(f"{SETTINGS}/drafts/{row.id}/publish", data=form).status_code == 302
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


def test_deals_can_be_carried_over_later(deals, cast, as_user) -> None:
    version, _ = publish(cast, draft_with(cast, without_screening))
    client = as_user("admin")
    address = f"{SETTINGS}/versions/{version.id}/carry"
    assert address in client.get(SETTINGS).text
    assert client.get(address).status_code == 200
    assert client.post(address, data={"map-screening": ""}).status_code == 422
    assert db.session.get(Deal, deals["lead"].id, populate_existing=True).pipeline_id != version.id
    old = flows.versions("direct")[-1]
    refused = client.post(f"{SETTINGS}/versions/{old.id}/carry", data={"map-screening": "pool"})
    assert refused.status_code == 422
    assert client.post(address, data={"map-screening": "initiation"}).status_code == 302
    assert db.session.get(Deal, deals["screening"].id, populate_existing=True).stage == "initiation"
    assert address not in client.get(SETTINGS).text


def test_pipelines_keep_their_order_when_one_is_published_anew(deals, cast) -> None:
    before = [flow.key for flow in queries.current_pipelines()]
    publish(cast, draft_with(cast, without_screening))
    assert [flow.key for flow in queries.current_pipelines()] == before == ["direct", "subfund"]


def test_a_deal_at_rest_is_not_carried_to_where_it_could_never_go_on(deals, cast) -> None:
    manager = cast["manager"]
    with unit_of_work("deal.move", manager):
        soon = (NOW + dt.timedelta(days=20)).date()
        pipeline.move(
            deals["lead"], Move("hold", **factories.WHY_HELD, revisit_on=soon), manager, NOW
        )

    def without_hold(draft: dict[str, Any]) -> None:
        draft["moves"] = [m for m in draft["moves"] if m["key"] not in {"hold", "resume"}]

    row = draft_with(cast, without_hold)
    with pytest.raises(InputError, match=r"carry\.stuck"), unit_of_work("publish", cast["admin"]):
        operations.publish(row, row.version, {}, cast["admin"], LATER)
    db.session.expire_all()
    assert queries.current_pipeline("direct").version == 3 and deals["lead"].status == "on_hold"
