"""A company that others were merged into goes into the bin with them, and comes back with them."""

import pytest

from portfolio.companies.models import Company, CompanyMerge
from portfolio.extensions import db
from portfolio.journal.models import Act
from tests import factories
from tests.journal.test_taking_back import dump


@pytest.fixture
def chain(as_user, cast):
    """Three companies of which the first went into the second and that into the third."""
    manager = cast["manager"]
    made = [factories.company(manager, name_zh=f"{n}号有限公司", stock_codes=()) for n in "甲乙丙"]
    numbers, codes = [c.id for c in made], [c.uscc for c in made]
    client = as_user("manager")
    for one, other in ((1, 0), (2, 1)):
        rows = [db.session.get_one(Company, numbers[i]) for i in (one, other)]
        sent = {"version": rows[0].version, "other_version": rows[1].version, "meant": "1"}
        path = f"/companies/{rows[0].id}/merge/{rows[1].id}"
        db.session.rollback()
        assert client.post(path, data=sent).status_code == 302
    return client, numbers, codes


def test_it_goes_with_all_that_is_part_of_it_and_comes_back_whole(chain, as_user) -> None:
    client, numbers, _ = chain
    before = dump()
    page = client.get(f"/records/company/{numbers[2]}/deletion").text
    assert "企业合并 <b>2</b>" in page
    assert client.post(f"/records/company/{numbers[2]}/deletion").status_code == 302
    assert db.session.query(Company).count() == db.session.query(CompanyMerge).count() == 0
    for number in numbers:
        gone = as_user("reader").get(f"/companies/{number}")
        assert gone.status_code == 404
        assert "已在回收站：丙号有限公司" in gone.text and "Manager" in gone.text
        assert ("您查找的企业已并入" in gone.text) == (number != numbers[2])
        assert as_user("committee").get(f"/companies/{number}").text.count("丙号") == 0
    assert "已在回收站" not in client.get("/companies/999999").text
    merge = db.session.query(Act).filter_by(action="company.merge").order_by(Act.id).all()[-1]
    wanted = {"Accept": "application/json"}
    refused = client.post(f"/acts/{merge.id}/undo", headers=wanted)
    assert refused.status_code == 409 and "请先恢复" in refused.json["message"]
    act = db.session.query(Act).filter_by(action="company.delete").one()
    assert client.post(f"/acts/{act.id}/undo", headers=wanted).status_code == 200
    assert dump() == before
    assert client.get(f"/companies/{numbers[0]}").location.endswith(f"/companies/{numbers[2]}")
    assert client.post(f"/acts/{merge.id}/undo", headers=wanted).status_code == 200


def test_a_code_it_was_found_by_that_was_given_meanwhile_keeps_it_in_the_bin(chain, cast) -> None:
    client, numbers, codes = chain
    client.post(f"/records/company/{numbers[2]}/deletion")
    factories.company(cast["manager"], uscc=codes[0])
    act = db.session.query(Act).filter_by(action="company.delete").one()
    told = client.post(f"/acts/{act.id}/undo", headers={"Accept": "application/json"})
    assert told.status_code == 409 and codes[0] in told.json["message"]


def test_a_deal_of_what_was_merged_into_it_keeps_it(chain, cast) -> None:
    client, numbers, _ = chain
    company = db.session.get_one(Company, numbers[2])
    factories.deal(cast["colleague"], company=company)
    refused = client.post(f"/records/company/{numbers[2]}/deletion")
    assert refused.status_code == 422
    assert db.session.query(Company).count() == 3
