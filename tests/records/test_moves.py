"""A move is taken back by an event of its own: as if it had not been, days and all."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.digest import content_queries
from portfolio.extensions import db, unit_of_work
from portfolio.journal.models import Act
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.pipeline import desk_queries, operations, queries, undo_operations
from portfolio.pipeline.happened import happened
from portfolio.pipeline.models import Deal, StageEvent
from portfolio.pipeline.spine import spine
from portfolio.pipeline.stages import Move
from tests import factories
from tests.records.test_taking_back import JSON, last_act, undo

NOW = dt.datetime.now(dt.UTC)
LONG_AGO = NOW - dt.timedelta(days=40)
WAN = 10**6


@pytest.fixture
def deal(cast) -> Deal:
    return factories.deal(cast["manager"], LONG_AGO, terms={"amount_fen": 800 * WAN})


def move(deal, actor, kind, **given):
    if kind == "forward":
        factories.ready(deal, actor, now=NOW)
    with unit_of_work("deal.move", actor):
        return undo_operations.move(deal, Move(kind, **given), actor, NOW)


SOON = local_date(NOW) + dt.timedelta(days=20)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("forward", {}),
        ("hold", {**factories.WHY_HELD, "revisit_on": SOON}),
        ("reject", factories.WHY_NOT),
        ("withdraw", {**factories.WHY_NOT, "withdrawn_by": "company"}),
    ],
)
def test_a_move_taken_back_leaves_the_deal_as_it_was(as_user, cast, deal, kind, given) -> None:
    kept = ("stage", "status", "stage_entered_at", "revisit_on", "withdrawn_by")
    before = [getattr(deal, name) for name in kept]
    move(deal, cast["manager"], kind, **given)
    answer = undo(as_user("manager"))
    assert answer.status_code == 200 and answer.json["message"] == "已撤销。"
    found = db.session.get_one(Deal, deal.id)
    assert [getattr(found, name) for name in kept] == before
    events = queries.history(deal.id)
    assert [e.kind for e in events] == ["open", kind, "undo"]
    assert events[-1].undoes_id == events[1].id
    stretches = spine(queries.pipelines()[found.pipeline_id], events, local_date(NOW))
    assert [s.event.kind for s in stretches] == ["open"] and stretches[0].ongoing


def test_a_hold_taken_back_after_a_hold_keeps_the_first_ones_day(as_user, cast, deal) -> None:
    move(deal, cast["manager"], "hold", **factories.WHY_HELD, revisit_on=SOON)
    move(deal, cast["manager"], "resume")
    undo(as_user("manager"))
    assert db.session.get_one(Deal, deal.id).revisit_on == SOON


def test_only_the_latest_move_is_taken_back_and_the_refusal_says_who_moved_since(
    as_user, cast, deal
) -> None:
    move(deal, cast["manager"], "forward")
    act = last_act()
    move(deal, cast["partner"], "forward")
    answer = undo(as_user("manager"), act)
    assert answer.status_code == 409 and "Partner" in answer.json["message"]
    assert db.session.get_one(Deal, deal.id).stage == "screening"
    assert undo(as_user("partner")).status_code == 200
    assert undo(as_user("manager"), act).status_code == 200, "nothing stands after it any more"
    db.session.expire_all()
    assert db.session.get_one(Deal, deal.id).stage == "lead"


def test_an_edit_in_between_does_not_stand_in_the_way(as_user, cast, deal) -> None:
    move(deal, cast["manager"], "forward")
    act = last_act()
    with unit_of_work("deal.change", cast["partner"]):
        operations.change(deal, {"next_step": "访谈"}, cast["partner"], NOW)
    assert undo(as_user("manager"), act).status_code == 200
    found = db.session.get_one(Deal, deal.id)
    assert (found.stage, found.next_step) == ("lead", "访谈")


def test_the_mover_or_a_partner_takes_a_move_back(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], team=[cast["colleague"].id])
    move(deal, cast["manager"], "forward")
    for name in ("colleague", "outsider", "compliance", "reader"):
        assert undo(as_user(name)).status_code == 404, name
    assert undo(as_user("partner")).status_code == 200


def test_two_undos_of_one_move_make_one_event(cast, deal) -> None:
    move(deal, cast["manager"], "forward")
    event = queries.history(deal.id)[-1]
    before = {"entered": NOW.isoformat(), "revisit": None, "withdrawn_by": ""}
    act, payload = db.session.query(Act).one(), {"moves": [[event.id, before]]}
    for _ in range(2):
        try:
            with unit_of_work("act.undo", cast["manager"]):
                undo_operations.check_moves(act, payload, cast["manager"])
                undo_operations.undo_moves(act, payload, cast["manager"], NOW)
        except InputError:
            db.session.expire_all()
    undone = sa.select(StageEvent).where(StageEvent.undoes_id == event.id)
    assert len(db.session.scalars(undone).all()) == 1
    with pytest.raises(sa.exc.IntegrityError), unit_of_work("cheat"):
        db.session.add(
            StageEvent(
                deal_id=deal.id,
                kind="undo",
                to_stage="lead",
                to_status="active",
                happened_at=NOW,
                recorded_at=NOW,
                undoes_id=event.id,
            )
        )


def test_desk_and_digest_do_not_tell_what_was_taken_back(as_user, cast, deal) -> None:
    factories.ready(deal, cast["manager"], now=NOW)
    start = NOW - dt.timedelta(minutes=1)
    move(deal, cast["manager"], "forward")
    moved = dt.datetime.now(dt.UTC)
    undo(as_user("manager"))
    end = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    user = cast["partner"]
    moves = desk_queries.recent_moves(user, NOW - dt.timedelta(hours=1))
    assert [event.kind for event, _ in moves] == []
    assert not content_queries.one_part(user, "moves", start, end).total
    assert content_queries.one_part(user, "moves", start, moved).total == 1
    later = content_queries.one_part(user, "moves", moved, end)
    assert later.total == 1, "what an earlier digest told is told to be no longer so"


def test_happened_keeps_what_was_not_taken_back() -> None:
    class Event:
        def __init__(self, id, undoes_id=None):
            self.id, self.undoes_id = id, undoes_id

    events = [Event(1), Event(2), Event(3, 2), Event(4), Event(9, 7)]
    assert [e.id for e in happened(events)] == [1, 4, 9]


def test_the_answer_of_a_move_holds_the_card_and_every_columns_count_and_sum(
    as_user, cast, deal
) -> None:
    factories.deal(cast["manager"], terms={"amount_fen": 200 * WAN})
    factories.ready(deal, cast["manager"], now=NOW)
    client = as_user("manager")
    said = client.post(
        f"/deals/{deal.id}/moves",
        data=factories.seen(deal, to_stage="pool"),
        headers=JSON,
    ).json
    assert said["columns"]["pool"]["count"] == said["columns"]["lead"]["count"] == 1
    assert ">800万<" in said["columns"]["pool"]["sum"]
    assert ">200万<" in said["columns"]["lead"]["sum"]
    assert said["total"] == "2 个在办" and "1,000万" in said["planned"]
    assert 'class="kcard"' in said["card"] and "0 个工作日" in said["card"]
    assert client.post(said["undo"], headers=JSON).status_code == 200
    now = client.get(f"/board/cards/{deal.id}").json
    assert now["stage"] == "lead" and ">1,000万<" in now["columns"]["lead"]["sum"]
    assert now["columns"]["pool"] == {"count": 0, "sum": "", "held": ""}
    reader = as_user("reader").get(f"/board/cards/{deal.id}").json
    assert reader["columns"]["lead"]["sum"] == "" and "800万" not in reader["card"]


def test_a_walled_card_is_not_there_for_others(as_user, cast) -> None:
    deal = factories.deal(cast["manager"], walled=True)
    for name in ("partner", "reader", "outsider"):
        assert as_user(name).get(f"/board/cards/{deal.id}").status_code == 404
