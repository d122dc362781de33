"""Dated facts as people enter them: typed by the dictionary, appended, blanks change nothing."""

import datetime as dt
import re

import pytest

from portfolio.companies import queries
from portfolio.companies.fact_sheet import GROUPS, ORDER, read_facts
from portfolio.companies.models import Figure
from portfolio.extensions import db
from portfolio.readiness.inputs import region_of
from portfolio.readiness.results import results
from portfolio.rulebook.engine import Figures
from portfolio.rulebook.metrics import dictionary
from tests import factories
from tests.pages import sent_form

WAN = 10**6
SAID = {"as_of": "2026-03-31", "source": "公开转让说明书", "evidence": "第12页"}


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"], name_zh="青岛事实股份有限公司")


def current(company) -> dict[str, Figure]:
    rows = queries.current_rows([company.id])
    return {metric: row for (_, metric, year), row in rows.items() if year is None}


def test_facts_of_each_kind_are_kept_with_their_day_source_and_evidence(as_user, company) -> None:
    client = as_user("manager")
    typed = {
        "f-neeq_tier": "innovation",
        "f-expected_market_cap": "6.5亿",
        "f-public_float_pct": "25.5%",
        "f-equity_sold_at_valuation": "12.5%",
        "f-governance_sound": "true",
        "f-under_investigation": "false",
    }
    done = client.post(f"/companies/{company.id}/facts", data=SAID | typed)
    assert done.status_code == 302 and done.location.endswith(f"/companies/{company.id}#dated")
    rows = current(company)
    assert {name: (row.micro, row.choice) for name, row in rows.items()} == {
        "neeq_tier": (None, "innovation"),
        "expected_market_cap": (65_000 * WAN, None),
        "public_float_pct": (25_500_000, None),
        "equity_sold_at_valuation": (125_000, None),
        "governance_sound": (None, "true"),
        "under_investigation": (None, "false"),
    }
    row = rows["neeq_tier"]
    assert (row.as_of, row.source, row.evidence) == (dt.date(2026, 3, 31), *list(SAID.values())[1:])
    page = client.get(f"/companies/{company.id}").text
    assert "创新层" in page and "第12页" in page and "2026-03-31" in page


def test_a_blank_erases_nothing_and_a_correction_keeps_the_old_row(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    assert client.post(path, data=SAID | {"f-holders_post": "210"}).status_code == 302
    page = client.get(path).text
    sent = sent_form(page)
    assert {value for name, value in sent.items() if name.startswith("f-")} == {""}
    assert "210" in page
    assert client.post(path, data=sent | SAID | {"f-neeq_tier": "base"}).status_code == 302
    assert current(company)["holders_post"].micro == 210 * WAN
    assert client.post(path, data=sent | SAID | {"f-holders_post": "190"}).status_code == 302
    kept = db.session.query(Figure).filter_by(metric="holders_post").order_by(Figure.id).all()
    assert [(row.micro // WAN, row.superseded_at is None) for row in kept] == [
        (210, False),
        (190, True),
    ]


def test_facts_are_taken_back_from_the_message(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    client.post(path, data=SAID | {"f-neeq_tier": "base"})
    client.get(f"/companies/{company.id}")
    client.post(path, data=SAID | {"f-neeq_tier": "innovation", "f-governance_sound": "true"})
    undo = re.findall(r"/acts/\d+/undo", client.get(f"/companies/{company.id}").text)
    assert undo, "the message offers it"
    assert client.post(undo[0]).status_code == 302
    rows = {name: row.choice for name, row in current(company).items()}
    assert rows == {"neeq_tier": "base"}
    nothing = client.post(path, data=SAID | {"f-neeq_tier": "base"}, follow_redirects=True)
    assert "0 项" in nothing.text


def test_what_nobody_knows_any_more_is_said_and_makes_the_clause_unknown(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    client.post(path, data=SAID | {"f-governance_sound": "false"})
    readiness = f"/companies/{company.id}/readiness?target=all"
    assert 'class="node fail"' in client.get(readiness).text
    assert client.post(path, data=SAID | {"f-governance_sound": "unknown"}).status_code == 302
    row = current(company)["governance_sound"]
    assert (row.micro, row.choice) == (None, None)
    page = client.get(f"/companies/{company.id}").text
    assert "未知" in page.split('id="dated"')[1].split("</section>")[0]
    assert 'class="node fail"' not in client.get(readiness).text
    assert "条不满足" not in page


def test_errors_stand_at_their_field_and_nothing_typed_is_lost(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    typed = {
        "as_of": "2026-02-30",
        "source": "",
        "evidence": "<b>律师</b>函",
        "f-holders_post": "两百",
        "f-neeq_tier": "gold",
        "f-governance_sound": "true",
        "f-shares_offered": "１２０",
    }
    page = client.post(path, data=typed)
    assert page.status_code == 422 and not current(company)
    assert 'id="as_of-err"' in page.text and 'id="source-err"' in page.text
    assert 'id="e-holders_post"' in page.text and 'id="e-neeq_tier"' in page.text
    assert 'href="#f-holders_post"' in page.text
    back = sent_form(page.text)
    for name in ("as_of", "f-holders_post", "f-governance_sound", "f-shares_offered"):
        assert back[name] == typed[name], name
    assert "&lt;b&gt;律师&lt;/b&gt;函" in page.text


def test_a_doubtful_value_is_asked_about_and_a_day_to_come_refused(as_user, company) -> None:
    client = as_user("manager")
    path = f"/companies/{company.id}/facts"
    doubt = SAID | {"f-public_float_pct": "250"}
    asked = client.post(path, data=doubt)
    assert asked.status_code == 422 and "超过整体" in asked.text
    assert client.post(path, data=doubt | {"confirmed": "y"}).status_code == 302
    late = client.post(path, data=SAID | {"as_of": "2999-01-01", "f-holders_post": "1"})
    assert late.status_code == 422 and "尚未到来" in late.text


def test_only_those_who_write_companies_find_the_form_and_the_links(as_user, company) -> None:
    page = as_user("reader").get(f"/companies/{company.id}").text
    assert "/facts" not in page and "补填" not in page
    assert as_user("reader").get(f"/companies/{company.id}/facts").status_code == 403


def test_every_unknown_clause_leads_to_the_very_input_it_lacks(as_user, company) -> None:
    client = as_user("manager")
    page = client.get(f"/companies/{company.id}/readiness?target=all").text
    links = re.findall(r'class="fillin noprint" href="([^"]+)"', page)
    asked = {
        name
        for result in results(Figures(None), dt.date(2026, 11, 23), region_of("", company.uscc))
        for leaf in result.tests
        if leaf.status in {"unknown", "manual"}
        for name, _ in leaf.missing
    }
    inputs = {name for metric in asked for name in dictionary()[metric].inputs or (metric,)}
    assert {
        link.split("/")[-1] if "judgements" in link else link.split("#")[1][2:] for link in links
    } >= inputs and len(inputs) > 60
    assert any("facts?metric=neeq_tier" in link for link in links)
    assert any("figures" in link and "net_profit_parent" in link for link in links)
    for link in set(links):
        path, _, anchor = link.replace("&amp;", "&").partition("#")
        assert f'id="{anchor or "verdict"}"' in client.get(path).text, link
    past = client.get(f"/companies/{company.id}/readiness?target=all&as_of=2026-11-24").text
    assert "补填" not in past, "what was not known then is not filled in now"


def test_every_fact_that_is_not_derived_is_asked_for_once() -> None:
    wanted = {m.id for m in dictionary().values() if not m.yearly and not m.derive}
    assert sorted(m.id for m in ORDER) == sorted(wanted)
    assert all(group.metrics for group in GROUPS)
    assert read_facts({"holders_post": " ", "neeq_tier": ""}, {}).values == {}
