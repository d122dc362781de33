"""Meetings are planned, changed, cancelled and held; their agendas are seen as their deals are."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from portfolio.audit.models import AuditEntry
from portfolio.extensions import db, unit_of_work
from portfolio.holidays.queries import calendar
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.meetings import item_operations, operations
from portfolio.meetings.coming_queries import next_meeting_for
from portfolio.meetings.jobs import open_agendas
from portfolio.meetings.models import AgendaItem, Meeting
from portfolio.people.models import UserRole
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal, DealGrant, GrantKind
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


def working_day(ahead: int = 7) -> dt.date:
    return calendar().next_working_day(local_date(NOW) + ahead * DAY)


def day_off() -> dt.date:
    day = working_day()
    while calendar().is_working_day(day):
        day += DAY
    return day


def sent(**changes: object) -> dict[str, object]:
    """What the form of a meeting sends."""
    given = {
        "kind": "ic",
        "title": "第12次投决会",
        "day": working_day().isoformat(),
        "begins": "09:30",
        "ends": "11:30",
        "place": "1203会议室",
        "online_link": "https://meeting.example/ic-12",
        "note": "材料见项目页",
    }
    return given | changes


def meeting_at(cast, begins: dt.datetime, invited=(), kind: str = "ic") -> Meeting:
    values = {"kind": kind, "starts_at": begins, "ends_at": begins + dt.timedelta(hours=2)}
    with unit_of_work("meeting.plan", cast["partner"]):
        people = [cast[name].id for name in invited]
        return operations.plan(values, people, cast["partner"], NOW)


def put_on(meeting: Meeting, deal: Deal, actor) -> AgendaItem:
    with unit_of_work("meeting.put_on", actor):
        return item_operations.put_on(meeting, deal, actor, NOW)


@pytest.fixture
def meeting(cast) -> Meeting:
    """An investment committee a week ahead, to which the manager is invited."""
    begins = dt.datetime.combine(working_day(), dt.time(9, 30), SHANGHAI)
    return meeting_at(cast, begins.astimezone(dt.UTC), ["manager"])


@pytest.fixture
def deals(cast) -> list[Deal]:
    """Two open deals and, between them, a walled one of the manager's team."""
    names = (("寻常一号", False), ("金丝雀二号", True), ("寻常三号", False))
    return [factories.deal(cast["manager"], NOW, name=n, walled=w) for n, w in names]


@pytest.fixture
def agenda(cast, meeting, deals) -> list[int]:
    """All three on the agenda, the walled one in the middle; the ids of the items."""
    actors = (cast["partner"], cast["manager"], cast["partner"])
    made = []
    for turn, (deal, actor) in enumerate(zip(deals, actors, strict=True), start=1):
        if actor is cast["partner"]:
            made.append(put_on(meeting, deal, actor).id)
            continue
        # Who arranges meetings is not on its team: as somebody would who does both.
        with unit_of_work("meeting.put_on", actor):
            row = AgendaItem(meeting_id=meeting.id, deal_id=deal.id, turn=turn)
            row.ask, row.minutes, row.presenter_id = "again", 313, actor.id
            db.session.add(row)
        made.append(row.id)
    return made


def items(text: str) -> list[tuple[str, str]]:
    """The numbers and deals of an agenda as the page shows them."""
    return re.findall(
        r'class="turn">(\d+)</span>.*?class="dealname"[^>]*>(?:<svg.*?</svg> )?([^<]+)<', text, re.S
    )


def take_back(client, page: str) -> None:
    """Press the undo button of the message that a page shows."""
    act = re.search(r'data-act="(/[^"]+)"', page).group(1)
    assert client.post(act, headers={"Accept": "application/json"}).status_code == 200


def test_a_meeting_is_planned_found_changed_and_taken_back(as_user, cast, deals) -> None:
    client = as_user("partner")
    wrong = client.post("/meetings/new", data=sent(ends="09:00", online_link="javascript:x"))
    assert wrong.status_code == 422 and "结束时间须晚于开始时间" in wrong.text
    assert "javascript" in wrong.text and "https://" in wrong.text
    invited = [cast["manager"].id, cast["reader"].id]
    made = client.post("/meetings/new", data=sent(invited=invited))
    assert made.status_code == 302
    row = db.session.scalars(sa.select(Meeting)).one()
    begins = dt.datetime.combine(working_day(), dt.time(9, 30), SHANGHAI)
    assert row.starts_at == begins and row.version == 1
    page = client.get(made.location).text
    for said in (
        "第12次投决会",
        "09:30–11:30",
        "1203会议室",
        "材料见项目页",
        "Reader",
        "Committee",
    ):
        assert said in page, said
    assert "第12次投决会" in client.get("/meetings").text
    assert "第12次投决会" not in client.get("/meetings?past=1").text
    edit = f"/meetings/{row.id}/edit"
    assert 'value="09:30"' in client.get(edit).text
    changed = client.post(edit, data=sent(version=1, place="1105会议室", invited=invited[:1]))
    assert changed.status_code == 302
    page = client.get(made.location).text
    assert "1105会议室" in page and ">修改会议<" in page and "Reader</dd>" not in page
    take_back(client, page)
    again = client.get(made.location).text
    assert "Reader" in again and "1203会议室" in again


def test_two_who_change_a_meeting_choose_between_their_versions(as_user, cast, meeting) -> None:
    client, edit = as_user("partner"), f"/meetings/{meeting.id}/edit"
    opened = re.search(r'name="opened"[^>]*value="([^"]*)"', client.get(edit).text).group(1)
    opened = opened.replace("&#34;", '"')
    mine = sent(version=1, opened=opened, place="我的会议室", invited=[cast["manager"].id])
    theirs = mine | {"place": "他的会议室", "note": "他的备注"}
    assert client.post(edit, data=theirs).status_code == 302
    late = client.post(edit, data=mine)
    assert late.status_code == 409 and "我的会议室" in late.text and "他的会议室" in late.text
    unchosen = mine | {"version": 2, "asked": "place"}
    assert client.post(edit, data=unchosen).status_code == 409
    assert client.post(edit, data=mine | {"version": 2, "keep-place": "theirs"}).status_code == 302
    assert db.session.scalars(sa.select(Meeting.place)).one() == "他的会议室"


def test_a_day_off_is_asked_about_once(as_user, cast) -> None:
    client, off = as_user("partner"), day_off().isoformat()
    asked = client.post("/meetings/new", data=sent(day=off))
    assert asked.status_code == 422 and "不是工作日" in asked.text
    other = (day_off() + 7 * DAY).isoformat()
    assert f'name="anyway" value="{off}"' in asked.text
    assert client.post("/meetings/new", data=sent(day=other, anyway=off)).status_code == 422
    assert client.post("/meetings/new", data=sent(day=off, anyway=off)).status_code == 302
    row = db.session.scalars(sa.select(Meeting)).one()
    kept = client.post(f"/meetings/{row.id}/edit", data=sent(day=off, anyway=off, version=1))
    assert kept.status_code == 302
    assert f'value="{off}"' in client.get(f"/meetings/{row.id}/edit").text


def test_an_agenda_is_filled_ordered_and_emptied(as_user, cast, meeting, deals) -> None:
    client, base = as_user("partner"), f"/meetings/{meeting.id}"
    found = client.get(f"{base}/deals?q=寻常").text
    assert "寻常一号" in found and "寻常三号" in found
    assert "金丝雀" not in client.get(f"{base}/deals?q=金丝雀").text
    assert client.post(f"{base}/items", data={"deal_id": deals[1].id}).status_code == 404
    assert client.post(f"{base}/items", data={"deal_id": deals[0].id}).status_code == 302
    from_deal = {"meeting_id": meeting.id}
    assert client.post(f"/deals/{deals[2].id}/meetings", data=from_deal).status_code == 302
    twice = client.post(f"{base}/items", data={"deal_id": deals[0].id})
    assert twice.status_code == 422 and "已在议程中" in twice.text
    assert "寻常" not in client.get(f"{base}/deals?q=寻常").text
    assert base in client.get(f"/deals/{deals[0].id}").text
    one, other = db.session.scalars(sa.select(AgendaItem.id).order_by(AgendaItem.turn))
    change = {"version": 1, "ask": "again", "minutes": "45", "presenter_id": cast["partner"].id}
    assert client.post(f"{base}/items/{one}", data=change).status_code == 302
    late = client.post(f"{base}/items/{one}", data=change)
    assert late.status_code == 409 and "当前已保存：复议 · 45 分钟" in late.text
    assert 'name="version" type="hidden" value="2"' in late.text
    late = change | {"version": 2, "minutes": "481"}
    assert client.post(f"{base}/items/{one}", data=late).status_code == 422
    page = client.get(base).text
    assert "复议" in page and "45 分钟" in page and "汇报人：Partner" in page
    step = {"seen": f"{one},{other}", "item": other, "step": "up"}
    assert client.post(f"{base}/order", data=step).status_code == 302
    assert items(client.get(base).text) == [("1", "寻常三号"), ("2", "寻常一号")]
    assert client.post(f"{base}/order", data=step).status_code == 409, "no longer as it was seen"
    whole = {"seen": f"{other},{one}", "order": f"{one},{other}"}
    told = client.post(f"{base}/order", data=whole, headers={"Accept": "application/json"})
    assert told.status_code == 200
    assert client.post(f"{base}/items/{one}/removal").status_code == 302
    page = client.get(base).text
    assert items(page) == [("1", "寻常三号")]
    take_back(client, page)
    assert items(client.get(base).text) == [("1", "寻常一号"), ("2", "寻常三号")]
    assert "移出议程" in client.get(base).text, "the history keeps it"


def test_no_walled_item_is_told_of_to_who_may_not_see_its_deal(
    as_user, cast, meeting, deals, agenda, app
) -> None:
    with unit_of_work("deal.recuse"):
        pipeline.grant(deals[2], cast["committee"].id, GrantKind.RECUSED, NOW, "亲属")
    base = f"/meetings/{meeting.id}"
    told = {
        "manager": ["寻常一号", "金丝雀二号", "寻常三号"],
        "partner": ["寻常一号", "寻常三号"],
        "compliance": ["寻常一号", "寻常三号"],
        "committee": ["寻常一号"],  # who is recused sees nothing of the deal
    }
    for name, names in told.items():
        client = as_user(name)
        page = client.get(base).text
        assert items(page) == [(str(n), said) for n, said in enumerate(names, start=1)], name
        put = "Manager</span> <b>项目上会"
        assert (put in page) == (name == "manager"), "nor does the history tell of it"
        listed = client.get("/meetings").text
        assert re.search(rf'data-label="议题" class="num">{len(names)}<', listed), name
        assert client.post("/agenda/feed").status_code == 302
        feed = client.get("/agenda").text.partition('readonly value="')[2].partition('"')[0]
        file = app.test_client().get("/" + feed.split("/", 3)[3]).text
        mail = client.get("/digests/preview/content").text
        everything = page + listed + client.get("/agenda").text + file + mail
        attends = name in {"manager", "committee"}
        shown = [deals[1].code if deal == "金丝雀二号" else deal for deal in names]
        said = [f"{n}. {deal}" in mail for n, deal in enumerate(shown, start=1)]
        assert all(said) if attends else not any(said), name
        counted = re.search(r"下次会议议程</a>\s*<span class=\"count\"[^>]*>(\d+)<", mail)
        assert counted is None or counted.group(1) == str(len(names)), "not the meeting's own line"
        assert bool(counted) == attends, name
        for leaves in (file, mail):
            assert "金丝雀二号" not in leaves, "calendars and mails lie on other people's servers"
        if name != "manager":
            for canary in ("金丝雀", "313", deals[1].code):
                assert canary not in everything, (name, canary)
        found = next_meeting_for(cast[name], NOW)
        lines = [line.name for line in found.lines] if found else []
        assert lines == (names if attends else []), name
    client, (one, hidden, three) = as_user("partner"), agenda
    assert client.get(f"{base}/items/{hidden}").status_code == 404
    assert client.post(f"{base}/items/{hidden}/removal").status_code == 404
    order = {"seen": f"{one},{three}", "order": f"{three},{one}"}
    assert client.post(f"{base}/order", data=order).status_code == 302
    inside = items(as_user("manager").get(base).text)
    assert inside == [("1", "寻常三号"), ("2", "金丝雀二号"), ("3", "寻常一号")]
    assert "调整议程顺序" in client.get(base).text
    numbered = sa.select(AuditEntry.seq).where(AuditEntry.after.contains('"turn"'))
    assert not db.session.scalars(numbered).all(), "places among all would tell how many there are"


def test_a_deal_that_ended_is_marked_and_not_counted(as_user, cast, meeting, deals, agenda) -> None:
    held = Move("hold", **factories.WHY_HELD, revisit_on=working_day(20))
    for deal, move in ((deals[2], Move("reject", **factories.WHY_NOT)), (deals[0], held)):
        with unit_of_work("deal.move", cast["manager"]):
            pipeline.move(deal, move, cast["manager"], NOW)
    client = as_user("manager")
    page, mail = (
        client.get(path).text for path in (f"/meetings/{meeting.id}", "/digests/preview/content")
    )
    assert '<span class="badge bad">已否决</span>' in page
    assert '<span class="badge warn">已搁置</span>' in page
    assert "3. 寻常三号" in mail and mail.count("已否决") == 1 and "已搁置 · " in mail
    assert re.search(r"下次会议议程</a>\s*<span class=\"count\"[^>]*>2<", mail)
    assert "2 个项目上会" in client.get("/digests/preview").text
    assert "3. 寻常三号 · 已否决" in client.get("/agenda").text


def test_who_neither_attends_nor_reads_the_committees_work_knows_nothing_of_a_meeting(
    as_user, cast, meeting, deals
) -> None:
    for name in ("outsider", "reader", "admin"):
        client = as_user(name)
        assert client.get(f"/meetings/{meeting.id}").status_code == 404, name
        assert "暂无待召开的会议" in client.get("/meetings").text, name
    with unit_of_work("deal.change"):
        other = factories.deal(cast["outsider"], NOW, name="外人的项目")
    put_on(meeting, other, cast["partner"])
    shown = as_user("outsider").get(f"/meetings/{meeting.id}")
    assert "外人的项目" in shown.text, "who presents finds the way there"
    page = as_user("reader").get(f"/deals/{other.id}").text
    assert "投决会" in page and f"/meetings/{meeting.id}" not in page


def test_an_agenda_opens_its_deals_to_who_reads_by_agenda_and_closes_them_again(
    as_user, cast, meeting, deals
) -> None:
    client, member = as_user("partner"), as_user("committee")
    path, base = f"/deals/{deals[0].id}", f"/meetings/{meeting.id}"
    assert member.get(path).status_code == 404
    put_on(meeting, deals[0], cast["partner"])
    assert member.get(path).status_code == 200
    assert base in member.get("/committee").text
    second = meeting_at(cast, NOW + 30 * DAY, ["committee"], kind="pre_review")
    put_on(second, deals[0], cast["partner"])
    reason = {"version": 1, "reason": "材料未齐"}
    assert client.post(f"{base}/cancellation", data={"version": 1}).status_code == 422
    assert client.post(f"{base}/cancellation", data=reason).status_code == 302
    assert member.get(path).status_code == 200, "another agenda still has it"
    take_back(client, client.get(base).text)
    uninvited = sent(kind="pre_review", version=1)
    assert client.post(f"/meetings/{second.id}/edit", data=uninvited).status_code == 302
    assert member.get(path).status_code == 200, "what was cancelled by mistake has it again"
    again = reason | {"version": 3}
    assert client.post(f"{base}/cancellation", data=again).status_code == 302
    assert member.get(path).status_code == 404
    assert not db.session.scalars(sa.select(DealGrant)).all()
    page = client.get(base)
    assert "材料未齐" in page.text and "添加议题" not in page.text
    late = client.post(f"{base}/items", data={"deal_id": deals[2].id})
    assert late.status_code == 422 and "不能再修改" in late.text


def test_who_comes_to_the_committee_later_sees_what_comes_before_it(
    as_user, app, cast, meeting, deals
) -> None:
    put_on(meeting, deals[0], cast["partner"])
    with unit_of_work("user.roles"):
        cast["reader"].grants = [UserRole(role="committee")]
    path = f"/deals/{deals[0].id}"
    assert as_user("reader").get(path).status_code == 404
    for _tick in range(2):
        open_agendas(app)
        assert as_user("reader").get(path).status_code == 200
    given = sa.select(AuditEntry.seq).where(AuditEntry.action == "meeting.open")
    assert len(db.session.scalars(given).all()) == 1, "writes nothing when nothing is missing"


def test_a_meeting_is_held_once_it_has_begun(as_user, cast, deals) -> None:
    client = as_user("partner")
    past, ahead = (meeting_at(cast, NOW + days * DAY) for days in (-2, 2))
    put_on(past, deals[0], cast["partner"])
    early = client.post(f"/meetings/{ahead.id}/conclusion", data={"version": 1})
    assert early.status_code == 422 and "尚未开始" in early.text
    assert client.post(f"/meetings/{past.id}/conclusion", data={"version": 1}).status_code == 302
    assert client.post(f"/meetings/{past.id}/conclusion", data={"version": 1}).status_code == 409
    assert "已召开" in client.get("/meetings?past=1").text
    assert as_user("committee").get(f"/deals/{deals[0].id}").status_code == 200


def test_calendars_follow_a_meeting_until_it_is_cancelled(
    as_user, app, cast, meeting, deals
) -> None:
    put_on(meeting, deals[0], cast["partner"])
    member = as_user("committee")
    member.post("/agenda/feed")
    feed = member.get("/agenda").text.partition('readonly value="')[2].partition('"')[0]

    def event():
        answer = app.test_client().get("/" + feed.split("/", 3)[3])
        return Calendar.from_ical(answer.data).walk("VEVENT")[0]

    first = event()
    assert first["STATUS"] == "CONFIRMED" and first["SEQUENCE"] == 0
    assert first["DTSTART"].dt == meeting.starts_at and first["DTEND"].dt == meeting.ends_at
    assert f"1. {deals[0].name} · 投决 · 30 分钟 · 汇报人：Manager" in first["DESCRIPTION"]
    client, base = as_user("partner"), f"/meetings/{meeting.id}"
    client.post(f"{base}/edit", data=sent(version=1, begins="10:00"))
    moved = event()
    assert moved["UID"] == first["UID"] and moved["SEQUENCE"] == 1
    assert moved["DTSTART"].dt - first["DTSTART"].dt == dt.timedelta(minutes=30)
    assert "https://meeting.example/ic-12" in moved["DESCRIPTION"]
    client.post(f"{base}/cancellation", data={"version": 2, "reason": "材料未齐"})
    gone = event()
    assert gone["STATUS"] == "CANCELLED" and gone["SEQUENCE"] == 2
    assert deals[0].name not in gone["DESCRIPTION"]
    assert next_meeting_for(cast["committee"], NOW) is None


def test_a_long_list_asks_no_more_of_the_database(as_user, cast, deals, queries) -> None:
    client, counts = as_user("partner"), []
    for rows in (1, 6):
        for n in range(rows):
            put_on(meeting_at(cast, NOW + (n + rows) * DAY), deals[0], cast["partner"])
        client.get("/meetings")
        queries.clear()
        assert client.get("/meetings").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
