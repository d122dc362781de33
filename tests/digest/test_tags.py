"""What is told of technology tags: what is claimed now, what counts now, what ended, and why."""

import datetime as dt

from flask import Flask

from portfolio.chokepoint import evidence_operations, operations, queries
from portfolio.chokepoint.claims import Piece
from portfolio.digest import content_queries
from portfolio.digest.line_letters import said
from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.web.i18n import speaking
from tests import factories
from tests.factories import NOW

DAY = dt.timedelta(days=1)
LATER, THEN = NOW + DAY, NOW + 7 * DAY


def told(reader: User, since: dt.datetime = NOW, until: dt.datetime = THEN) -> dict[str, str]:
    """By technology where the line leads and what it says."""
    part = content_queries.one_part(reader, "tags", since, until)
    with speaking("zh"):
        lines = {line.key: said(line) for line in part.lines}
    return {key: f"{line.path} {line.strong} | {line.small}" for key, line in lines.items()}


def test_what_came_to_count_and_what_ended_is_told_with_its_cause(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, partner = cast["manager"], cast["partner"]
    company = factories.company(manager, NOW)
    number = company.id
    factories.deal(manager, NOW, company=company)
    soon = local_date(NOW) + 3 * DAY
    with unit_of_work("tag.confirm", manager, at=NOW):
        read = factories.claimed(number, "uv-led", "E2", manager)
        wrong = factories.claimed(number, "memory", "E1", manager)
        factories.claimed(number, "dbms", "E2", manager, second=partner, recheck_on=soon)
        fallen = factories.claimed(number, "lasers", "E2", manager, second=partner)
        least = Piece("text", "E1", "行业报道", issuer="行业周刊", dated_on=local_date(NOW))
        evidence_operations.add(fallen, least, manager, NOW)
    with unit_of_work("tag.second", partner, at=LATER):
        operations.read_again(read, partner, LATER)
    with unit_of_work("tag.reject", partner, at=LATER):
        operations.reject(wrong, "仅自用的脚本", partner, LATER, "use")
    report = next(
        row
        for row in queries.evidence_of([number], technology="lasers")[number]
        if row.level == "E2"
    )
    with unit_of_work("tag.withdraw_evidence", partner, at=LATER):
        evidence_operations.withdraw(report, "报告作废", partner, LATER)
    lines = told(manager)
    at, day = f"/companies/{number}/technologies", local_date(LATER).isoformat()
    assert lines == {
        "uv-led": f"{at}/uv-led E2 有第三方证据 · 计入统计 | {day} · {partner.name}",
        "memory": f"{at}/memory 不再成立 | {day} · {partner.name} · "
        "只是使用或采购，并非研发 · 仅自用的脚本",
        "dbms": f"{at}/dbms 不再成立 | 复核日期 {soon} 已过",
        "lasers": f"{at}/lasers E2 有第三方证据 → E1 声称 · 不再计入统计 | "
        f"{day} · {partner.name} · 证据已撤回 · 报告作废",
    }
    assert not told(manager, LATER, LATER + DAY)
