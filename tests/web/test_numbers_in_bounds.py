"""A number out of its bounds is told once at its field, with the bounds, in both languages."""

import re

import pytest

from portfolio.kernel.money import parse_yuan
from portfolio.kernel.numbers import parse_decimal, to_micro
from portfolio.web.formatting import today
from tests import factories
from tests.pages import sent_form

NINES = "9" * 20


def said_at(page: str, name: str) -> list[str]:
    """Every sentence of an error at the input with this id."""
    found = re.findall(rf'<p class="err" id="(?:e-|)?{name}(?:-err)?">(.*?)</p>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", text).strip() for text in found]


@pytest.mark.parametrize(
    ("typed", "lang"),
    [("0", "zh"), ("10", "en"), ("abc", "zh"), ("-3", "en"), ("4.5", "zh"), (NINES, "en")],
)
def test_technology_readiness_goes_from_1_to_9(as_user, cast, typed, lang) -> None:
    said = {"zh": "请填写 1 至 9 的整数。", "en": "Enter a whole number from 1 to 9."}[lang]
    deal = factories.deal(cast["manager"])
    client = as_user("manager")
    client.set_cookie("lang", lang)
    address = f"/deals/{deal.id}/edit"
    form = sent_form(client.get(address).text) | {"trl": typed}
    answer = client.post(address, data=form)
    assert answer.status_code == 422
    assert said_at(answer.text, "trl") == [said]
    assert re.search(rf'<input [^>]*name="trl"[^>]*value="{typed}"', answer.text)
    assert client.post(address, data=form | {"trl": "７"}).status_code == 302
    assert sent_form(client.get(address).text)["trl"] == "7"
    form = sent_form(client.get(address).text) | {"trl": ""}
    assert client.post(address, data=form).status_code == 302
    assert sent_form(client.get(address).text)["trl"] == ""


@pytest.mark.parametrize(
    ("typed", "lang"),
    [("1989", "zh"), (str(today().year + 1), "en"), ("abc", "zh"), ("2025.5", "en")],
)
def test_a_fiscal_year_lies_within_its_bounds(as_user, cast, typed, lang) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    address, last = f"/companies/{company.id}/figures", today().year
    sent = {"fiscal_year": typed, "source": "年报", "m-revenue": "7"}
    said = {
        "zh": f"请填写 1990 至 {last} 的整数。",
        "en": f"Enter a whole number from 1990 to {last}.",
    }
    client.set_cookie("lang", lang)
    answer = client.post(address, data=sent)
    assert answer.status_code == 422
    assert said_at(answer.text, "fiscal_year") == [said[lang]]
    assert f'value="{typed}"' in answer.text
    asked = client.post(address, data=sent | {"fiscal_year": ""}).text
    assert len(said_at(asked, "fiscal_year")) == 1 and said[lang] not in asked
    assert client.get(address, query_string={"fiscal_year": typed}).status_code == 200
    assert client.post(address, data=sent | {"fiscal_year": "２０２５"}).status_code == 302
    assert client.get(address, query_string={"fiscal_year": 2025}).status_code == 200


@pytest.mark.parametrize(
    ("page", "name", "typed", "bound"),
    [
        ("figures", "m-revenue", NINES, "1,000,000,000,000,000 CNY"),
        ("figures", "m-roe_weighted", NINES, "9,000,000,000,000,"),
        ("figures", "m-employees", f"-{NINES}", "9,000,000,000,000,"),
        ("facts", "f-share_capital", NINES, "1,000,000,000,000,000 CNY"),
        ("facts", "f-holders_post", NINES, "9,000,000,000,000,"),
    ],
)
def test_a_figure_beyond_all_bounds_is_told_the_most(
    as_user, cast, page, name, typed, bound
) -> None:
    company = factories.company(cast["manager"])
    client = as_user("manager")
    client.set_cookie("lang", "en")
    sent = {"fiscal_year": "2025", "source": "年报", "as_of": "2026-03-31", name: typed}
    answer = client.post(f"/companies/{company.id}/{page}", data=sent)
    assert answer.status_code == 422
    metric = name.partition("-")[2]
    (said,) = said_at(answer.text, metric)
    assert "out of range" in said and bound in said and typed in said


def test_the_most_that_is_named_is_the_most_that_is_taken() -> None:
    assert to_micro(parse_decimal("9,000,000,000,000"))
    assert parse_yuan("1,000,000,000,000,000")
