"""Compliance opens a confidential deal: with a reason, for a while, known to its team and the trail."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline import operations
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import DealGrant, GrantKind
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DOOR = "/deals/confidential"
REASON = "核查利益冲突申报的真实性"


@pytest.fixture
def deal(cast):
    return factories.deal(
        cast["manager"], NOW, name="金丝雀一号", walled=True, team=[cast["colleague"].id]
    )


def test_the_deal_opens_to_the_one_who_gave_a_reason(as_user, cast, deal) -> None:
    client = as_user("compliance")
    assert client.get(f"/deals/{deal.id}").status_code == 404
    answer = client.post(DOOR, data={"code": deal.code.lower(), "reason": REASON})
    assert answer.status_code == 302 and answer.location.endswith(f"/deals/{deal.id}")
    page = client.get(answer.location).text
    assert "金丝雀一号" in page and "该保密项目对您开放至" in page
    assert as_user("partner").get(f"/deals/{deal.id}").status_code == 404


def test_its_team_is_told_on_the_desk_and_the_trail_keeps_it(as_user, cast, deal) -> None:
    as_user("compliance").post(DOOR, data={"code": deal.code, "reason": REASON})
    for member in ("manager", "colleague"):
        desk = as_user(member).get("/").text
        assert REASON in desk and cast["compliance"].name in desk
    actions = set(
        db.session.scalars(sa.select(AuditEntry.action).where(AuditEntry.deal_id == deal.id))
    )
    assert "deal.break_glass" in actions
    history = as_user("manager").get(f"/records/deal/{deal.id}/history").text
    assert history.count(REASON) == 2, "once as the reason, once in the task that all are given"


def test_the_same_form_sent_twice_tells_the_team_once(as_user, cast, deal) -> None:
    for _ in range(2):
        as_user("compliance").post(DOOR, data={"code": deal.code, "reason": REASON})
    assert as_user("manager").get("/").text.count(REASON) == 1


def test_it_closes_again_by_itself(as_user, cast, deal) -> None:
    client = as_user("compliance")
    client.post(DOOR, data={"code": deal.code, "reason": REASON})
    with unit_of_work("seed"):
        db.session.execute(sa.update(DealGrant).values(until=NOW - dt.timedelta(seconds=1)))
    assert client.get(f"/deals/{deal.id}").status_code == 404
    assert deal.code not in client.get("/deals").text
    client.post(DOOR, data={"code": deal.code, "reason": REASON})
    assert client.get(f"/deals/{deal.id}").status_code == 200


@pytest.mark.parametrize("reason", ["", "查一下", " " * 20])
def test_a_reason_is_needed(as_user, deal, reason) -> None:
    answer = as_user("compliance").post(DOOR, data={"code": deal.code, "reason": reason})
    assert answer.status_code == 422
    assert "至少" in answer.text and deal.code in answer.text


def test_asking_for_what_is_not_there_tells_nothing(as_user, cast, deal) -> None:
    plain = factories.deal(cast["manager"], NOW)
    recused = factories.deal(cast["manager"], NOW, walled=True)
    with unit_of_work("deal.grant"):
        operations.grant(recused, cast["compliance"].id, GrantKind.RECUSED, NOW, "亲属")
    client = as_user("compliance")
    said = {
        client.post(DOOR, data={"code": code, "reason": REASON}).text.replace(code, "…")
        for code in ("P2026-99999", plain.code, recused.code)
    }
    assert len(said) == 1
    assert not sight.may(cast["compliance"], "deal.read", recused)
    assert db.session.scalar(sa.select(sa.func.count()).where(DealGrant.kind == "opened")) == 0


@pytest.mark.parametrize("name", ["partner", "manager", "reader", "admin", "committee"])
def test_nobody_else_has_this_door(as_user, deal, name) -> None:
    sent = {"code": deal.code, "reason": REASON}
    assert as_user(name).post(DOOR, data=sent).status_code == 403
