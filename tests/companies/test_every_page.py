"""Each page of companies is whole: one heading, labelled fields, tokens in forms, no "None"."""

import datetime as dt
import re
from html.parser import HTMLParser

import pytest

from portfolio.companies import operations
from portfolio.companies.models import Contact
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from tests import factories

PAGES = (
    "/companies",
    "/companies?q=甲&place=370212&source=referral&sort=-revenue",
    "/companies?q=查无此家",
    "/companies/new",
    "/companies/{id}",
    "/companies/{id}?as_of=2020-01-01",
    "/companies/{id}/edit",
    "/companies/{id}/figures",
    "/companies/{id}/contacts",
    "/companies/{id}/activities",
    "/companies/{id}/tasks",
    "/companies/{id}/documents",
)


class Reading(HTMLParser):
    """Headings, ids, fields, labels and forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings = 0
        self.ids: list[str] = []
        self.fields: list[dict[str, str | None]] = []
        self.labelled: set[str] = set()
        self.inside_label = 0
        self.posts = self.tokens = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [given["id"]] if given.get("id") else []
        self.headings += tag == "h1"
        self.inside_label += tag == "label"
        self.labelled |= {given["for"]} if tag == "label" and given.get("for") else set()
        self.posts += tag == "form" and given.get("method") == "post"
        self.tokens += given.get("name") == "csrf_token"
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields.append({**given, "wrapped": "yes" if self.inside_label else None})

    def handle_endtag(self, tag: str) -> None:
        self.inside_label -= tag == "label"


@pytest.fixture
def company(cast):
    company = factories.company(
        cast["manager"],
        name_zh="青岛甲公司",
        place="崂山区",
        region_code="370212",
        lead_source="referral",
        stock_codes=["430047"],
    )
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("seed", cast["manager"]):
        operations.state_figures(
            [Statement(company.id, "revenue", y, micro=y, audited=None) for y in (2023, 2024)],
            cast["manager"],
            now,
        )
        operations.note_activity("聊过", "note", cast["manager"], now, company_id=company.id)
        operations.add_task("办", cast["manager"].id, cast["manager"], now, company_id=company.id)
        operations.keep_document(b"x", "甲.pdf", "", None, now, company_id=company.id)
        db.session.add(Contact(company_id=company.id, name="王"))
    return company


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_page_is_whole_in_either_language(app, company, as_user, path, locale) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = as_user("partner")
    accept = {"Accept-Language": "zh-CN" if locale == "zh" else "en"}
    answer = client.get(path.format(id=company.id), headers=accept)
    assert answer.status_code == 200
    page = answer.text
    reading = Reading(page)
    assert reading.headings == 1
    assert re.search(r"<title>\S.* · \S+</title>", page)
    assert len(reading.ids) == len(set(reading.ids))
    for field in reading.fields:
        named = field.get("id") in reading.labelled or field.get("aria-label") or field["wrapped"]
        assert named, field
    assert reading.tokens == reading.posts
    assert "None" not in page
    assert not re.findall(r"<[^>]*\s(?:style|on\w+)=", page)
    shown = re.sub(r"<[^>]+>", " ", page)
    assert ("共" in shown or "企业" in shown) == (locale == "zh")
