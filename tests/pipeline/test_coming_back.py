"""A deal on hold comes back by itself on its day: once, whoever looks, or it is said why not."""

import datetime as dt
import json
import threading

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.digest import content_queries
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.calendar import CHINA
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.kernel.errors import InputError
from portfolio.pipeline import hold_operations, operations, queries, undo_operations
from portfolio.pipeline.carry_operations import carry
from portfolio.pipeline.models import Deal, PipelineVersion, StageEvent
from portfolio.pipeline.stages import Move
from tests import factories

DAY = dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    """When the test begins: the file was read before, perhaps on the day before."""
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def today(now) -> dt.date:
    """The day on which the test begins."""
    return local_date(now)


@pytest.fixture
def held(cast, now, today):
    """Makes a deal of the manager's that is on hold since ten days ago."""

    def make(revisit_on: dt.date = today, owner: str = "manager") -> Deal:
        deal = factories.deal(cast[owner], now - 20 * DAY)
        with unit_of_work("deal.move", cast[owner]):
            move = Move("hold", **factories.WHY_HELD, revisit_on=revisit_on)
            operations.move(deal, move, cast[owner], now - 10 * DAY)
        return deal

    return make


def events(deal: Deal) -> list[StageEvent]:
    db.session.expire_all()
    return list(queries.history(deal.id))


def test_it_comes_back_once_by_the_system_and_the_trail_says_so(app, held, today, now) -> None:
    deal, later = held(), held(today + 2 * DAY)
    run = app.test_cli_runner().invoke(args=["deals", "return-held", "--json"])
    assert run.exit_code == 0 and json.loads(run.stdout)["returned"] == [deal.code]
    assert "nothing due" in app.test_cli_runner().invoke(args=["deals", "return-held"]).stdout
    last = events(deal)[-1]
    assert (last.kind, last.from_status, last.to_status) == ("resume", "on_hold", "active")
    assert last.actor_id is None and len(events(deal)) == 3
    assert deal.status == "active" and deal.revisit_on is None and later.status == "on_hold"
    entries = db.session.scalars(
        sa.select(AuditEntry).where(
            AuditEntry.deal_id == deal.id, AuditEntry.action == "deal.return"
        )
    ).all()
    assert {entry.object_type for entry in entries} == {"deal", "stage_event"}
    here = queries.pipelines()[deal.pipeline_id].stage("lead")
    before = CHINA.working_days_between(today - 20 * DAY, today - 10 * DAY)
    assert here.days_since(deal.stage_entered_at, now) == before


def test_its_day_begins_at_midnight_in_shanghai(cast) -> None:
    day = dt.date(2026, 6, 10)
    opened = dt.datetime(2026, 5, 4, 4, tzinfo=dt.UTC)
    deal = factories.deal(cast["manager"], opened)
    with unit_of_work("deal.move", cast["manager"]):
        move = Move("hold", **factories.WHY_HELD, revisit_on=day)
        operations.move(deal, move, cast["manager"], opened)
    midnight = dt.datetime.combine(day, dt.time(), SHANGHAI)
    assert not hold_operations.return_held(midnight - dt.timedelta(seconds=1)).back
    assert hold_operations.return_held(midnight).back == [deal.code]


def test_the_scheduler_brings_it_back_at_its_next_look(app, held, today) -> None:
    deal = held(today - 3 * DAY)
    app.extensions["clock_work"]["held"](app)
    assert [event.kind for event in events(deal)] == ["open", "hold", "resume"]


def test_several_at_once_bring_each_deal_back_once(app, held, now) -> None:
    deals = [held() for _ in range(4)]
    codes = sorted(deal.code for deal in deals)
    db.session.commit()
    together, told, faults = threading.Barrier(3), [], []

    def look() -> None:
        with app.app_context():
            together.wait()
            try:
                told.extend(hold_operations.return_held(now).back)
            except Exception as error:
                faults.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults and sorted(told) == codes
    for deal in deals:
        assert [event.kind for event in events(deal)] == ["open", "hold", "resume"]


def test_what_was_done_before_a_crash_stays_and_the_rest_comes_next_time(
    held, monkeypatch, today, now
) -> None:
    first, second = held(today - DAY), held()
    move = operations.move

    def crash(deal: Deal, *rest, **more) -> StageEvent:
        event = move(deal, *rest, **more)
        if deal.id == second.id:
            raise RuntimeError("power cut")
        return event

    monkeypatch.setattr(operations, "move", crash)
    with pytest.raises(RuntimeError, match="power cut"):
        hold_operations.return_held(now)
    assert [len(events(deal)) for deal in (first, second)] == [3, 2]
    monkeypatch.setattr(operations, "move", move)
    assert hold_operations.return_held(now).back == [second.code]


def without_way_back(change) -> None:
    row = queries.current_pipeline("direct")
    assert row is not None
    definition = json.loads(row.definition)
    change(definition["moves"])
    with unit_of_work("pipeline.change"):
        db.session.get_one(PipelineVersion, row.id).definition = json.dumps(definition)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda moves: moves.pop("resume"), "move.no_way_back"),
        (lambda moves: moves["resume"].update(reason=True), "move.no_way_back"),
        (lambda moves: moves["resume"].update(evidence=True), "move.no_way_back"),
        (lambda moves: moves["resume"].update(permission="deal.override"), "move.no_way_back"),
        (lambda moves: moves["resume"].update(to="pool"), "move.no_way_back"),
    ],
)
def test_one_that_its_pipeline_does_not_let_back_is_reported_and_left(
    app, as_user, held, caplog, change, code, today
) -> None:
    deal = held()
    without_way_back(change)
    run = app.test_cli_runner().invoke(args=["deals", "return-held", "--json"])
    assert run.exit_code == 1 and deal.code in run.stderr
    assert json.loads(run.stdout) == {
        "returned": [],
        "refused": [{"code": deal.code, "reason": code}],
    }
    assert len(events(deal)) == 2 and deal.status == "on_hold" and deal.revisit_on == today
    for _ in range(2):
        app.extensions["clock_work"]["held"](app)
    assert sum(code in record.getMessage() for record in caplog.records) == 1
    assert "应于" in as_user("manager").get("/").text


def test_a_deleted_deal_stays_where_it_is_until_it_is_restored(cast, held, now) -> None:
    deal = held()
    with unit_of_work("deal.delete", cast["manager"]):
        undo_operations.delete(deal, cast["manager"], now)
    assert not hold_operations.return_held(now).back
    with unit_of_work("deal.restore", cast["manager"]):
        deal.deleted_at = None
    assert hold_operations.return_held(now).back == [deal.code]


def test_its_owner_sees_it_on_the_desk_until_it_is_moved_and_in_the_digest(
    as_user, cast, held, now
) -> None:
    deal, other = held(), held(owner="colleague")
    assert len(hold_operations.return_held(now).back) == 2
    client = as_user("manager")
    desk = client.get("/").text.split("等我处理")[1].split("</section>")[0]
    assert "搁置到期" in desk and deal.name in desk and other.name not in desk
    digest = content_queries.digest_for(cast["manager"], "p", now - DAY, dt.datetime.now(dt.UTC))
    (line,) = [c for c in digest.part("moves").lines if c.deal.deal_id == deal.id]
    assert line.came_back and line.deal.mine
    with unit_of_work("pipeline.carry", cast["admin"]):
        carry(
            deal, db.session.get_one(PipelineVersion, deal.pipeline_id), "pool", cast["admin"], now
        )
        carry(
            other,
            db.session.get_one(PipelineVersion, other.pipeline_id),
            "lead",
            cast["admin"],
            now,
        )
    assert "搁置到期" in client.get("/").text, "being carried is no move"
    told = content_queries.digest_for(cast["manager"], "p", now - DAY, dt.datetime.now(dt.UTC))
    (line,) = [c for c in told.part("moves").lines if c.deal.deal_id == deal.id]
    assert line.came_back and line.by == ""
    with unit_of_work("deal.move", cast["manager"]):
        operations.move(deal, Move("reject", **factories.WHY_NOT), cast["manager"], now)
    assert "搁置到期" not in client.get("/").text


def test_who_brings_it_back_by_hand_is_no_system(cast, held, now) -> None:
    deal = held()
    with unit_of_work("deal.move", cast["manager"]):
        operations.move(deal, Move("resume"), cast["manager"], now)
    assert not hold_operations.return_held(now).back
    with pytest.raises(InputError, match="not_allowed"):
        operations.move(deal, Move("resume"), None, now)


def test_one_whose_stage_its_pipeline_has_not_keeps_no_other_on_hold(
    app, cast, held, today, now
) -> None:
    broken, sound = held(today - DAY), held()
    with unit_of_work("cheat"):
        db.session.execute(sa.update(Deal).where(Deal.id == broken.id).values(stage="nowhere"))
    told = hold_operations.return_held(now)
    assert told.back == [sound.code]
    assert [code for code, _ in told.refused] == [broken.code]
