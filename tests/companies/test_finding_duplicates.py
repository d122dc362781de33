"""The finder: pairs with their reason, decisions that two are not the same, and taking these back."""

import re

import pytest
import sqlalchemy as sa

from portfolio.companies import duplicate_queries as duplicates
from portfolio.companies.likeness import Reason
from portfolio.companies.models import CompanyDistinction
from portfolio.extensions import db
from portfolio.people import policy
from tests import factories


@pytest.fixture
def four(cast):
    """A company, its namesake, one under its former name, and one that sounds like it."""
    return [
        factories.company(cast["manager"], name_zh=name, former_names=others)
        for name, others in (
            ("青岛海纳传动有限公司", ["青岛老齿轮厂"]),
            ("青岛海纳传动股份有限公司", []),
            ("青岛老齿轮厂有限公司", []),
            ("青岛海娜传动有限公司", []),
        )
    ]


def shown(client, address="/companies/duplicates"):
    """The pairs on a page, as ids."""
    page = client.get(address).text
    rows = re.findall(
        r'name="one" value="(\d+)"><input type="hidden" name="other" value="(\d+)"', page
    )
    return {(int(one), int(other)) for one, other in rows}


def ids(companies, *pairs):
    return {(companies[a].id, companies[b].id) for a, b in pairs}


def test_pairs_are_found_with_the_strongest_reason_and_filtered_by_it(as_user, four) -> None:
    client = as_user("manager")
    assert shown(client) == ids(four, (0, 1), (0, 2), (0, 3), (1, 3))
    for reason, pairs in {
        Reason.NAME: [(0, 1)],
        Reason.FORMER: [(0, 2)],
        Reason.SOUND: [(0, 3), (1, 3)],
        Reason.USCC: [],
    }.items():
        assert shown(client, f"/companies/duplicates?reason={reason.value}") == ids(four, *pairs)
    assert shown(client, "/companies/duplicates?reason=nonsense") == shown(client)


def test_who_is_told_apart_is_asked_about_no_more_until_it_is_taken_back(as_user, four) -> None:
    client = as_user("manager")
    one, other = four[0].id, four[1].id
    said = client.post("/companies/distinctions", data={"one": str(other), "other": str(one)})
    assert said.status_code == 302
    assert (one, other) not in shown(client)
    kept = db.session.scalars(sa.select(CompanyDistinction)).one()
    assert (kept.one_id, kept.other_id) == (one, other)
    page = as_user("partner").get("/companies/duplicates?told=apart").text
    assert "青岛海纳传动股份有限公司" in page and "Manager" in page
    again = client.post("/companies/distinctions", data={"one": str(one), "other": str(other)})
    assert "已被认定为不同企业" in client.get(again.location).text
    assert client.post(f"/companies/distinctions/{kept.id}/withdrawal").status_code == 302
    assert (one, other) in shown(client)
    trail = as_user("compliance").get("/audit").text
    assert "确认不是同一企业" in trail and "撤回“不是同一企业”" in trail


def test_what_was_told_apart_is_not_shown_while_one_changes_it(as_user, four) -> None:
    client = as_user("manager")
    first, twin = four[0], four[1]
    typed = {"name_zh": "青岛海纳传动有限责任公司", "uscc": "", "former_names": "青岛海纳传动"}
    path = f"/companies/alike?company={four[2].id}"
    assert f"/companies/{twin.id}" in client.post(path, data=typed).text
    data = {"one": str(four[2].id), "other": str(twin.id)}
    client.post("/companies/distinctions", data=data)
    page = client.post(path, data=typed).text
    assert f"/companies/{twin.id}" not in page and f"/companies/{first.id}" in page


@pytest.mark.parametrize("other", ["itself", "0", "x", "", "99999"])
def test_a_pair_that_is_none_is_refused(as_user, four, other) -> None:
    one = str(four[0].id)
    data = {"one": one, "other": one if other == "itself" else other}
    answer = as_user("manager").post("/companies/distinctions", data=data)
    assert answer.status_code == (302 if other == "itself" else 404)
    assert db.session.query(CompanyDistinction).count() == 0


def test_pairs_are_of_companies_that_the_reader_sees(as_user, cast, four) -> None:
    deal = factories.deal(cast["manager"], company=four[0])
    assert deal.company_id == four[0].id
    for name, seen in (("partner", 4), ("reader", 4), ("committee", 0), ("admin", 0)):
        rows = db.session.execute(duplicates.found_pairs(cast[name])).all()
        assert len(rows) == seen, name
    assert policy.scopes(["manager"], "company.write") == {policy.ALL}
    db.session.rollback()


def test_a_company_that_was_told_apart_can_be_deleted_and_comes_back(as_user, cast, four) -> None:
    client = as_user("manager")
    one, other = four[0].id, four[1].id
    client.post("/companies/distinctions", data={"one": str(one), "other": str(other)})
    client.post(f"/records/company/{other}/deletion")
    assert db.session.query(CompanyDistinction).count() == 0
    act = db.session.scalar(sa.text("SELECT max(id) FROM act"))
    db.session.rollback()
    client.post(f"/acts/{act}/undo")
    assert db.session.query(CompanyDistinction).count() == 1
    assert (one, other) not in shown(client)
