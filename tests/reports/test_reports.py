"""Reports: the page and the paper say the same, in both languages; the same day, the same bytes."""

import datetime as dt

import pytest
import sqlalchemy as sa

from portfolio.audit.models import AuditEntry
from portfolio.companies import operations
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.reports.kinds import kinds, read_kinds
from portfolio.reports.paper import pdf
from tests import factories

DAY = dt.date(2026, 11, 27)
NOW = dt.datetime(2026, 11, 27, 4, 0, tzinfo=dt.UTC)
FIGURES = {
    "revenue": 9500,
    "net_profit_parent": 1000,
    "net_profit_parent_ex_nonrecurring": 900,
}
WORDS = (
    *("overview", "target", "verdict", "missing", "recognition", "clause", "value", "threshold"),
    *("source", "steps", "data", "figure", "year", "recorded", "unverified", "no_data"),
    *("no_steps", "preassessment", "gaps"),
)


@pytest.fixture
def company(cast):
    found = factories.company(cast["manager"], name_zh="青岛海纳百川半导体材料股份有限公司")
    stated = [
        Statement(found.id, name, 2025, micro=wan * 10**6, source="审计报告", audited=True)
        for name, wan in FIGURES.items()
    ]
    with unit_of_work("figure.state", cast["manager"], at=NOW):
        operations.state_figures(stated, cast["manager"], NOW)
    return found


def address(company, key: str = "listing", ending: str = "", on: str = "2026-11-27") -> str:
    return f"/companies/{company.id}/reports/{key}{ending}?on={on}"


@pytest.mark.parametrize("key", sorted(kinds()))
def test_a_report_names_every_chapter_with_sources_and_the_data_used(
    as_user, company, key: str
) -> None:
    page = as_user("reader").get(address(company, key)).text
    assert company.name_zh in page and "2026-11-27 预评估" in page and "不是认定" in page
    assert all(chapter.zh in page for chapter in kinds()[key].chapters)
    assert "审计报告 · 已审计" in page and "9500万" in page.replace(",", "")


def test_the_listing_report_shows_which_net_profit_counted(as_user, company) -> None:
    page = as_user("reader").get(address(company)).text
    assert "扣除非经常性损益后归属于母公司股东的净利润 900万（" in page


def test_what_would_bring_it_on_is_named_the_nearest_first(as_user, company) -> None:
    page = as_user("reader").get(address(company)).text
    steps = page.split('<ol class="steps">')[1].split("</ol>")[0]
    assert steps.count("<li>") >= 5 and "补齐“" in steps
    assert "北交所标准一：" in steps and "差" in steps


def test_a_past_day_takes_the_rules_of_that_day(as_user, company) -> None:
    past = as_user("reader").get(address(company, on="2022-04-15")).text
    assert "2022-04-15 预评估" in past and "尚未施行" in past
    assert "尚未施行" not in as_user("reader").get(address(company)).text


def test_the_paper_has_the_same_bytes_twice_and_others_on_another_day(as_user, company) -> None:
    client = as_user("partner")
    first, again = (client.get(address(company, ending=".pdf")) for _ in range(2))
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert first.data.startswith(b"%PDF-") and first.data == again.data
    assert client.get(address(company, ending=".pdf", on="2026-11-26")).data != first.data
    assert f"listing_{company.id}_20261127.pdf" in first.headers["Content-Disposition"]


def test_a_paper_that_was_taken_stands_in_the_trail(as_user, company) -> None:
    as_user("partner").get(address(company, ending=".pdf"))
    row = db.session.scalar(sa.select(AuditEntry).where(AuditEntry.action == "report.take"))
    assert row is not None and row.object_id == company.id


def test_who_may_not_export_sees_the_page_without_the_paper(as_user, company) -> None:
    client = as_user("reader")
    assert ".pdf" not in client.get(address(company)).text
    assert client.get(address(company, ending=".pdf")).status_code == 403
    assert ".pdf" in as_user("partner").get(address(company)).text


def test_there_are_no_other_reports_and_no_other_companies(as_user, company) -> None:
    client = as_user("partner")
    for path in (address(company, "nothing"), address(company, "nothing", ".pdf")):
        assert client.get(path).status_code == 404
    for ending in ("", ".pdf"):
        assert client.get(f"/companies/999/reports/srdi{ending}").status_code == 404


def test_hostile_text_stays_text_on_the_paper() -> None:
    content = {
        "title": "#panic()",
        "language": "en",
        "company": "$ #[x] *b* `c` <d>",
        "basis": "@ref",
        "facts": [["Code", "#let"]],
        "chapters": [],
        "steps": ["#import"],
        "data": [],
        "notice": "_n_",
        "labels": dict.fromkeys(WORDS, "#x"),
    }
    assert pdf(content, DAY).startswith(b"%PDF-")


def test_a_report_on_an_unknown_target_is_refused() -> None:
    chapter = '[[report.chapter]]\nzh="乙"\nen="B"\ntargets=["nope"]\n'
    with pytest.raises(ValueError, match="nope"):
        read_kinds(f'[[report]]\nkey="a"\nzh="甲"\nen="A"\n{chapter}')


def test_each_number_has_its_distance_beside_it(as_user, company) -> None:
    client = as_user("partner")
    rows = client.get(address(company)).text.split("<tr class=")
    kinds_of = {
        kind: [row for row in rows if f'class="bar wide {kind}"' in row]
        for kind in ("pass", "fail", "unknown")
    }
    assert any("归属于母公司股东的净利润 900万" in row for row in kinds_of["fail"])
    assert any("预计市值" in row for row in kinds_of["unknown"]) and kinds_of["pass"]
    assert not any("（满足其一即可）" in row for found in kinds_of.values() for row in found)


def test_an_english_report_has_english_brackets(as_user, company) -> None:
    client = as_user("reader")
    client.set_cookie("lang", "en")
    page = client.get(address(company)).text
    assert " (one is enough)" in page and "（one is enough）" not in page
