"""Telephone numbers of people at companies: entered, changed, imported."""

import re

import pytest

from portfolio.companies.models import Contact
from portfolio.extensions import db, unit_of_work
from tests import factories
from tests.pages import sent_form


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"], name_zh="海纳传动")


def the_one() -> Contact:
    db.session.expire_all()
    return db.session.query(Contact).one()


@pytest.mark.parametrize(
    ("lang", "said"),
    [("zh", "“请加微信”不是电话号码"), ("en", "“请加微信” is no telephone number")],
)
def test_what_is_no_number_is_refused_at_its_field(as_user, company, lang, said) -> None:
    client = as_user("manager")
    client.set_cookie("lang", lang)
    sent = {"name": "王工", "position": "经理", "phone": "请加微信"}
    answer = client.post(f"/companies/{company.id}/contacts", data=sent)
    assert answer.status_code == 422 and db.session.query(Contact).count() == 0
    errors = re.findall(r'id="phone-err">(.*?)</p>', answer.text)
    assert len(errors) == 1 and said in errors[0] and "0532-88887777转801" in errors[0]
    kept = sent_form(answer.text)
    assert (kept["position"], kept["phone"]) == ("经理", "请加微信")


def test_a_number_is_kept_in_common_digits_and_can_be_called(as_user, company) -> None:
    client = as_user("manager")
    sent = {"name": "王工", "phone": "０５３２－８８８８７７７７ 转 801"}
    assert client.post(f"/companies/{company.id}/contacts", data=sent).status_code == 302
    assert the_one().phone == "0532-88887777 转 801"
    page = client.get(f"/companies/{company.id}").text
    assert '<a href="tel:053288887777;ext=801">0532-88887777 转 801</a>' in page
    sent = {"name": "李工", "phone": ""}
    assert client.post(f"/companies/{company.id}/contacts", data=sent).status_code == 302


def test_one_that_was_entered_before_stays_until_it_is_changed(as_user, cast, company) -> None:
    with unit_of_work("seed", cast["manager"]):
        db.session.add(Contact(company_id=company.id, name="王工", phone="见名片"))
    client, number = as_user("manager"), the_one().id
    assert "<span>见名片</span>" in client.get(f"/companies/{company.id}").text
    address = f"/records/contact/{number}"
    form = sent_form(client.get(address).text)
    assert client.post(address, data=form | {"position": "董事"}).status_code == 302
    assert (the_one().position, the_one().phone) == ("董事", "见名片")
    form = sent_form(client.get(address).text)
    refused = client.post(address, data=form | {"phone": "还是见名片"})
    assert refused.status_code == 422 and 'id="phone-err"' in refused.text
    assert client.post(address, data=form | {"phone": "138 0000 0000"}).status_code == 302
    assert the_one().phone == "138 0000 0000"
