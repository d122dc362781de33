"""The company page as the system knew it on a past day."""

import datetime as dt

import pytest

from portfolio.companies import operations
from portfolio.companies import portrait_queries as portrait
from portfolio.companies.operations import Statement
from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import SHANGHAI, local_date
from tests import factories

DAY = dt.timedelta(days=1)
# Noon of the day it is in Shanghai, which in the evening of UTC is the next already.
NOON = dt.datetime.combine(local_date(dt.datetime.now(dt.UTC)), dt.time(12), SHANGHAI)
ENTERED, CHANGED = NOON - 20 * DAY, NOON - 10 * DAY


@pytest.fixture
def company(cast):
    manager = cast["manager"]
    with unit_of_work("company.register", manager, at=ENTERED):
        company = operations.register(
            {"name_zh": "青岛旧名公司", "place": "崂山区"},
            manager,
            ENTERED,
            former_names=["祖名公司"],
            stock_codes=["430047"],
        )
    for at, name, micro in ((ENTERED, "青岛旧名公司", 10**9), (CHANGED, "青岛新名公司", 3 * 10**9)):
        with unit_of_work("company.change", manager, at=at):
            operations.update(company, {"name_zh": name}, at, stock_codes=["430047"])
            said = Statement(company.id, "revenue", 2024, micro=micro, source=f"来源{micro}")
            operations.state_figures([said], manager, at)
            operations.note_activity(f"记于{name}", "note", manager, at, company_id=company.id)
    with unit_of_work("task.add", manager, at=ENTERED):
        task = operations.add_task("旧待办", manager.id, manager, ENTERED, company_id=company.id)
    with unit_of_work("company.change", manager, at=CHANGED):
        operations.update(
            company, {}, CHANGED, stock_codes=["920047"], former_names=["青岛旧名公司"]
        )
        operations.finish_task(task, CHANGED)
        operations.keep_document(b"new", "新.pdf", "", manager, CHANGED, company_id=company.id)
    return company


def as_of(client, company, instant: dt.datetime) -> str:
    return client.get(f"/companies/{company.id}?as_of={instant:%Y-%m-%d}").text


def test_a_past_day_shows_what_was_known_then_and_nothing_later(company, as_user) -> None:
    client = as_user("manager")
    then = as_of(client, company, ENTERED + 5 * DAY)
    for word in ("青岛旧名公司", "祖名公司", "430047", "1,000.00", "记于青岛旧名公司", "旧待办"):
        assert word in then
    for word in ("青岛新名公司", "920047", "3,000.00", "新.pdf", "填报数据</a>"):
        assert word not in then
    now = client.get(f"/companies/{company.id}").text
    for word in ("青岛新名公司", "920047", "3,000.00", "新.pdf"):
        assert word in now
    assert "祖名公司</dd>" not in now


def test_the_day_itself_belongs_to_what_was_known(company, as_user) -> None:
    client = as_user("reader")
    assert "青岛新名公司" in as_of(client, company, CHANGED)
    assert "青岛新名公司" not in as_of(client, company, CHANGED - DAY)


def test_a_day_before_the_company_was_entered_says_so(company, as_user) -> None:
    page = as_of(as_user("reader"), company, ENTERED - DAY)
    assert "系统当日尚不知道这家企业" in page and "崂山区" not in page


def test_an_impossible_day_is_refused_and_today_is_today(company, as_user) -> None:
    client = as_user("manager")
    answer = client.get(f"/companies/{company.id}?as_of=2025-02-30")
    assert answer.status_code == 422
    assert "日历上没有这一天" in answer.text and 'value="2025-02-30"' in answer.text
    assert 'id="as_of-err"' in answer.text.partition('class="columns"')[0]
    assert answer.text.count('id="as_of"') == 1
    assert "青岛新名公司" in as_of(client, company, NOON)
    answer = client.get(f"/companies/{company.id}?as_of=2999-01-01")
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
    assert "2999-01-01 尚未到来" in answer.text


def test_sections_that_know_only_today_are_left_out_of_a_past_day(company, cast, as_user) -> None:
    factories.deal(cast["manager"], company=company, name="今天的项目")
    client = as_user("manager")
    assert "今天的项目" in client.get(f"/companies/{company.id}").text
    assert "今天的项目" not in as_of(client, company, CHANGED)


def test_the_trail_gives_back_the_company_as_it_stands(company) -> None:
    known = portrait.company_as_known(company.id, dt.datetime.now(dt.UTC))
    assert known is not None
    for name in ("name_zh", "place", "uscc", "founded_on", "description", "display_name"):
        assert getattr(known, name) == getattr(company, name)
    assert [c.code for c in known.stock_codes] == [c.code for c in company.stock_codes]
    assert [n.name for n in known.names] == [n.name for n in company.names]
