"""A differing value is kept beside the current one until somebody decides, and then asked no more."""

import datetime as dt

import pytest

from portfolio.companies import operations, queries
from portfolio.companies.models import Figure
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from tests import factories

WAN = 10**6
NOW = dt.datetime.now(dt.UTC)


def state(company, micro, now=NOW, **said) -> None:
    with unit_of_work("figure.state"):
        operations.state_figures(
            [Statement(company.id, "revenue", 2025, micro=micro, **said)], None, now
        )


def current(company) -> int | None:
    row = queries.current_rows([company.id]).get((company.id, "revenue", 2025))
    return row.micro if row else None


@pytest.fixture
def company(app, cast):
    made = factories.company(cast["manager"])
    state(made, 100 * WAN, source="年报")
    state(made, 120 * WAN, source="名单.csv", disputed=True)
    return made


def test_the_page_shows_both_and_each_answer_ends_the_question(as_user, company) -> None:
    client = as_user("manager")
    page = client.get(f"/companies/{company.id}").text
    assert "尚未裁定" in page or "有待裁定" in page
    row = queries.open_disputes([company.id])[0]
    door = f"/companies/{company.id}/figures/{row.id}/answer"
    assert door in page
    assert client.post(door, data={"answer": "maybe"}).status_code == 404
    assert client.post(door, data={"answer": "keep"}).status_code == 302
    assert current(company) == 100 * WAN
    assert door not in client.get(f"/companies/{company.id}").text
    again = client.post(door, data={"answer": "take"}, follow_redirects=True)
    assert "已有人裁定" in again.text and current(company) == 100 * WAN


def test_taken_it_is_current_and_both_stay_readable(as_user, company) -> None:
    row = queries.open_disputes([company.id])[0]
    as_user("manager").post(
        f"/companies/{company.id}/figures/{row.id}/answer", data={"answer": "take"}
    )
    assert current(company) == 120 * WAN
    assert not queries.stated_rows(company.id)[1]
    newest = db.session.query(Figure).order_by(Figure.id.desc()).first()
    assert newest.source == "名单.csv" and newest.recorded_by_id is not None
    assert [r.micro for r in queries.stated_rows(company.id, NOW)[1]] == [120 * WAN]


def test_who_states_the_figure_has_decided(company) -> None:
    state(company, 130 * WAN, NOW + dt.timedelta(seconds=1), source="审计报告")
    assert current(company) == 130 * WAN and not queries.open_disputes([company.id])


def test_a_differing_value_of_another_year_stays_open(company) -> None:
    with unit_of_work("figure.state"):
        other = [Statement(company.id, "revenue", 2024, micro=WAN)]
        operations.state_figures(other, None, NOW)
    assert len(queries.open_disputes([company.id])) == 1


def test_others_companies_and_readers_are_refused(as_user, cast, company) -> None:
    row = queries.open_disputes([company.id])[0]
    other = factories.company(cast["manager"])
    path = f"/companies/{other.id}/figures/{row.id}/answer"
    assert as_user("manager").post(path, data={"answer": "keep"}).status_code == 404
    path = f"/companies/{company.id}/figures/{row.id}/answer"
    assert as_user("reader").post(path, data={"answer": "keep"}).status_code == 403
