"""Filling in what is unknown: each link leads to an input, and what is entered there decides."""

import datetime as dt
import re

from portfolio.kernel.dates import local_date, reported_year
from portfolio.rulebook.metrics import dictionary
from tests import factories
from tests.pages import sent_form

LINK = re.compile(r'class="fillin noprint" href="([^"]+)"')
SAID = {"as_of": "2026-03-31", "source": "公开转让说明书"}


def readiness_of(client, company) -> str:
    page = client.get(f"/companies/{company.id}").text
    return page.split('<section class="card" id="readiness">')[1].split("</section>")[0]


def fill_in(client, link: str, number: str) -> None:
    """Follow a link as a person does: enter a value where it leads, and save."""
    path, field = link.replace("&amp;", "&").split("#")
    metric = dictionary()[field[2:]]
    value = number if metric.numeric else (metric.values or ("true",))[0]
    page = client.get(path).text
    assert f'id="{field}"' in page, link
    sent = sent_form(page) | {field: value} | SAID
    assert client.post(path, data=sent).status_code == 302, link


def test_following_the_links_decides_every_clause(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    section = readiness_of(client, company)
    assert section.count("满足") == section.count("不满足") == 0 < section.count("补填")
    year = reported_year(local_date(dt.datetime.now(dt.UTC)))
    assert f"figures?fiscal_year={year}#" in section, "the year that counts, where none is known"
    for _ in range(200):
        links = LINK.findall(section)
        if not links:
            break
        fill_in(client, links[0], "30")
        section = readiness_of(client, company)
        assert links[0] not in LINK.findall(section), "what was entered is asked for no more"
    assert "待补材料" not in section
    assert "不满足" in section and ">满足<" in section


def test_a_number_below_or_above_the_threshold_turns_unknown_into_not_met_or_met(
    as_user, cast
) -> None:
    client = as_user("manager")
    verdicts = []
    for number in ("199", "200"):
        company = factories.company(cast["manager"])
        links = LINK.findall(readiness_of(client, company))
        fill_in(client, next(link for link in links if "#f-holders_post" in link), number)
        section = readiness_of(client, company)
        row = next(r for r in section.split("<tr>") if "股东人数不少于" in r)
        verdicts.append(re.sub(r"<[^>]+>", " ", row).split("200 人")[-1].split()[0:2])
    assert verdicts == [["差", "1"], ["满足", "2.1.2(六)"]]
