"""Each column of the board says how many deals rest there, and leads to just these."""

import datetime as dt
import html
import re

from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.pipeline import operations
from portfolio.pipeline.stages import Move
from tests import factories

NOW = dt.datetime.now(dt.UTC)
LATER = local_date(NOW) + dt.timedelta(days=60)
HELD = re.compile(r'<a class="held small" data-held href="([^"]*)">([^<]*)</a>')


def hold(deal, actor) -> None:
    with unit_of_work("deal.move", actor):
        operations.move(deal, Move("hold", revisit_on=LATER, **factories.WHY_HELD), actor, NOW)


def test_a_column_counts_the_deals_on_hold_there_in_no_more_queries(as_user, cast, queries) -> None:
    client, counts, manager = as_user("manager"), [], cast["manager"]
    factories.deal(manager)
    for number in (0, 1, 5):
        for n in range(number):
            hold(factories.deal(manager, name=f"搁置{number}-{n}"), manager)
        hold(factories.deal(cast["outsider"], name="金丝雀", walled=True), cast["outsider"])
        client.get("/board")
        queries.clear()
        page = client.get("/board").text
        counts.append(len(queries))
    assert len(set(counts)) == 1
    ((link, text),) = HELD.findall(page)
    assert text == "搁置 6 个" and "<span data-count>1</span>" in page
    listed = client.get(html.unescape(link)).text
    assert listed.count('class="name clamp"') == 6 and "金丝雀" not in listed
    mine = as_user("outsider").get("/board?mine=1").text
    ((link, text),) = HELD.findall(mine)
    assert text == "搁置 3 个" and f"owner={cast['outsider'].id}" in link


def test_the_board_hears_of_a_hold_as_it_happens(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    sent = factories.seen(deal, kind="hold", revisit_on=LATER.isoformat(), **factories.WHY_HELD)
    answer = as_user("manager").post(
        f"/deals/{deal.id}/moves", data=sent, headers={"Accept": "application/json"}
    )
    assert answer.json["columns"]["lead"] == {"count": 0, "sum": "", "held": "搁置 1 个"}
