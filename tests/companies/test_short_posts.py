"""A form that arrives without some of its fields (scripts send such) is answered, never a fault."""

import pytest

from tests import factories

COMPANY = ("name_zh", "former_names", "stock_codes", "uscc", "founded_on", "description")


@pytest.mark.parametrize("sent", [(), *((name,) for name in COMPANY)])
def test_a_company_form_with_few_fields_and_an_old_version_shows_both(as_user, cast, sent) -> None:
    company = factories.company(cast["manager"])
    data = {"version": "0", "name_zh": "海纳传动", **dict.fromkeys(sent, "海纳")}
    answer = as_user("manager").post(f"/companies/{company.id}/edit", data=data)
    assert answer.status_code in (409, 422)


def test_a_deal_form_with_few_fields_and_an_old_version_shows_both(as_user, cast) -> None:
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    for data in ({}, {"version": "0"}, {"version": "0", "name": "新", "opened": "{}"}):
        assert client.post(f"/deals/{deal.id}/edit", data=data).status_code in (409, 422)
