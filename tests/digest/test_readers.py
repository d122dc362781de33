"""What each role is told: nothing of what it may not know, every line a link that opens, few queries."""

import datetime as dt
import re

import pytest
from flask import Flask

from portfolio.audit import operations as audit
from portfolio.companies.models import Contact, Task
from portfolio.companies.operations import Statement, state_figures
from portfolio.digest import content_queries, queries, template_letters, windows
from portfolio.digest.compose import Cut, Digest
from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.digest.readers import readers
from portfolio.digest.shared_queries import Shared
from portfolio.extensions import db, unit_of_work
from portfolio.intake.models import ImportBatch
from portfolio.kernel.dates import SHANGHAI, local_date
from portfolio.people import operations as people
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import GrantKind
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
BEFORE, DURING, SINCE = NOW - 12 * DAY, NOW - 2 * DAY, NOW - 7 * DAY
CANARY, SUM, FILE = "金丝雀保密项目", 41_170_000 * 100, "金丝雀名单.csv"
ROLES = ("manager", "partner", "committee", "compliance", "admin", "reader")


def digest(user: User, shared: Shared | None = None) -> Digest:
    return content_queries.digest_for(user, "2026-W48", SINCE, NOW, shared=shared)


def words(user: User) -> template_letters.Written:
    return template_letters.written(digest(user), user, 1)


def parts(user: User) -> dict[str, int]:
    return {section.kind.key: section.part.total for section in digest(user).sections}


@pytest.fixture
def week(app: Flask, cast: dict[str, User]):
    """A week in which something of every kind happened; the walled deal is its team's alone."""
    manager, partner, admin = cast["manager"], cast["partner"], cast["admin"]
    company = factories.company(manager, BEFORE, name_zh="青岛甲材科技有限公司", short_name="甲材")
    deal = factories.deal(
        manager, BEFORE, company=company, name="甲材 天使轮", terms={"amount_fen": SUM}
    )
    walled = factories.deal(manager, BEFORE, name=CANARY, walled=True, team=[partner.id])
    on_agenda = factories.deal(manager, DURING, company=company, name="甲材 上会")
    day = local_date(NOW)
    with unit_of_work("deal.grant", partner, at=DURING):
        pipeline.grant(on_agenda, cast["committee"].id, GrantKind.AGENDA, DURING)
        pipeline.grant(walled, cast["colleague"].id, GrantKind.RECUSED, DURING)
    for one in (deal, walled):
        with unit_of_work("deal.override", partner, at=DURING):
            pipeline.move(
                one,
                Move("skip", "dd", note=f"{one.name}：与联合投资方共用尽调报告"),
                partner,
                DURING,
            )
    for walled_now, at in ((True, DURING - DAY), (False, DURING)):
        with unit_of_work("deal.change", manager, at=at):
            pipeline.set_wall(on_agenda, walled_now, manager, at)
    with unit_of_work("tag.confirm", manager, at=DURING):
        factories.claimed(company.id, "uv-led", "E2", manager, DURING)
    rows = [
        Statement(company.id, "revenue", 2025, micro=5 * 10**9, source="审计报告", audited=True),
        Statement(
            company.id,
            "title_innovative",
            None,
            choice="true",
            as_of=day - 900 * DAY,
            valid_until=day + 30 * DAY,
            source="鲁创新型0117",
        ),
    ]
    with unit_of_work("figure.state", manager, at=DURING):
        state_figures(rows, manager, DURING)
    with unit_of_work("company.register", manager, at=DURING):
        db.session.add(Contact(company_id=company.id, name="王海峰", founder=True))
        for name, due in (("把条款清单发给王海峰", day - DAY), ("看样机", day)):
            task = Task(title=name, owner_id=manager.id, company_id=company.id)
            task.due_on, task.created_at, task.promised = due, DURING, name == "看样机"
            db.session.add(task)
    factories.company(manager, DURING, name_zh="青岛甲材科技有限责任公司", uscc=None)
    with unit_of_work("user.create", admin, at=DURING):
        people.create_user("new@fund.example", "新人", ["reader"], DURING)
    for action, kind, number in (
        *(("company.export", "company", None), ("deal.export", "deal_list", None)),
        ("deal.export", "deal", walled.id),
    ):
        with unit_of_work(action, manager, at=DURING):
            audit.record(audit.Entry(action, kind, number, after={}, deal_id=number))
    _failures(cast)
    return {"company": company, "deal": deal, "walled": walled}


def _failures(cast: dict[str, User]) -> None:
    """A mail and an import that went wrong."""
    times = {"planned_at": DURING, "due_at": DURING, "lease_until": DURING}
    with unit_of_work("digest.plan", at=DURING):
        run = DigestRun(schedule_id=1, period="2026-W47", late=False, missed=0, **times)
        run.claim_token = ""
        db.session.add(run)
        db.session.flush()
        mail = DigestMessage(
            run_id=run.id,
            recipient_id=cast["reader"].id,
            address="gone@fund.example",
            locale="zh",
            subject="周报",
            message_id="<1@fund.example>",
            mentions='{"deals": [], "terms": [], "companies": []}',
            window_from=SINCE,
            window_to=DURING,
            state="failed",
            next_attempt_at=DURING,
            last_code=550,
            last_text="no such user",
            mime=b"",
        )
        batch = ImportBatch(filename=FILE, sha256="0", size=1, state="done", created_at=DURING)
        batch.applied_at, batch.summary = DURING, '{"refused": 3}'
        db.session.add_all([mail, batch])


def test_each_role_is_told_its_parts_and_nothing_it_may_not_know(week, cast, as_user) -> None:
    told = {name: parts(cast[name]) for name in ROLES}
    assert set(told["manager"]) == set(readers().roles["manager"]["parts"])
    for key in ("tasks", "moves", "overrides", "tags", "companies", "duplicates", "certificates"):
        assert told["manager"][key], key
    for key in ("funnel", "moves", "tags", "overrides"):
        assert told["partner"][key], key
    assert told["compliance"]["exports"] == 1 and told["compliance"]["chain"] == 1
    assert told["compliance"]["access"] == 4, "an account, an agenda, a wall put up and taken down"
    assert told["admin"]["failures"] == 1 and told["admin"]["imports"] == 1
    assert told["admin"]["quality"] and "moves" not in told["admin"]
    assert told["committee"]["moves"] == 1
    mails = {name: words(cast[name]) for name in (*ROLES, "colleague", "outsider")}
    texts = {name: mail.subject + mail.text + mail.html for name, mail in mails.items()}
    code = week["walled"].code
    assert {name for name, text in texts.items() if code in text} == {"manager", "partner"}
    assert not {name for name, text in texts.items() if CANARY in text}, "a mail leaves the house"
    subjects = {name: mail.subject.partition(" · ")[2] for name, mail in mails.items()}
    assert (
        subjects["manager"]
        == "1 项逾期 · 2 项越级与放行 · 3 项进展 · 1 项技术标签变化 · 1 家新增企业"
    )
    assert subjects["compliance"].startswith("1 项越级与放行 · 4 项权限变动 · 1 人导出数据")
    assert "gone@" not in subjects["admin"] and "1 封邮件未送达" in subjects["admin"]
    assert "4,117万" in texts["manager"] and "4,117万" in texts["partner"]
    for name in ("committee", "compliance", "admin", "reader", "outsider"):
        assert "4,117万" not in texts[name], name
    assert {name for name, text in texts.items() if FILE in text} == {"admin"}
    assert {name for name, text in texts.items() if "gone@" in text} == {"admin"}
    assert {n for n, text in texts.items() if "数据导出" in text} == {"compliance", "admin"}
    assert "2 次" in texts["compliance"], "the deals of a list are not counted apart"
    assert "甲材" not in texts["admin"], "an administrator is told no content of deals"
    assert "已答应创始人" in texts["manager"]
    assert "已答应王海峰" in texts["manager"] and "王海峰" not in texts["partner"]
    assert "还剩 30 天" in texts["manager"] and "鲁创新型0117" in texts["manager"]
    assert "青岛甲材科技有限责任公司" in texts["manager"] and "名称相同" in texts["manager"]
    for name in ROLES:
        client, found = (
            as_user(name),
            re.findall(r"http://127\.0\.0\.1:5000(/\S*)", mails[name].text),
        )
        assert len(found) > 2
        for path in dict.fromkeys(found):
            answer = client.get(path)
            assert answer.status_code == 200 or "unsubscribe" in path, (name, path)


def test_a_manager_is_told_of_own_deals_and_of_others_in_one_line(week, cast) -> None:
    outsider, colleague, partner = cast["outsider"], cast["colleague"], cast["partner"]
    old = NOW - 400 * DAY
    names = ["别人的旧项目", "参与的旧项目"]
    for name, team in zip(names, ([], [colleague.id]), strict=True):
        factories.deal(outsider, old, name=name, team=team)
    joined = factories.deal(outsider, old, name="参与的项目", team=[colleague.id])
    for deal in (joined, factories.deal(outsider, BEFORE, name="别人的新项目")):
        factories.advance(deal, outsider, now=DURING)
    made = digest(colleague)
    (line,) = made.part("moves").lines
    assert (line.deal.name, line.deal.mine, made.part("moves").total) == (joined.name, False, 1)
    assert not made.part("slow").total, "its owner is to see that it goes on"
    assert [line.deal.name for line in digest(outsider).part("slow").lines] == names
    numbers = {number.kind.key: number.now for number in made.numbers}
    assert (numbers["leads"], numbers["forward"]) == (0, 1)
    told = template_letters.written(digest(partner), partner, 1).text
    assert "· 本期 +" in told, "a change is no subtraction"
    mail = words(colleague)
    assert "别人的" not in mail.text and "1 项进展" in mail.subject
    assert "基金其他项目\n- 3 项进展\n  http" in mail.text
    assert {digest(partner).part(key).total for key in ("moves", "slow")} == {5, 2}


def test_the_numbers_are_of_the_same_time_as_the_lists(week, cast) -> None:
    partner = cast["partner"]

    def told(user: User, since: dt.datetime) -> tuple[Digest, dict[str, int]]:
        made = content_queries.digest_for(user, "2026-W48", since, NOW)
        return made, {number.kind.key: number.now for number in made.numbers}

    for since in (SINCE, BEFORE - DAY, NOW - DAY):
        made, numbers = told(partner, since)
        changes = made.part("decisions").lines, made.part("moves").lines
        opened = [c for lines in changes for c in lines if c.from_stage is None]
        assert numbers["leads"] == len(opened), since
    for long in (
        DAY * 0.8,
        DAY * 1.2,
        DAY * 2.5,
        DAY * 5,
    ):  # what happened is two days and twelve ago
        since = NOW - long
        before = {number.kind.key: number.before for number in told(partner, since)[0].numbers}
        made = content_queries.digest_for(partner, "2026-W47", since - long, since)
        assert before == {number.kind.key: number.now for number in made.numbers}, long
    with unit_of_work("deal.override", partner, at=DURING):  # two deals in one act
        for one in (factories.deal(cast["manager"], BEFORE) for _ in range(2)):
            pipeline.move(one, Move("skip", "dd", note="与联合投资方共用尽调报告"), partner, DURING)
    made, numbers = told(cast["compliance"], SINCE)
    assert numbers["overridden"] == made.part("overrides").total == 3
    assert numbers["granted"] == made.part("access").total == 4
    assert numbers["exported"] == sum(line.count for line in made.part("exports").lines) == 2
    mail = template_letters.written(told(partner, BEFORE - DAY)[0], partner, 1)
    day, first = (f"{local_date(when):%m-%d}" for when in (BEFORE - DAY, BEFORE - 14 * DAY))
    assert "新项目 5（上期 0，多 5）" in mail.text and "<span>多 5</span>" in mail.html
    for text in (mail.text, mail.html):
        assert f"{day} 至 {local_date(NOW):%m-%d}；上期：{first} 至 {day}" in text
    assert "上周" in words(partner).text and "上期" not in words(partner).text
    short = template_letters.written(told(partner, NOW - DAY / 4)[0], partner, 1)
    assert f"{NOW.astimezone(SHANGHAI):%m-%d %H:%M}；上期：" in short.text, "hours within a day"


def test_each_part_and_each_number_opens_the_list_of_exactly_what_it_counts(
    week, cast, as_user
) -> None:
    for number in range(10):
        factories.deal(cast["manager"], DURING, name=f"新项目{number}")

    def listed(name: str, path: str) -> str:
        answer = as_user(name).get(path)
        assert answer.status_code == 200, (name, path)
        return answer.text

    for name in ROLES:
        found = digest(cast[name])
        for section in found.told:
            part, path = section.part, found.path_of(section.kind)
            if path.startswith("/digests/parts/") and section.kind.key != "elsewhere":
                lines = part.total + part.heads
                assert listed(name, path).count("<li>") == lines, (name, section.kind.key)
        for number in found.numbers:
            path = found.path_of(number.kind)
            assert listed(name, path).count("<li>") == number.now, (name, number.kind.key)
    mail, moves = words(cast["manager"]), digest(cast["manager"]).part("moves")
    assert moves.more > 0 and "/digests/parts/moves?since=" in mail.text
    assert len(moves.lines) == 5, "what does not wait for its reader is told briefly"
    page = listed("manager", windows.path_of("parts/moves", SINCE, NOW))
    assert all(f"新项目{number}" in page for number in range(10))
    asked = content_queries.asked_by(cast["manager"], SINCE, NOW, Cut(8, 8))
    rest = content_queries.whole_part(readers().parts["moves"], asked)
    assert len(rest.lines) == moves.total - 8
    assert not any(line in moves.lines for line in rest.lines)
    others = listed("outsider", windows.path_of("parts/elsewhere", SINCE, NOW))
    assert others.count("<li>") >= 11 and CANARY not in others
    with unit_of_work("user.roles"):
        people.set_roles(cast["admin"], ["admin", "reader"])
    lines = {line.what: line for line in digest(cast["admin"]).part("quality").lines}
    assert lines["uscc"].path == "/companies?lacks=uscc" and lines["uscc"].count == 1
    lacking = listed("partner", "/companies?lacks=uscc")
    assert "青岛甲材科技有限责任公司" in lacking and "青岛甲材科技有限公司" not in lacking
    client = as_user("reader")
    for path in ("parts/failures", "parts/x", "numbers/imported", "events/override", "events/x"):
        assert client.get(windows.path_of(path, SINCE, NOW)).status_code == 404, path
    for odd in ("", "?since=x&until=y", "?since=20261101T000000Z&until=20261001T000000Z"):
        assert client.get(f"/digests/parts/moves{odd}").status_code == 404, odd
    page = client.get(windows.path_of("events/company", SINCE, NOW)).text
    assert "新录入企业" in page and "青岛甲材科技有限责任公司" in page


def test_who_lost_the_role_for_a_part_or_the_sight_of_a_deal_gets_another_mail(week, cast) -> None:
    for name, lose in (("compliance", "reader"), ("admin", "manager")):
        user = cast[name]
        mentions = queries.mentions_of(digest(user))
        assert queries.still_open(user, mentions)
        with unit_of_work("user.roles"):
            user.grants[0].role = lose
        assert not queries.still_open(user, mentions), name
    partner = cast["partner"]
    mentions = queries.mentions_of(digest(partner))
    with unit_of_work("deal.grant", cast["admin"]):
        pipeline.grant(week["deal"], partner.id, GrantKind.RECUSED, NOW)
    assert not queries.still_open(partner, mentions)
    assert "4,117万" not in words(partner).text


def test_queries_of_a_digest_grow_neither_with_readers_nor_with_deals(week, cast, request) -> None:
    seen = request.getfixturevalue("queries")

    def asked(names: list[str]) -> list[int]:
        shared, counts = Shared(), []
        for name in names:
            db.session.commit()  # nothing is remembered from the reader before
            seen.clear()
            digest(cast[name], shared)
            counts.append(len(seen))
        return counts

    def grow() -> None:
        for number in range(6):
            company = factories.company(cast["outsider"], DURING)
            deal = factories.deal(cast["outsider"], DURING, company=company)
            if number % 2:
                factories.advance(deal, cast["outsider"], now=DURING)

    names = ["manager", "outsider", "colleague", "outsider", "partner", "reader"]
    asked(names)  # the ledger of the funnel is read whole once and then as it grows
    grow()
    few = asked(names)
    assert few[0] <= 40, "the first one asks what all of them share"
    assert few[2] <= 24 and few[3] <= 10, "whoever may know of the same asks little more"
    grow()
    assert asked(names) == few, "neither with deals nor with companies"
