"""Nobody is told, shown or counted what they may not know of, nor what they no longer may when it is sent."""

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from portfolio.chokepoint.models import Tag
from portfolio.companies.models import Task
from portfolio.digest import (
    company_queries,
    content_queries,
    event_queries,
    preview_queries,
    queries,
)
from portfolio.digest.kinds import Kind
from portfolio.digest.shared_queries import Shared
from portfolio.extensions import db, unit_of_work
from portfolio.meetings.models import MeetingPerson
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Deal, DealMember
from portfolio.pipeline.stages import Move
from tests import factories
from tests.digest.rows import messages_of
from tests.digest.test_delivering import BEFORE, MONDAY, mail_to, plan, work
from tests.meetings.test_meetings import meeting_at

DAY = dt.timedelta(days=1)
SINCE = BEFORE - DAY


def uninvite(user: User) -> None:
    with unit_of_work("meeting.invite"):
        db.session.query(MeetingPerson).filter_by(user_id=user.id).delete()


def test_what_was_closed_to_a_reader_since_is_neither_sent_nor_shown(
    app: Flask, cast: dict[str, User], as_user: Callable[[str], FlaskClient]
) -> None:
    manager, partner, colleague = cast["manager"], cast["partner"], cast["colleague"]
    deal = factories.deal(manager, BEFORE, team=[colleague.id], terms={"amount_fen": 31337 * 10**6})
    with unit_of_work("deal.override", partner):
        pipeline.move(
            deal, Move("forward", override="窗口期只到月底，材料两周内补齐"), partner, BEFORE
        )
    meeting_at(cast, MONDAY + 3 * DAY, invited=["colleague", "outsider"])
    for viewer in ("manager", "outsider"):
        eyes = cast[viewer]
        seen = preview_queries.preview(colleague, eyes, Kind.WEEKLY, "2026-W49", MONDAY)
        assert seen is not None and ("投决会" in seen.words.text) is (viewer == "outsider")
        assert ("越级" in seen.words.text) is (viewer == "manager")
    plan()
    (mail,) = messages_of(colleague)
    named = json.loads(mail.mentions)

    def open_still() -> set[str]:
        return {
            name
            for name in ("deals", "companies", "terms", "meetings", "overriding", "parts")
            if named[name] and queries.still_open(colleague, json.dumps({name: named[name]}))
        }

    assert open_still() == {"deals", "companies", "terms", "meetings", "overriding", "parts"}
    with unit_of_work("deal.team"):
        db.session.query(DealMember).filter_by(user_id=colleague.id).delete()
    uninvite(colleague)
    db.session.expire_all()
    assert open_still() == {"deals", "companies", "parts"}
    work()
    told = mail_to(app, "colleague")
    for word in ("越级", "窗口期", "3.13亿", "投决会"):
        assert word not in told and word in mail_to(app, "manager") + mail_to(app, "outsider")
    # What was sent is not shown any more either.
    (mail,) = messages_of(cast["outsider"])
    client, path = as_user("outsider"), f"/digests/messages/{mail.id}/content"
    assert "投决会" in client.get(path).text
    uninvite(cast["outsider"])
    assert client.get(path).status_code == 404


def give_task(owner: User, by: User, title: str, deal: Deal, days: int = 0) -> None:
    with unit_of_work("task.add", by):
        task = Task(title=title, owner_id=owner.id, created_by_id=by.id, created_at=BEFORE)
        task.due_on = MONDAY.date() + days * DAY
        task.deal_id = deal.id
        db.session.add(task)


def test_a_preview_of_somebody_elses_counts_what_is_open_to_who_looks(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, viewer = cast["manager"], cast["outsider"]
    with unit_of_work("user.roles"):
        for user in (manager, viewer):
            people.set_roles(user, ["partner"])
    for n in range(12):
        deal = factories.deal(manager, BEFORE, name=f"公开{n}")
        give_task(manager, viewer, f"办{n}", deal)
    for n in range(5):
        deal = factories.deal(manager, BEFORE - DAY / 2, name=f"暗{n}", walled=True)
        give_task(manager, viewer, f"藏{n}", deal, days=1)

    def shown(by: User) -> preview_queries.Preview:
        found = preview_queries.preview(manager, by, Kind.WEEKLY, "2026-W49", MONDAY)
        assert found is not None
        return found

    mine, theirs = shown(manager), shown(viewer)
    assert mine.words.subject.endswith("17 项待办 · 17 项进展 · 17 家新增企业")
    assert theirs.words.subject.endswith("12 项待办 · 12 项进展 · 17 家新增企业")
    assert not mine.narrowed and theirs.narrowed
    (funnel,) = [line for line in mine.words.text.splitlines() if line.startswith("- 线索")]
    assert "17" in funnel and funnel.replace("17", "12") in theirs.words.text
    told = theirs.words.text.split("新增企业线索 (17)")[0].replace("新增企业线索 17", "")
    assert "新项目 12（" in told and "17" not in re.sub(r"http\S+", "", told)


def test_lines_are_of_what_their_reader_may_know_of(app: Flask, cast: dict[str, User]) -> None:
    manager, outsider = cast["manager"], cast["outsider"]
    walled = factories.deal(manager, BEFORE, name="金丝雀", walled=True)
    opened = factories.deal(manager, BEFORE, name="平常")
    for deal in (walled, opened):
        give_task(outsider, manager, f"{deal.name}的事", deal)
    asked = content_queries.asked_by(outsider, SINCE, MONDAY)
    for ask in (content_queries.PARTS["tasks"], event_queries.OWN_PARTS["task"]):
        part = ask(asked)
        assert [line.title for line in part.lines] == ["平常的事"] and part.total == 1
    with unit_of_work("deal.wall", manager, at=BEFORE):
        pipeline.set_wall(opened, True, manager, BEFORE)
    with unit_of_work("deal.wall", manager, at=BEFORE + DAY):
        pipeline.set_wall(opened, False, manager, BEFORE)
    told = content_queries.asked_by(cast["compliance"], BEFORE - DAY / 2, MONDAY)
    walls = [a for a in content_queries.PARTS["access"](told).lines if a.action == "deal.wall"]
    assert len(walls) == 2
    with unit_of_work("deal.wall", manager, at=BEFORE):
        pipeline.set_wall(opened, True, manager, BEFORE)
    told = replace(content_queries.asked_by(cast["compliance"], SINCE, MONDAY), shared=Shared())
    part = content_queries.PARTS["access"](told)
    assert not [act for act in part.lines if act.action == "deal.wall"], "of no confidential deal"
    one = factories.company(manager, BEFORE, name_zh="青岛同名科技有限公司", uscc=None)
    other = factories.company(manager, BEFORE, name_zh="青岛同名科技有限责任公司", uscc=None)
    for company in (one, other):
        with unit_of_work("tag.suggest", at=BEFORE):
            db.session.add(
                Tag(
                    company_id=company.id,
                    technology="uv-led",
                    state="suggested",
                    recorded_at=BEFORE,
                )
            )
    few = replace(asked.sight, companies=frozenset({one.id}))
    for ask, both, some in ((company_queries.twins, 1, 0), (event_queries.suggested, 2, 1)):
        assert ask(replace(asked, shared=Shared())).total == both
        assert ask(replace(asked, shared=Shared(), sight=few)).total == some
