"""A page links to nothing that its reader is refused, whatever roles they have."""

import datetime as dt
import html
import re

import pytest

from portfolio.companies import duplicate_operations as duplicates
from portfolio.extensions import unit_of_work
from portfolio.people import operations as people
from portfolio.people.policy import ROLES
from tests import factories

NOW = dt.datetime.now(dt.UTC)
MIXED = (["admin", "reader"], ["compliance", "committee"], ["reader", "committee"])


@pytest.fixture
def pages(cast) -> list[str]:
    """The pages where one begins: lists, and one of each thing."""
    name = "青岛两处有限公司"
    one, _ = (factories.company(cast["manager"], name_zh=name) for _ in range(2))
    deal = factories.deal(cast["manager"], company=one)
    return [
        *("/", "/companies", "/companies/duplicates", "/companies/duplicates?told=apart"),
        *(
            "/deals",
            "/board",
            "/readiness",
            "/chokepoints",
            "/chokepoints/claims",
            "/bin",
            "/acts",
            "/imports",
        ),
        *(f"/companies/{one.id}", f"/deals/{deal.id}", f"/records/company/{one.id}/history"),
    ]


@pytest.mark.parametrize("roles", [*([role] for role in ROLES), *MIXED], ids="+".join)
def test_every_link_leads_somewhere(app, cast, pages, roles) -> None:
    with unit_of_work("user.create"):
        person = people.create_user("mixed@fund.example", "Mixed", roles, NOW)
        token = people.start_session(person, "127.0.0.1", "test", NOW)
    client = app.test_client()
    client.set_cookie("sid", token)
    led: dict[str, str] = {}
    for page in pages:
        answer = client.get(page)
        if answer.status_code == 200:
            found = re.findall(r'<a [^>]*?href="(/[^"#]*)', answer.text)
            led |= {html.unescape(address): page for address in found}
    refused = {
        address: f"linked on {page}"
        for address, page in led.items()
        if client.get(address).status_code in {403, 404}
    }
    assert len(led) > 3 and refused == {}


@pytest.mark.parametrize("roles", [["reader"], ["admin", "reader"], ["manager"]], ids="+".join)
def test_who_may_not_decide_sees_the_likely_duplicates_without_buttons(
    app, cast, pages, roles
) -> None:
    with unit_of_work("user.create"):
        person = people.create_user("mixed@fund.example", "Mixed", roles, NOW)
        token = people.start_session(person, "127.0.0.1", "test", NOW)
    client = app.test_client()
    client.set_cookie("sid", token)
    page = client.get("/companies/duplicates").text
    assert page.count("青岛两处有限公司") == 2
    decides = roles == ["manager"]
    assert ("不是同一家" in page or "/companies/distinctions" in page) == decides
    assert ("/merge/" in page) == decides
    one, other = re.findall(r'class="name" href="/companies/(\d+)"', page)
    with unit_of_work("company.tell_apart"):
        duplicates.tell_apart(int(one), int(other), cast["partner"], NOW)
    page = client.get("/companies/duplicates?told=apart").text
    assert "Partner" in page and ("/withdrawal" in page) == decides
