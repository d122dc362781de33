"""The map: figures equal a plain count, walls and denied terms hold, a cell opens its companies."""

import datetime as dt
import html
import re

import pytest

from portfolio.chokepoint.taxonomy import shipped
from portfolio.coverage.phases import phases
from portfolio.extensions import db, unit_of_work
from portfolio.pipeline.models import Deal, Holding
from portfolio.pipeline.queries import newest_first
from tests import factories

WAN = 10**6


def tag(cast, company, technology, level="E2", now=None, second=True, **more):
    at = now or dt.datetime.now(dt.UTC)
    with unit_of_work("seed", cast["manager"], at=at):
        return factories.claimed(
            *(company.id, technology, level, cast["manager"], at),
            cast["partner"] if second else None,
            **more,
        )


def hold(deal, fen, at=None):
    with unit_of_work("seed"):
        row = Holding(
            vehicle_id=deal.vehicle_id,
            company_id=deal.company_id,
            deal_id=deal.id,
            cost_fen=fen,
            recorded_at=at or dt.datetime.now(dt.UTC),
        )
        db.session.add(row)
        db.session.flush()
        return row


@pytest.fixture
def seeded(cast):
    """Three companies that count (one in two technologies), one that is only claimed; five deals."""
    now, owner = dt.datetime.now(dt.UTC), cast["manager"]
    one, two, three, claimed = (
        factories.company(owner, name_zh=f"青岛{n}光电有限公司") for n in "甲乙丙丁"
    )
    for company in (one, two, three):
        tag(cast, company, "uv-led")
    tag(cast, one, "lidar")
    tag(cast, claimed, "uv-led", "E1", second=False)

    def deal(company, **more):
        return factories.deal(owner, now, company=company, **more)

    deals = {
        "known": deal(one, terms={"amount_fen": 500 * WAN}),
        "unknown": deal(one),
        "walled": deal(two, terms={"amount_fen": 77 * WAN}, walled=True),
        "claimed": deal(claimed, terms={"amount_fen": 900 * WAN}),
    }
    factories.advance(deals["known"], owner, "pool")
    deals["given_up"] = deal(three, terms={"amount_fen": 30 * WAN})
    with unit_of_work("seed", owner):
        deals["given_up"].status = "rejected"
    hold(deals["known"], 123_456_789)
    hold(deals["walled"], 55 * WAN)
    return {"deals": deals, "companies": (one, two, three, claimed)}


def rows_of(page: str) -> dict[str, list[str]]:
    """The rows of the table that stands for the chart, by technology."""
    found = {}
    for key, row in re.findall(
        r'<tr><th scope="row"><a href="/chokepoints/technologies/([\w-]+)[^"]*">(.*?)</tr>', page
    ):
        cells = [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"<td.*?</td>", row)]
        found[key] = [" ".join(html.unescape(cell).split()) for cell in cells]
    return found


def test_figures_are_those_of_a_plain_count_for_each_reader(as_user, cast, seeded) -> None:
    page = as_user("manager").get("/chokepoints").text
    rows = rows_of(page)
    assert len(rows) == len(shipped().technologies)
    _, firms, deals, stages, amount, invested = rows["uv-led"]
    assert (firms, deals) == ("3", "3") and "线索 2" in stages and "项目库 1" in stages
    assert amount == "577万 + 1 项未知" and invested == "178.45万"
    assert rows["lidar"][1:3] == ["1", "2"] and "gap" in page
    plain = [t for t in shipped().technologies if t not in {"uv-led", "lidar"}]
    assert all(rows[t][1:3] == ["0", "无项目"] for t in plain)
    assert f"{len(plain)} 项无项目" in page
    outside = rows_of(as_user("partner").get("/chokepoints").text)["uv-led"]
    assert outside[1:3] == ["3", "2"] and outside[4:] == ["500万 + 1 项未知", "123.45万"]
    page = as_user("reader").get("/chokepoints").text
    assert rows_of(page)["uv-led"][1:3] == ["3", "2"] and len(rows_of(page)["uv-led"]) == 4
    assert "万" not in re.sub(r"<head>.*?</head>", "", page, flags=re.S), "no amount in any form"
    assert rows_of(as_user("committee").get("/chokepoints").text)["uv-led"][1] == "0"
    one, two = seeded["companies"][:2]
    factories.deal(cast["manager"], dt.datetime.now(dt.UTC), company=one)
    hold(seeded["deals"]["walled"], 5 * WAN)
    tag(cast, two, "lidar")
    again = rows_of(as_user("manager").get("/chokepoints").text)
    assert again["lidar"][1:3] == ["2", "4"] and again["uv-led"][2] == "4", (
        "what is kept is told anew"
    )
    assert again["uv-led"][5] == "183.45万"
    outside = rows_of(as_user("partner").get("/chokepoints").text)
    assert outside["lidar"][1:3] == ["2", "3"] and outside["uv-led"][5] == "123.45万"


def test_conditions_narrow_the_map_and_go_on_to_the_list(as_user, cast, seeded) -> None:
    client = as_user("manager")

    def asked(query: str):
        return rows_of(client.get(f"/chokepoints?{query}").text)

    domain = shipped().technologies["lidar"].domain
    assert asked(f"domain={domain}").keys() == {t.id for t in shipped().of_domain(domain)}
    listed = {t.id for t in shipped().technologies.values() if "2018-35" in t.lists}
    assert asked("list=2018-35").keys() == listed
    assert asked("level=E0")["uv-led"][1:3] == ["4", "4"]
    assert asked("level=E3")["uv-led"][1:3] == ["0", "无项目"]
    assert asked("stage=pool")["uv-led"][1:3] == ["3", "1"]
    assert "uv-led" not in asked("gaps=1") and "uv-led" in asked("gaps=1&stage=dd")
    assert asked("nonsense=1&domain=x&level=E9&stage=y").keys() == shipped().technologies.keys()
    other = as_user("partner")
    assert rows_of(other.get("/chokepoints?own=1").text)["uv-led"][2] == "无项目"
    link = re.search(
        r'href="(/chokepoints/technologies/uv-led[^"]*)"', client.get("/chokepoints?level=E0").text
    )
    assert link and "level=E0" in link[1]
    assert client.get(link[1]).text.count('<th scope="row">') == 4


def test_a_technology_shows_its_companies_side_by_side(as_user, cast, seeded, queries) -> None:
    client = as_user("manager")
    page = client.get("/chokepoints/technologies/uv-led").text
    assert page.count('<th scope="row">') == 3 and "青岛丁光电" not in page
    assert "日亚化学" in page and "小批量" in page and "E2 有第三方证据" in page
    behind = re.search(r'href="(/deals\?[^"]*chokepoint=uv-led[^"]*)"', page)
    assert behind
    found = client.get(html.unescape(behind[1])).text
    assert len(re.findall(r'<th scope="row"', found)) == 3
    assert "卡脖子技术: " in found
    outside = as_user("partner")
    page = outside.get("/chokepoints/technologies/uv-led").text
    walled = seeded["deals"]["walled"]
    assert f"/deals/{walled.id}" not in page and "青岛乙光电" in page
    asked = []
    for more in (2, 6):
        for _ in range(more):
            company = factories.company(cast["manager"])
            tag(cast, company, "uv-led")
            deal = factories.deal(cast["manager"], dt.datetime.now(dt.UTC), company=company)
            factories.advance(deal, cast["manager"], "pool")
        queries.clear()
        page = outside.get("/chokepoints/technologies/uv-led?stage=pool").text
        asked.append((page.count('<th scope="row">'), len(queries)))
    assert [rows for rows, _ in asked] == [3, 9] and asked[0][1] == asked[1][1]
    assert outside.get("/chokepoints/technologies/nothing").status_code == 404
    assert as_user("admin").get("/chokepoints/technologies/uv-led").status_code == 403


def test_stages_have_phases(app) -> None:
    found = phases().of_stages(newest_first("direct"))
    assert (found["lead"], found["ic"], found["closing"]) == ("sourcing", "deciding", "deciding")
    assert set(phases().invested(newest_first("direct"))) == {"post", "exit", "closed"}
    assert db.session.query(Deal).count() == 0
