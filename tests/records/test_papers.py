"""Papers: who reads a deal or a company knows of its papers, but for those that hold terms."""

import datetime as dt

import pytest

from portfolio.companies import operations as companies
from portfolio.companies import record_operations
from portfolio.companies.models import TERMS
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people import operations as people
from tests import factories

NOW = dt.datetime.now(dt.UTC)
BEFORE = NOW - dt.timedelta(days=3)
ORDINARY, SECRET = "寻常检测报告", "金丝雀条款书"
DENIED = ("outsider", "reader", "auditor")
READERS = ("manager", "partner", "compliance")


@pytest.fixture
def house(cast):
    """A deal and its company, each with a paper for all its readers and one with terms; and to
    the paper with terms a version was added."""
    manager = cast["manager"]
    with unit_of_work("user.create"):
        cast["auditor"] = people.create_user("a@fund.example", "A", ["admin", "reader"], BEFORE)
    with unit_of_work("company.register", manager, at=BEFORE):
        company = factories.company(manager, BEFORE)
        deal = factories.deal(manager, BEFORE, company=company)
    kept = {}
    for owner, ids in (("company", {"company_id": company.id}), ("deal", {"deal_id": deal.id})):
        for title, kind in ((ORDINARY, ""), (SECRET, TERMS)):
            with unit_of_work("document.keep", manager, at=BEFORE):
                first = companies.keep_document(
                    b"1", f"{title}.pdf", "", manager, BEFORE, title=title, kind=kind, **ids
                )
            with unit_of_work("document.keep", manager, at=BEFORE):
                companies.keep_document(
                    b"2", f"{title}二.pdf", "", manager, BEFORE, document=first.document
                )
            kept[owner, kind] = first
    return {"company": company, "deal": deal, "kept": kept}


def pages(house) -> list[str]:
    """Every page that tells of the papers of the deal and of the company."""
    day = f"{local_date(BEFORE):%Y-%m-%d}"
    homes = (f"/companies/{house['company'].id}", f"/deals/{house['deal'].id}")
    records = (f"/records/{kind}/{house[kind].id}/history" for kind in ("company", "deal"))
    return [*homes, *(f"{home}?as_of={day}" for home in homes), *records]


def own(house, kind: str) -> list[str]:
    """The pages and files of the papers of a kind themselves."""
    found = []
    for (owner, of), version in house["kept"].items():
        if of == kind:
            home = "companies" if owner == "company" else "deals"
            found.append(f"/{home}/{house[owner].id}/documents/{version.id}")
            found.append(f"/records/document/{version.document_id}/history")
    return found


@pytest.mark.parametrize("name", DENIED)
def test_who_may_not_read_terms_sees_the_other_papers_alone(as_user, house, name) -> None:
    client = as_user(name)
    for path in pages(house):
        text = client.get(path).text
        assert ORDINARY in text, path
        assert SECRET not in text and "***" not in text, path
    for path in own(house, ""):
        with client.get(path) as answer:
            assert answer.status_code == 200, path
    for path in own(house, TERMS):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize("name", READERS)
def test_who_reads_the_terms_sees_all_of_them(as_user, house, name) -> None:
    client = as_user(name)
    for path in pages(house):
        text = client.get(path).text
        assert ORDINARY in text and SECRET in text, path
    for path in own(house, TERMS):
        with client.get(path) as answer:
            assert answer.status_code == 200, path


def test_the_trail_names_the_other_papers_alone(as_user, house) -> None:
    for path in (
        "/audit",
        "/audit.csv",
        "/audit?object=document",
        "/audit?object=document_version",
    ):
        told = as_user("auditor").get(path).text
        assert ORDINARY in told and SECRET not in told, path
        assert SECRET in as_user("compliance").get(path).text, path


@pytest.mark.parametrize("owner", ["company", "deal"])
def test_a_deleted_paper_is_in_the_bin_of_its_readers_alone(as_user, cast, house, owner) -> None:
    for kind in ("", TERMS):
        with unit_of_work("document.delete", cast["manager"]):
            record_operations.delete(house["kept"][owner, kind].document, cast["manager"], NOW)
    denied, reader = as_user("outsider"), as_user("partner")
    for path in ("/bin", *pages(house)):
        assert SECRET not in denied.get(path).text, path
    assert ORDINARY in denied.get("/bin").text
    assert ORDINARY in reader.get("/bin").text and SECRET in reader.get("/bin").text
    assert denied.get("/bin").text.count("<tr") < reader.get("/bin").text.count("<tr")


def test_what_came_to_hold_terms_is_not_told_by_an_older_page(as_user, house) -> None:
    with unit_of_work("document.keep"):
        for owner in ("company", "deal"):
            house["kept"][owner, ""].document.kind = TERMS
    db.session.expire_all()
    for path in pages(house):
        assert ORDINARY not in as_user("outsider").get(path).text, path
        assert ORDINARY in as_user("partner").get(path).text, path


def test_the_trail_names_a_paper_with_terms_and_its_kind_to_who_may_read_terms(
    as_user, house
) -> None:
    asked = {"object": "document", "id": house["deal"].code}
    page = as_user("compliance").get("/audit", query_string=asked).text
    assert f'<span class="thing">{SECRET}</span>' in page
    assert "<ins>交易条款</ins>" in page and "<ins>terms</ins>" not in page
    history = as_user("partner").get(f"/records/deal/{house['deal'].id}/history").text
    assert SECRET in history
    auditor = as_user("auditor").get("/audit", query_string=asked).text
    assert SECRET not in auditor and "交易条款</ins>" not in auditor


def test_a_change_of_a_papers_kind_is_told_by_title(as_user, cast, house) -> None:
    paper = house["kept"]["company", ""].document
    for kind in ("检测报告", TERMS):
        with unit_of_work("document.change", cast["manager"]):
            paper.kind = kind
    history = as_user("partner").get(f"/records/document/{paper.id}/history").text
    assert "检测报告" in history and "交易条款" in history and ">terms<" not in history
