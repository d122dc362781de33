"""The list of deals in the order of each of its columns, the file of it in the same."""

import csv
import datetime as dt
import io
import re

import pytest

from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.pipeline.models import Deal
from tests import factories

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def deals(cast) -> None:
    """Three whose stages, days, rounds, owners and next steps are each in another order."""
    rows = [
        ("甲", 9, cast["manager"], "dd", "a", local_date(NOW) + DAY),
        ("乙", 5, cast["outsider"], "pool", "seed", None),
        ("丙", 20, cast["colleague"], "screening", "angel", local_date(NOW)),
    ]
    for name, days, owner, stage, funding, step in rows:
        deal = factories.deal(owner, name=name)
        with unit_of_work("seed"):
            row = db.session.get_one(Deal, deal.id)
            row.stage, row.stage_entered_at = stage, NOW - days * DAY
            row.round, row.next_step_on = funding, step


@pytest.mark.parametrize(
    ("key", "up"),
    [
        ("stage", "乙丙甲"),
        ("days", "乙甲丙"),
        ("round", "乙丙甲"),
        ("owner", "丙甲乙"),
        ("next", "丙甲乙"),
    ],
)
def test_each_column_sorts_both_ways_on_the_page_and_in_the_file(as_user, deals, key, up) -> None:
    client = as_user("partner")
    down = up[::-1] if key != "next" else "甲丙乙"  # what is not known comes last
    for sort, wanted in ((key, up), (f"-{key}", down)):
        page = client.get(f"/deals?sort={sort}").text
        assert "".join(re.findall(r'class="name clamp"[^>]*>([甲乙丙])<', page)) == wanted, sort
        assert page.count("aria-sort=") == 1
        sheet = client.get(f"/deals.csv?sort={sort}").get_data().decode("utf-8-sig")
        numbers = [row["项目经理"] for row in csv.DictReader(io.StringIO(sheet))]
        owners = {"甲": "Manager", "乙": "Outsider", "丙": "Colleague"}
        assert numbers == [owners[name] for name in wanted]


def test_a_stage_that_two_pipelines_have_is_called_as_each_calls_it(as_user, cast) -> None:
    client = as_user("partner")
    for key, called in (("", "协议 / 签约"), ("direct", "协议"), ("subfund", "签约")):
        asked = {"pipeline": key, "stage": "signing"}
        page = client.get("/deals", query_string=asked).text
        assert f">{called}</option>" in page, key
        if key:
            behind = client.get("/funnel/deals", query_string=asked | {"what": "reached"}).text
            assert "协议 / 签约" not in behind and called in behind
