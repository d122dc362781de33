"""Filling in what is unknown: each link leads to an input, and what is entered there decides."""

import datetime as dt
import re
from collections.abc import Iterable

from portfolio.kernel.dates import local_date, reported_year
from portfolio.rulebook.metrics import dictionary
from tests import factories
from tests.pages import sent_form

LINK = re.compile(r'class="fillin noprint" href="([^"]+)"')
SAID = {"as_of": "2026-03-31", "source": "公开转让说明书"}


def readiness_of(client, company) -> str:
    page = client.get(f"/companies/{company.id}/readiness?target=all").text
    return page.split('<main id="main"')[1].split("</main>")[0]


def states(section: str) -> set[str]:
    return {*re.findall(r'class="node (\w+)', section)}


def fill_in(client, links: Iterable[str], number: str) -> None:
    """Follow links that lead to one form as a person does: enter values there, and save."""
    path, values = "", {}
    for link in links:
        if "#" not in link:  # what a person judges has a page of its own
            judged = {"verdict": "true", "judged_on": "2026-03-31", "evidence": "意见书"} | SAID
            assert client.post(link, data=judged).status_code == 302, link
            return
        path, field = link.replace("&amp;", "&").split("#")
        metric = dictionary()[field[2:]]
        typed = "0.3" if metric.unit == "fraction" else number
        values[field] = typed if metric.numeric else (metric.values or ("true",))[0]
    page = client.get(path).text
    assert [field for field in values if f'id="{field}"' not in page] == []
    assert (
        client.post(path, data=sent_form(page) | values | SAID | {"confirmed": "y"}).status_code
        == 302
    ), path


def form_of(link: str) -> str:
    return link.split("#")[0].split("metric=")[0]


def test_following_the_links_decides_every_clause(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    section = readiness_of(client, company)
    assert "fail" not in states(section) and {"unknown", "manual"} <= states(section)
    year = reported_year(local_date(dt.datetime.now(dt.UTC)))
    assert f"figures?fiscal_year={year}#" in section, "the year that counts, where none is known"
    for _ in range(60):
        links = LINK.findall(section)
        if not links:
            break
        asked = {link for link in links if form_of(link) == form_of(links[0])}
        fill_in(client, asked, "30")
        section = readiness_of(client, company)
        assert not asked & {*LINK.findall(section)}, "what was entered is asked for no more"
    assert states(section) == {"pass", "fail"}


def test_a_number_below_or_above_the_threshold_turns_unknown_into_not_met_or_met(
    as_user, cast
) -> None:
    client = as_user("manager")
    verdicts = []
    for number in ("199", "200"):
        company = factories.company(cast["manager"])
        links = LINK.findall(readiness_of(client, company))
        fill_in(client, [x for x in links if "#f-holders_post" in x], number)
        section = readiness_of(client, company)
        rows = section.split('id="t-bse-general"')[1].split('<li class="node')
        row = next(row for row in rows if "股东人数不少于" in row)
        verdicts.append(re.sub(r"<[^>]+>", " ", row).split("200人")[-1].split()[0:3])
    assert verdicts == [["差", "1人", "2.1.2(六)"], ["满足", "2.1.2(六)", "V5"]]
