"""Suggestions from all that is written of a company: description, products, patents' titles, notes.

data/sources.jsonl holds titles, lists and notes that we wrote ourselves, labelled by what they mean
before they were run; of those marked `later` the rules had not been seen either.
"""

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest

from portfolio.chokepoint import operations, queries
from portfolio.chokepoint.joining import claimed, named
from portfolio.chokepoint.lexicon import lexicon
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import FILE, FaultySources, Text, book, read_sources
from portfolio.chokepoint.suggest import suggest
from portfolio.companies import operations as companies
from portfolio.companies.models import Activity, Document
from portfolio.extensions import db, unit_of_work
from tests import factories

LABELLED = Path(__file__).with_name("data") / "sources.jsonl"
NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
MADE = "公司自主研发激光雷达，已量产。"


def sure(*texts: tuple[str, str], technology: str = "lidar") -> float:
    """How sure some texts make one of a technology; 0 where none names it."""
    found = named([Text(*text) for text in texts], lexicon())
    return next((one.confidence for one in found if one.technology.id == technology), 0)


def test_each_source_is_read_in_its_own_way() -> None:
    seen: dict[str, Counter[str]] = {}
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        claims = claimed([Text(row["source"], row["text"])], lexicon())
        have, want = {one.technology.id for one in claims}, set(row["labels"])
        count = seen.setdefault(row["source"], Counter())
        count.update(right=len(have & want), wrong=len(have - want), missed=len(want - have))
        plain = {s.technology.id for s in suggest(row["text"])}
        count.update(plainly=len(plain & want), off=len(plain ^ want), rows=1)
    f1 = {
        name: 2 * n["right"] / (2 * n["right"] + n["wrong"] + n["missed"])
        for name, n in seen.items()
    }
    plain_f1 = {n: 2 * c["plainly"] / (2 * c["plainly"] + c["off"]) for n, c in seen.items()}
    assert sum(count["rows"] for count in seen.values()) == 122
    for name, least in (("patent", 0.82), ("products", 0.95), ("note", 0.9)):
        assert f1[name] >= least, f1
        assert f1[name] > plain_f1[name], (f1, plain_f1)


def test_a_source_is_worth_what_it_is_and_several_say_more() -> None:
    alone = sure(("description", MADE))
    assert alone == suggest(MADE)[0].confidence, "a description is read as ever"
    assert 0.55 <= sure(("note", MADE)) <= 0.75 < alone
    title = ("patent", "一种激光雷达及其测距方法")
    both = sure(("note", MADE), title)
    assert sure(title) < both < sure(("note", MADE), title, ("products", "激光雷达"))
    bought = ("description", "公司采购激光雷达，用于园区巡检。")
    assert sure(("note", MADE), bought) < sure(("note", MADE))
    assert sure(("note", "客户自研激光雷达。")) == sure(("patent", "一种用于激光雷达的支架")) == 0
    one = claimed([Text("products", "激光雷达"), Text(*title)], lexicon())[0]
    assert one.sources == "products patent" and len(one.digests.split()) == 2
    assert [part.text.text[slice(*part.said.places[0])] for part in one.parts] == ["激光雷达"] * 2


@pytest.mark.parametrize(
    ("old", "new"), [('zh = "业务描述"', 'zh = ""'), ("stuffing = -1.0", "stuffin = -1.0")]
)
def test_the_file_of_sources_is_checked(old: str, new: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert read_sources(text).sources.keys() == book().sources.keys()
    with pytest.raises(FaultySources):
        read_sources(text.replace(old, new))


def note(text: str, kind: str = "note", **owner: int) -> Activity:
    with unit_of_work("activity.note"):
        return companies.note_activity(text, kind, None, NOW, **owner)


def patent(title: str, person, **owner: int) -> Document:
    with unit_of_work("document.keep"):
        kept = companies.keep_document(
            title.encode(), "a.pdf", "", person, NOW, title, "patent", **owner
        )
        return kept.document


def refresh(company) -> dict[str, str]:
    with unit_of_work("tag.suggest"):
        operations.refresh_suggestions(company, dt.datetime.now(dt.UTC))
    found = {t.technology: t.state for t in queries.tags_of([company.id]).get(company.id, [])}
    db.session.rollback()
    return found


def test_the_review_shows_where_each_word_stands_and_nothing_behind_a_wall(as_user, cast) -> None:
    person = cast["manager"]
    company = factories.company(person, products="谐波减速器、伺服电机", description="一家新企业。")
    walled = factories.deal(person, company=company, walled=True)
    both = {"company_id": company.id, "deal_id": walled.id}
    note("公司自主研发光刻胶金丝雀，已量产。", **both)
    patent("一种光刻胶金丝雀及其制备方法", person, **both)
    patent("一种激光雷达及其测距方法", person, company_id=company.id)
    note("公司自主研发深紫外LED芯片，已量产。", company_id=company.id)
    note("公司自主研发质谱仪。", "visit", company_id=company.id)
    assert refresh(company) == dict.fromkeys(("reducers", "lidar", "uv-led"), "suggested")
    rows = {tag.technology: tag for tag in queries.tags_of([company.id])[company.id]}
    assert {name: row.sources for name, row in rows.items()} == {
        "reducers": "products",
        "lidar": "patent",
        "uv-led": "note",
    }
    client = as_user("partner")
    base = f"/companies/{company.id}"
    pages = [f"{base}/technologies/lidar", f"{base}/tags/{rows['lidar'].id}/rejection", base]
    for path in ("/chokepoints/review", *pages):
        page = client.get(path).text
        assert "专利名称" in page and "一种<mark>激光雷达</mark>及其测距方法" in page, path
        assert ("光刻胶" not in page and "金丝雀" not in page) or path == base, path
    assert "<mark>谐波减速器</mark>" in page and "跟进记录" in page, "on the company's page"
    assert "光刻胶" not in as_user("reader").get(base).text
    asked = client.get(f"{base}/tags?technology=lidar").text
    assert "专利名称中写明：“激光雷达”" in asked
    other = factories.company(person, description=MADE)
    assert {n: [t.source for t in of] for n, of in texts_of([company.id, other.id]).items()} == {
        company.id: ["description", "products", "patent", "note"],
        other.id: ["description"],
    }


def test_what_was_rejected_returns_when_a_text_that_names_it_came_or_changed(cast) -> None:
    person = cast["manager"]
    company = factories.company(person, description=MADE)
    title = patent("一种激光雷达及其测距方法", person, company_id=company.id)
    assert refresh(company) == {"lidar": "suggested"}
    with unit_of_work("tag.reject"):
        operations.reject(queries.current(company.id, "lidar"), "不符", person, NOW)
    note("与创始人通话，了解融资进度。", company_id=company.id)
    with unit_of_work("company.change"):
        company.products = "伺服驱动器"
    assert refresh(company)["lidar"] == "rejected", "nothing new speaks of it"
    with unit_of_work("document.delete"):
        db.session.delete(title)
    assert refresh(company)["lidar"] == "rejected", "a text that went says nothing new"
    said = note("公司的激光雷达通过了车规认证。", company_id=company.id)
    assert refresh(company)["lidar"] == "suggested"
    with unit_of_work("tag.reject"):
        operations.reject(queries.current(company.id, "lidar"), "不符", person, NOW)
    with unit_of_work("activity.change"):
        said.text += "年内量产。"
    assert refresh(company)["lidar"] == "suggested", "the note says something else by now"
    with unit_of_work("company.change"):
        company.description = "一家餐饮企业。"
        db.session.delete(said)
    assert "lidar" not in refresh(company)


def test_only_the_newest_of_many_texts_are_read_and_a_long_one_in_part(cast) -> None:
    company = factories.company(cast["manager"], products="甲" * 5000)
    with unit_of_work("activity.note"):
        for number in range(35):
            at = NOW + dt.timedelta(days=number)
            companies.note_activity(f"第{number}条", "note", None, NOW, company.id, happened_at=at)
    found = texts_of([company.id])[company.id]
    assert len(found[0].text) == book().sources["products"].characters
    notes = [text.text for text in found if text.source == "note"]
    assert (notes[0], len(notes)) == ("第34条", book().sources["note"].newest)
