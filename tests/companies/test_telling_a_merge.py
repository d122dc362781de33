"""The history of a merge, and its page, tell everything that was taken and moved."""

import re

import pytest
from flask import g

from portfolio.companies.models import TERMS, Document
from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from tests import factories
from tests.companies.merging import NOW, WAN, furnished


@pytest.fixture
def merged(as_user, cast):
    """Two companies of which one was merged into the other, with a figure of each outcome."""
    with unit_of_work("seed", cast["manager"], at=NOW):
        one, other, _ = furnished(cast["manager"])
    with unit_of_work("figure.state", cast["manager"]):
        said = [
            Statement(one.id, "rd_spend", 2025, micro=WAN, audited=True),
            Statement(other.id, "rd_spend", 2025, micro=3 * WAN, audited=False),
            Statement(one.id, "net_profit_parent", 2025, micro=4 * WAN),
            Statement(other.id, "net_profit_parent", 2025, micro=6 * WAN),
        ]
        state_figures(said, cast["manager"], NOW)
    factories.deal(cast["colleague"], company=other, name="金丝雀", walled=True)
    numbers = one.id, other.id
    fields = {
        "version": one.version,
        "other_version": other.version,
        "meant": "1",
        "field-industry": "theirs",
    }
    fields |= {"field-name_zh": "theirs"}
    fields |= {"figure-rd_spend-2025": "theirs", "figure-net_profit_parent-2025": "mine"}
    client = as_user("manager")
    db.session.rollback()
    assert client.post("/companies/{}/merge/{}".format(*numbers), data=fields).status_code == 302
    return numbers


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_its_page_lists_figures_fields_and_what_went_over(as_user, merged) -> None:
    one, other = merged
    client = as_user("reader")
    page = client.get(f"/companies/{one}/merges/{other}").text
    text = plain(page)
    for words in (
        "数据 6",
        "人员 1",
        "待办 1",
        "文件 1",
        "技术标签 1",
        "融资轮次 1",
        "项目 1",
        "行业 青岛海纳 → 海纳传动",
    ):
        assert words in text, words
    assert "并入青岛海纳传动有限公司" in text, "as it was called then"
    assert "研发投入 2025 万元 3.00 未审计 — 取代原值 1.00" in text
    outcomes = re.findall(r'class="badge">([^<]+)', page)
    assert sorted(outcomes) == sorted(["取代原值", "未取用", "转入", "并列待定", "并列待定"])
    assert "金丝雀" not in text
    assert "项目 2" in plain(as_user("colleague").get(f"/companies/{one}/merges/{other}").text)


def test_the_history_of_either_tells_of_the_figures_taken_and_their_audit(as_user, merged) -> None:
    one, other = merged
    client = as_user("manager")
    page = client.get(f"/records/company/{other}/history", follow_redirects=True).text
    assert f'href="/companies/{one}/merges/{other}"' in page
    text = plain(page)
    assert re.search(r"研发投入 2025 1万元 → 3万元 · 未审计", text)
    assert "转入 · 人员 1" in text and "转入 · 数据 6" in text
    assert "并列待定" in text
    client.post("/language", data={"locale": "en"})
    vars(g).clear()  # the language is kept for as long as a context lasts
    assert "Not audited" in client.get(f"/records/company/{one}/history").text


def test_papers_with_terms_are_not_counted_for_who_may_not_read_them(as_user, merged) -> None:
    one, other = merged
    with unit_of_work("document.change"):
        papers = db.session.query(Document).filter_by(company_id=one)
        papers.order_by(Document.id.desc()).first().kind = TERMS
    address = f"/companies/{one}/merges/{other}"
    assert "文件 1" not in plain(as_user("reader").get(address).text)
    assert "文件 1" in plain(as_user("partner").get(address).text)


def test_there_is_no_page_of_what_was_not_merged(as_user, merged) -> None:
    one, other = merged
    client = as_user("reader")
    assert client.get(f"/companies/{one}/merges/{one}").status_code == 404
    assert client.get(f"/companies/{one}/merges/99999").status_code == 404
    led = client.get(f"/companies/{other}/merges/{other}")
    assert led.location.endswith(f"/companies/{one}/merges/{other}")
    assert as_user("committee").get(f"/companies/{one}/merges/{other}").status_code == 404
