"""A merge that is refused: what was chosen so far still stands in the form."""

import re

import pytest

from portfolio.companies.models import CompanyMerge
from portfolio.extensions import db
from tests.companies.merging import TECHNOLOGY


def ticked(page: str) -> dict[str, str]:
    """By name the value of each radio button that is ticked."""
    found = {}
    for tag in re.findall(r'<input type="radio"[^>]*>', page):
        if re.search(r"\schecked", tag):
            name, value = (re.search(rf'{a}="([^"]*)"', tag)[1] for a in ("name", "value"))
            found[name] = value
    return found


CHOSEN = {
    "field-name_zh": "theirs",
    "field-uscc": "theirs",
    "field-industry": "mine",
    "figure-revenue-2024": "theirs",
    "figure-share_capital-": "both",
}


def asked_of(one, other, **changed: str) -> dict[str, str]:
    versions = {"version": str(one.version), "other_version": str(other.version), "meant": "1"}
    return {**versions, **CHOSEN, **changed}


def test_a_record_changed_meanwhile_costs_no_choice(as_user, pair) -> None:
    one, other, _ = pair
    asked = asked_of(one, other, version=str(one.version - 1))
    answer = as_user("manager").post(f"/companies/{one.id}/merge/{other.id}", data=asked)
    assert answer.status_code == 409
    assert ticked(answer.text).items() >= CHOSEN.items()
    assert f'name="version" value="{one.version}"' in answer.text


@pytest.mark.parametrize("name", ["field-industry", "figure-revenue-2024", f"tag-{TECHNOLOGY}"])
def test_what_is_no_choice_is_refused_where_it_stands(as_user, pair, name) -> None:
    one, other, _ = pair
    client = as_user("manager")
    client.set_cookie("lang", "en")
    asked = asked_of(one, other, **{name: "neither"})
    answer = client.post(f"/companies/{one.id}/merge/{other.id}", data=asked)
    assert answer.status_code == 422 and "“neither” is none of the values" in answer.text
    kept = {key: value for key, value in CHOSEN.items() if key != name}
    assert ticked(answer.text).items() >= kept.items() and name not in ticked(answer.text)
    if not name.startswith("tag-"):  # the two say the same of the technology
        row = answer.text.split(f'id="of-{name}"')[1].split("</th>")[0]
        assert "Choose one of the values." in row
    assert db.session.query(CompanyMerge).count() == 0


def test_a_figure_alone_may_be_left_to_both(as_user, pair) -> None:
    one, other, _ = pair
    asked = asked_of(one, other, **{"field-industry": "both"})
    answer = as_user("manager").post(f"/companies/{one.id}/merge/{other.id}", data=asked)
    assert answer.status_code == 422
    asked = asked_of(one, other)
    answer = as_user("manager").post(f"/companies/{one.id}/merge/{other.id}", data=asked)
    assert answer.status_code == 302
