"""The funnel counts what the events say: compared with a plain model, on pages and in files."""

import csv
import datetime as dt
import io
import re
import zipfile
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.calendar import CHINA
from portfolio.kernel.errors import InputError
from portfolio.pipeline import funnel_queries, operations, queries, undo_operations
from portfolio.pipeline.cohorts import cohort_keys, cohort_of
from portfolio.pipeline.funnel import (
    Happened,
    Ledger,
    asked_deals,
    first_day,
    funnel_of,
    nearest_rank,
)
from portfolio.pipeline.models import Deal, StageEvent
from portfolio.pipeline.spine import spine
from portfolio.pipeline.stages import Move, Stage
from tests import factories
from tests.pipeline.test_spine import CALENDAR, WORKING

DAY = dt.timedelta(days=1)
BEGIN = dt.date(2025, 1, 1)
KEYS = [stage.key for stage in CALENDAR.stages]
REASONS = ("", "r_market_small", "r_team_integrity")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KEYS[:5]),
        st.sampled_from(["active", "active", "active", "on_hold", "rejected"]),
        st.integers(0, 40),
        st.sampled_from(REASONS),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=12,
)


def way(steps) -> list[SimpleNamespace]:
    """Events with some of them taken back at once, as both readers take them."""
    events, day, number = [], BEGIN, 0
    for stage, status, days, reason, undone in steps:
        day += days * DAY
        number += 1
        event = {
            "id": number,
            "to_stage": stage,
            "to_status": status,
            "happened_at": dt.datetime.combine(day, dt.time(4), dt.UTC),
            "reason_code": reason,
            "undoes_id": None,
            "from_stage": None,
            "overridden": "",
            "other_reasons": "",
        }
        events.append(SimpleNamespace(**event))
        if undone and number > 1:
            number += 1
            events.append(SimpleNamespace(**event | {"id": number, "undoes_id": number - 1}))
    return events


def taken(*ways: list[SimpleNamespace]) -> Ledger:
    ledger = Ledger()
    for number, events in enumerate(ways, 1):
        rows = [
            Happened(
                e.id,
                e.to_stage,
                e.to_status,
                e.happened_at.date().toordinal(),
                e.reason_code,
                e.undoes_id,
            )
            for e in events
        ]
        ledger.take(number, rows)
    return ledger


def modelled(pipeline, events):
    """Reached stages, finished stays and the end of one deal, as its spine tells them."""
    stretches = spine(pipeline, events, BEGIN)[::-1]
    stays, run = [], []
    for stretch in [*stretches, None]:
        if run and (stretch is None or stretch.stage.key != run[0].stage.key):
            stays.append((run[0].stage.key, sum(s.days for s in run if s.active)))
            run = []
        run.append(stretch)
    return {key for key, _ in stays}, stays[:-1], stretches[-1]


def model(pipeline, ways):
    told = [modelled(pipeline, events) for events in ways]
    rows = {}
    for before, key in zip([None, *KEYS], KEYS, strict=False):
        lengths = sorted(days for _, stays, _ in told for k, days in stays if k == key)
        reached = sum(key in seen for seen, _, _ in told)
        source = [seen for seen, _, _ in told if before in seen]
        share = [key in seen for seen in source]
        ends = [last for _, _, last in told if last.stage.key == key]
        rows[key] = {
            "reached": reached,
            "before": round_half_up(sum(share), len(share)),
            "start": round_half_up(reached, len(told)),
            "stays": len(lengths),
            "median": lengths[-(-len(lengths) // 2) - 1] if lengths else None,
            "p90": lengths[-(-9 * len(lengths) // 10) - 1] if lengths else None,
            "here": sum(end.active for end in ends),
            "rests": sum(not end.active for end in ends),
        }
    return rows


def round_half_up(part: int, whole: int) -> int | None:
    return int(1000 * part / whole + 0.5) if whole else None


@given(st.lists(STEPS, max_size=12), st.sampled_from([CALENDAR, WORKING]))
def test_the_funnel_is_that_of_a_plain_model(steps, pipeline) -> None:
    ways = [way(part) for part in steps]
    found = funnel_of(taken(*ways), list(range(1, len(ways) + 1)), pipeline, {})
    assert found.entered == len(ways) and found.working == pipeline.working
    assert {
        row.stage.key: {
            "rests": sum(rest.count for rest in row.rests),
            **{
                name: getattr(row, name)
                for name in ("reached", "before", "start", "stays", "median", "p90", "here")
            },
        }
        for row in found.rows
    } == model(pipeline, ways)


@given(st.lists(STEPS, min_size=1, max_size=8))
def test_behind_each_number_are_just_so_many_deals(steps) -> None:
    ledger = taken(*map(way, steps))
    ids = list(ledger.ways)
    for row in funnel_of(ledger, ids, CALENDAR, {}).rows:
        assert len(asked_deals(ledger, ids, "reached", row.stage.key)) == row.reached
        assert len(asked_deals(ledger, ids, "here", row.stage.key)) == row.here
        assert bool(asked_deals(ledger, ids, "left", row.stage.key)) == bool(row.stays)
        for rest in row.rests:
            assert len(asked_deals(ledger, ids, rest.status, row.stage.key)) == rest.count


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 100))
def test_nearest_rank_takes_a_value_that_occurs(values, percent) -> None:
    found = nearest_rank({v: values.count(v) for v in values}, percent)
    if not values:
        assert found is None
        return
    assert found in values
    assert 100 * sum(v <= found for v in values) >= percent * len(values)
    assert 100 * sum(v < found for v in values) < percent * len(values)


@given(st.dates(dt.date(1995, 1, 1), dt.date(2190, 12, 31)))
def test_each_day_is_in_one_year_one_half_and_one_quarter(day) -> None:
    keys = [f"{day.year}{part}" for part in ("", "H1", "H2", "Q1", "Q2", "Q3", "Q4")]
    inside = [key for key in keys if cohort_of(key).start <= day <= cohort_of(key).end]
    assert len(inside) == 3 and inside[0] == str(day.year)
    assert set(cohort_keys(day, day)) == set(inside)


@pytest.mark.parametrize("key", ["2026X1", "2026Q5", "2026H0", "99", "0000", "２０２６", "2026Q12"])
def test_any_other_word_is_no_time(key) -> None:
    with pytest.raises(InputError, match=r"cohort.unknown"):
        cohort_of(key)


def test_a_stage_that_only_older_versions_have_stands_at_its_place_with_its_title() -> None:
    first = way([("lead", "active", 0, "", False), ("dd", "active", 3, "", False)])
    first[1].to_stage = "probe"
    ledger = taken(first)
    probe = Stage("probe", "探针", "Probe", 3, None, None, "", "")
    in_order = {stage.key: stage for stage in (*CALENDAR.stages[:2], probe, *CALENDAR.stages[2:])}
    for others, place, title in ((in_order, 2, "探针"), ({}, -1, "probe")):
        row = funnel_of(ledger, [1], CALENDAR, others).rows[place]
        assert (row.stage.zh, row.reached, row.before, row.here) == (title, 1, None, 1)


def test_what_an_administrator_carried_reached_and_finished_nothing_and_keeps_its_reason() -> None:
    events = [
        Happened(1, "lead", "active", 10, "", None),
        Happened(2, "pool", "active", 12, "", None),
        Happened(3, "pool", "on_hold", 15, "h_wait_data", None),
        Happened(4, "dd", "on_hold", 20, "", None, carried=True),
    ]
    ledger = Ledger()
    ledger.take(1, events)
    rows = {row.stage.key: row for row in funnel_of(ledger, [1], CALENDAR, {}).rows}
    assert [rows[key].reached for key in ("lead", "pool", "dd")] == [1, 1, 0]
    assert [rows[key].stays for key in ("lead", "pool", "dd")] == [1, 0, 0]
    (rest,) = rows["dd"].rests
    assert (rest.status, rest.reasons) == ("on_hold", (("h_wait_data", 1),))


def test_a_deal_carried_twice_or_moved_on_since_stays_in_the_funnel() -> None:
    events = [
        Happened(1, "lead", "active", 10, "", None),
        Happened(2, "gone", "active", 12, "", None, carried=True),
        Happened(3, "gone", "rejected", 15, "r_stage", None),
    ]
    ledger = Ledger()
    ledger.take(1, events)
    ledger.take(2, [*events[:2], Happened(4, "dd", "active", 20, "", None)])
    rows = {row.stage.key: row for row in funnel_of(ledger, [1, 2], CALENDAR, {}).rows}
    assert rows["gone"].reached == rows["gone"].stays == 0
    assert [rest.count for rest in rows["gone"].rests] == [1]
    assert (rows["dd"].reached, rows["dd"].here) == (1, 1)


OPENED = dt.datetime(2026, 1, 5, 4, tzinfo=dt.UTC)


@pytest.fixture
def deals(cast) -> list[Deal]:
    """One that went on, one on hold in between, one rejected, one walled and one of last year."""
    manager = cast["manager"]
    on, held, rejected = (factories.deal(manager, OPENED) for _ in range(3))
    walled = factories.deal(cast["colleague"], OPENED, walled=True)
    early = factories.deal(manager, OPENED - 30 * DAY)
    factories.advance(on, manager, now=OPENED + 7 * DAY)
    for at, move in (
        (2, Move("hold", **factories.WHY_HELD, revisit_on=dt.date(2026, 2, 1))),
        (9, Move("resume")),
    ):
        with unit_of_work("deal.move", manager):
            operations.move(held, move, manager, OPENED + at * DAY)
    factories.advance(held, manager, now=OPENED + 10 * DAY)
    with unit_of_work("deal.move", manager):
        move = Move("reject", **factories.WHY_NOT)
        operations.move(rejected, move, manager, OPENED + 3 * DAY)
    return [on, held, rejected, walled, early]


def rows_of(answer) -> dict[str, dict[str, str]]:
    text = answer.get_data().decode("utf-8-sig")
    return {row["阶段"]: row for row in csv.DictReader(io.StringIO(text))}


def test_the_page_and_the_file_say_the_same_of_the_deals_one_may_see(as_user, deals) -> None:
    client = as_user("manager")
    page = client.get("/funnel?cohort=2026Q1").text
    assert "2026 年第 1 季度" in page and "天数按工作日" in page and "style=" not in page
    lead = rows_of(client.get("/funnel.csv?cohort=2026Q1"))["线索"]
    assert (lead["到达项目数"], lead["目前在此"], lead["否决"]) == ("3", "0", "1")
    assert lead["停留中位数（工作日）"] == "3" and lead["停留90分位（工作日）"] == "5"
    assert lead["主要原因"] == "市场小 1"
    pool = rows_of(client.get("/funnel.csv?cohort=2026Q1"))["项目库"]
    assert (pool["到达项目数"], pool["较上一阶段转化%"], pool["目前在此"]) == ("2", "66.7", "2")
    first = page.split('<th scope="row">线索</th>')[1].split("</tr>")[0]
    assert re.findall(r">(\d+)<", first)[0] == "3" and "市场小 1" in first
    assert rows_of(client.get("/funnel.csv"))["线索"]["到达项目数"] == "4"
    other = as_user("colleague")
    assert ">5</a>" in other.get("/funnel").text.split("立卡")[1]
    own = other.get("/funnel.csv")
    assert rows_of(own)["线索"]["到达项目数"] == "1", "a manager takes home the team's own deals"
    assert "1-of-5" in own.headers["Content-Disposition"]


def test_behind_a_number_stand_its_deals_and_no_hidden_one(as_user, deals) -> None:
    client = as_user("manager")
    on, held, rejected, walled, early = deals
    shown = client.get("/funnel/deals?what=reached&stage=pool&cohort=2026Q1").text
    assert on.name in shown and held.name in shown and rejected.name not in shown
    everything = client.get("/funnel/deals").text
    assert early.name in everything and walled.name not in everything
    assert walled.name in as_user("colleague").get("/funnel/deals").text
    assert rejected.name in client.get("/funnel/deals?what=rejected&stage=lead").text
    for path in ("what=odd", "what=reached", "what=reached&stage=odd", "pipeline=odd"):
        assert client.get(f"/funnel/deals?{path}").status_code == 404
    assert "没有对应的项目" in client.get("/funnel/deals?what=here&stage=exit").text
    assert "该时间段没有立卡项目" in client.get("/funnel?cohort=1999").text
    wrong = client.get("/funnel?cohort=bogus")
    assert wrong.status_code == 422 and "没有“bogus”这个时间段" in wrong.text
    assert 'aria-describedby="cohort-err"' in wrong.text and "<table" not in wrong.text
    for path in ("/funnel/deals?", "/funnel.csv?", "/funnel.xlsx?"):
        assert client.get(f"{path}cohort=bogus").status_code == 404, path


def test_the_ledger_follows_the_log_and_what_is_taken_back(as_user, cast, deals) -> None:
    client, manager, on = as_user("manager"), cast["manager"], deals[0]
    at = dt.datetime.now(dt.UTC)

    def reached(stage: str) -> str:
        return rows_of(client.get("/funnel.csv"))[stage]["到达项目数"]

    assert reached("初筛") == "0"
    factories.ready(on, manager, now=at)
    with unit_of_work("deal.move", manager):
        act = undo_operations.move(on, Move("forward"), manager, at)
    assert reached("初筛") == "1"
    kept = funnel_queries.ledger()
    factories.deal(manager)
    assert funnel_queries.ledger() is kept and reached("线索") == "5"
    client.post(f"/acts/{act.id}/undo", data={})
    assert reached("初筛") == "0"
    with unit_of_work("deal.delete", manager):
        undo_operations.delete(on, manager, at)
    assert reached("线索") == "4"


def test_an_event_that_was_committed_late_is_not_overlooked(app, cast) -> None:
    one, other = (factories.deal(cast["manager"], OPENED) for _ in range(2))
    last = db.session.scalar(sa.select(sa.func.max(StageEvent.id)))

    def moved(deal: Deal, number: int) -> None:
        at = OPENED + DAY
        said = {"from_stage": "lead", "to_stage": "pool", "happened_at": at, "recorded_at": at}
        said |= {"from_status": "active", "to_status": "active", "kind": "forward"}
        with unit_of_work("deal.move"):
            db.session.add(StageEvent(id=number, deal_id=deal.id, **said))

    moved(one, last + 9)
    assert "pool" in funnel_queries.ledger().ways[one.id].shape.reached
    moved(other, last + 5)
    moved(factories.deal(cast["manager"], OPENED), last + 20)
    assert "pool" in funnel_queries.ledger().ways[other.id].shape.reached


def test_an_export_is_in_the_trail_and_needs_the_right(as_user, deals) -> None:
    client = as_user("manager")
    book = client.get("/funnel.xlsx?cohort=2026")
    with zipfile.ZipFile(io.BytesIO(book.get_data())) as parts:
        sheets = "".join(parts.read(name).decode() for name in parts.namelist() if "sheet" in name)
    assert "2026 年" in sheets and "Manager" in sheets and "项目库" in sheets
    db.session.expire_all()
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.object_type == "funnel")
    ).one()
    assert entry.action == "deal.export" and "cohort=2026" in str(entry.after)
    assert as_user("reader").get("/funnel.csv").status_code == 403
    assert client.get("/funnel/export-share").status_code == 200


def test_the_model_of_the_ledger_counts_with_the_calendar(cast, deals) -> None:
    ledger = funnel_queries.ledger()
    on = deals[0]
    (code,) = ledger.ways[on.id].working
    day = OPENED.date()
    assert code % 1_000_000 == CHINA.working_days_between(day, day + 7 * DAY)
    assert first_day(ledger, [d.id for d in deals]) == day - 30 * DAY
    assert queries.pipelines()[on.pipeline_id].working
