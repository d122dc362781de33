"""Coverage in figures: equal to a plain count, open to the list behind, and fixed at month ends."""

import datetime as dt
import html
import io
import re
from fractions import Fraction

import openpyxl
import pytest

from portfolio.chokepoint import operations as tags
from portfolio.coverage.figures import month_ends, per_cent, segments, tier
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import start_of
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import Holding
from portfolio.pipeline.stages import Move
from portfolio.web.formatting import today
from tests import factories

WAN = 10**6
DAY = dt.timedelta(days=1)


@pytest.fixture
def at():
    """An instant before the last month end but one."""
    return start_of(month_ends(today(), 2)[0] - 3 * DAY).astimezone(dt.UTC)


@pytest.fixture
def seeded(cast, at):
    """Of six companies two count, one of them with technologies of two domains."""
    owner, outsider = cast["manager"], cast["outsider"]
    firms = [factories.company(owner, at, name_zh=f"青岛{n}光电有限公司") for n in "甲乙丙丁戊己"]
    with unit_of_work("seed", owner, at=at):
        for company, technology in ((0, "uv-led"), (0, "lidar"), (1, "uv-led")):
            factories.claimed(firms[company].id, technology, "E2", owner, at, cast["partner"])
        factories.claimed(firms[2].id, "uv-led", "E1", owner, at)

    def deal(number, wan, person=owner, **more):
        terms = {"amount_fen": wan * WAN} if wan else None
        return factories.deal(person, at, company=firms[number], terms=terms, **more)

    deals = [deal(0, 500), deal(1, None), deal(1, 70, outsider, walled=True), deal(2, 300)]
    deals += [deal(3, 200), deal(4, 900)]
    with unit_of_work("seed", owner, at=at):
        for number, fen in ((0, 123_456_789), (3, 100 * WAN), (2, None)):
            row = Holding(
                vehicle_id=deals[0].vehicle_id,
                company_id=firms[number].id,
                cost_fen=fen,
                recorded_at=at,
            )
            db.session.add(row)
    return {"firms": firms, "deals": deals}


def rows_of(page: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading, by their first cell."""
    table = re.search(rf"<caption[^>]*>{re.escape(heading)}.*?</table>", page, re.S)
    assert table, heading
    found = {}
    for row in re.findall(r"<tr[^>]*><th scope=\"row\".*?</tr>", table[0], re.S):
        said = [re.sub(r"<[^>]+>", " ", c) for c in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)]
        title, *cells = [" ".join(html.unescape(c).split()) for c in said]
        found[title] = cells
    return found


MONTHS = "/chokepoints/coverage/months"


def listed(client, page: str, path: str) -> int:
    """How many rows the list has that a figure leads to."""
    assert path.replace("&", "&amp;") in page, path
    return client.get(path).text.count('<th scope="row"')


def test_figures_of_today_are_those_of_a_plain_count(as_user, cast, seeded) -> None:
    client = as_user("manager")
    page = client.get("/chokepoints/coverage").text
    now = rows_of(page, "今天（按领域）")
    # The walled deal of somebody else is neither shown nor counted; 500 of 1,900 is 26.3 %.
    assert now["全部"] == ["5", "1,900万 + 1 项未知", "3", "223.45万 + 1 项未知"]
    assert now["属卡脖子技术"] == ["2 40.0%", "500万 + 1 项未知 26.3%", "1 33.3%", "123.45万 55.2%"]
    domains = {k: v for k, v in now.items() if v[0] != "0" and k not in {"全部", "属卡脖子技术"}}
    assert sorted(v[0] for v in domains.values()) == ["1", "2"], "of two domains in both of them"
    assert listed(client, page, "/deals?open=yes") == 5
    assert listed(client, page, "/deals?open=yes&chokepoint=any") == 2
    assert listed(client, page, "/companies?invested=yes") == 3
    assert listed(client, page, "/companies?invested=yes&chokepoint=any") == 1
    owner = rows_of(as_user("outsider").get("/chokepoints/coverage").text, "今天（按领域）")
    assert owner["全部"][0] == "6" and owner["属卡脖子技术"][0] == "3 50.0%"
    assert owner["全部"][1] == "70万 + 5 项您的角色不可见", "terms of one's own deals alone"
    page = as_user("reader").get("/chokepoints/coverage").text
    assert rows_of(page, "今天（按领域）")["属卡脖子技术"] == ["2 40.0%", "1 33.3%"]
    assert "万" not in page and "成本" not in rows_of(page, "今天（按领域）")
    line = re.sub(r"<[^>]+>", "", as_user("partner").get("/committee").text)
    for words in ("管线项目 2/5 (40.0%)", "拟投 500万 + 1 项未知 (26.3%)", "已投企业 1/3"):
        assert words in " ".join(line.split()), words
    assert "覆盖 2 个领域" in line
    mail = client.get("/digests/preview/content").text
    assert "管线项目 2/5" in mail and "/deals?open=yes&amp;chokepoint=any" in mail
    book = openpyxl.load_workbook(io.BytesIO(as_user("partner").get("/deals.xlsx").get_data()))
    told = [str(cell.value) for row in book.worksheets[-1].iter_rows() for cell in row]
    assert any("管线项目 2/5" in words for words in told)


def test_what_happens_later_does_not_change_a_month_end(as_user, cast, seeded, at) -> None:
    client, owner, later = as_user("manager"), cast["manager"], dt.datetime.now(dt.UTC)
    first, last = month_ends(today(), 2)
    title = "各月末（按当时所知）"
    before = rows_of(client.get(MONTHS).text, title)
    assert set(before) == {first.isoformat(), last.isoformat()}, "months of nothing are left out"
    assert before[first.isoformat()] == before[last.isoformat()]
    assert before[last.isoformat()] == [
        *("2 / 5", "40.0%", "26.3% 500万 + 1 项未知"),
        *("1 / 3", "33.3%", "55.2% 123.45万"),
    ]
    deals, firms = seeded["deals"], seeded["firms"]
    with unit_of_work("seed", owner, at=later):
        for tag in tags.queries.tags_of([firms[0].id])[firms[0].id]:
            tags.reject(tag, "改作系统集成", owner, later)
        pipeline.state_terms(deals[0], {"amount_fen": 40 * WAN}, owner, later)
        pipeline.move(deals[4], Move("reject", **factories.WHY_NOT), owner, later)
        db.session.query(Holding).filter_by(company_id=firms[0].id).update({"superseded_at": later})
    page = client.get(MONTHS).text
    assert rows_of(page, title) == before
    main = client.get("/chokepoints/coverage").text
    assert f'hx-get="{MONTHS}"' in main and f'href="{MONTHS}"' in main
    now = rows_of(main, "今天（按领域）")
    assert now["属卡脖子技术"][0] == "1 25.0%" and now["全部"][2] == "2"
    for what, of, count in (
        *(("deals", "any", 2), ("deals", "all", 5)),
        *(("companies", "any", 1), ("companies", "all", 3)),
    ):
        path = f"/chokepoints/coverage/rows?day={last}&what={what}&of={of}"
        assert listed(client, page, path) == count, path
    for wrong in ("day=x&what=deals", f"day={last}&what=x", f"day={last}&what=deals&of=x", ""):
        assert client.get(f"/chokepoints/coverage/rows?{wrong}").status_code == 404
    page = as_user("reader").get(MONTHS).text
    assert rows_of(page, title)[last.isoformat()] == ["2 / 5", "40.0%", "1 / 3", "33.3%"]
    with unit_of_work("deal.wall", owner):
        deals[1].walled = True
    page = as_user("reader").get(MONTHS).text
    assert rows_of(page, title)[last.isoformat()][0] == "1 / 4", "who may not know of it any more"


def test_month_ends_are_whole_and_shares_are_rounded() -> None:
    assert month_ends(dt.date(2026, 3, 1), 3) == [
        dt.date(2025, 12, 31),
        dt.date(2026, 1, 31),
        dt.date(2026, 2, 28),
    ]
    assert per_cent(Fraction(2, 3)) == "66.7%" and per_cent(None) == ""
    for part, whole, said in (
        (18, 63, "28.6%"),
        (1, 2000, "0.1%"),
        (1, 80, "1.3%"),
        (5, 5, "100.0%"),
    ):
        assert per_cent(Fraction(part, whole)) == said, (part, whole)
    assert per_cent(Fraction(9999, 10000)) == "99.9%" and per_cent(Fraction(1, 10**5)) == "0.1%"
    assert per_cent(Fraction(0, 5)) == "0.0%"
    assert [tier(n, 8) for n in (0, 1, 2, 3, 8)] == [0, 1, 1, 2, 4]
    assert [(s.start, s.width) for s in segments([("a", 1), ("b", 3)])] == [(0, 25), (25, 75)]
