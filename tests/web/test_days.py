"""Days are the same for everybody, whatever zone clock times are shown in."""

import datetime as dt
import re
from pathlib import Path

import pytest

import portfolio
from portfolio.digest import content_queries
from portfolio.extensions import db
from portfolio.kernel.dates import local_date, start_of
from tests import factories

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)
CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
HERE = Path(portfolio.__path__[0])
# Where it is another day than in Shanghai for most of the day, earlier and later.
ZONES = ("Asia/Shanghai", "Pacific/Honolulu", "Pacific/Kiritimati")


def days_told(cast, as_user, deal) -> dict[str, str]:
    client = as_user("manager")
    moment = dt.datetime.now(dt.UTC)
    slow = content_queries.one_part(cast["manager"], "slow", moment, moment)
    stay = re.compile(r'class="stay">.*?</p>', re.DOTALL)
    return {
        "page": stay.search(client.get(f"/deals/{deal.id}").text)[0],
        "board": client.get("/board").text.split(deal.name)[1].split("</li>")[0],
        "list": client.get("/deals").text.split(deal.name)[-1].split("</tr>")[0],
        "digest": str([line.days for line in slow.lines]),
        "file": re.search(r"_(\d{8})", client.get("/deals.csv").headers["Content-Disposition"])[1],
    }


@pytest.mark.parametrize("edge", [dt.timedelta(0), dt.timedelta(microseconds=-1)])
def test_every_page_counts_the_same_days_in_every_zone(app, cast, as_user, edge) -> None:
    entered = start_of(local_date(NOW) - 40 * DAY).astimezone(dt.UTC) + edge
    deal = factories.deal(cast["manager"], entered, name="晨光二号")
    db.session.commit()
    told = []
    for zone in ZONES:
        app.config["TZ_DISPLAY"] = zone
        told.append(days_told(cast, as_user, deal))
    for other in told[1:]:
        for name, text in told[0].items():
            assert CLOCK.sub("", other[name]) == CLOCK.sub("", text), name
    assert len({line["list"] for line in told}) == len(ZONES), "clock times are each zone's own"


def test_no_module_makes_a_day_of_an_instant_by_itself() -> None:
    own = re.compile(
        r"astimezone\([^)]*\)\.date\(\)|local\([^()]*(\(\))?\)\.date\(\)|date\.today\("
    )
    # A schedule of digests has a zone of its own, in which it finds its Monday.
    but = {HERE / "kernel" / "dates.py", HERE / "digest" / "slots.py"}
    found = [path for path in HERE.rglob("*.py") if own.search(path.read_text("utf-8"))]
    assert set(found) <= but
