"""Stating figures: what is odd beside what is typed, recorded or of last year is asked about."""

import pytest

from portfolio.companies import queries
from tests import factories

SENT = {"fiscal_year": "2025", "source": "审计报告"}


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"])


@pytest.fixture
def state(as_user, company):
    client = as_user("manager")

    def sent(**figures):
        said = {key.replace("m_", "m-", 1): value for key, value in figures.items()}
        return client.post(f"/companies/{company.id}/figures", data=SENT | said)

    return sent


def recorded(company, year: int = 2025) -> dict[str, int]:
    return queries.numbers_of(queries.current_rows([company.id]), year)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"m_employees": "12.5"}, "按个计数的数据通常为整数"),
        ({"m_gross_margin_pct": "120%"}, "该比例超过整体"),
        ({"m_net_assets": "-300"}, "净资产为负（资不抵债）"),
        ({"m_rd_staff": "31", "m_employees": "30"}, "大于“企业职工总数(从业人员)”（30）"),
        ({"m_total_assets": "1亿", "m_total_liabilities": "6000", "m_net_assets": "3000"},
         "合计 9000，与本项相差 1000"),
        ({"m_rd_staff": "8", "m_employees": "40", "m_rd_staff_pct": "30"}, "算得的 20.00 不符"),
    ],
)  # fmt: skip
def test_what_is_odd_is_asked_and_kept_as_typed_until_confirmed(
    state, company, figures, words
) -> None:
    page = state(**figures)
    assert page.status_code == 422 and words in page.text
    assert all(f'value="{value}"' in page.text for value in figures.values())
    assert recorded(company) == {}
    assert state(**figures, confirmed="y").status_code == 302
    assert len(recorded(company)) == len(figures)


def test_what_is_recorded_already_counts_beside_what_is_typed(state, company) -> None:
    assert state(m_employees="30").status_code == 302
    assert "大于“企业职工总数" in state(m_rd_staff="31").text
    assert state(m_rd_staff="31", m_employees="31").status_code == 302
    assert recorded(company) == {"employees": 31 * 10**6, "rd_staff": 31 * 10**6}


def test_an_amount_in_another_unit_than_last_year_is_asked_about(state, company) -> None:
    assert state(fiscal_year="2024", m_revenue="3200").status_code == 302
    page = state(m_revenue="41000000")
    assert page.status_code == 422 and "上年为 3200，相差 10 倍以上，单位是否有误" in page.text
    assert state(m_revenue="4100").status_code == 302


def test_a_year_missing_in_the_middle_is_pointed_out_where_figures_are_stated(
    as_user, state, company
) -> None:
    address = f"/companies/{company.id}/figures?fiscal_year=2025"
    assert state(m_revenue="3200").status_code == 302
    assert "中间缺少" not in as_user("manager").get(address).text
    assert state(fiscal_year="2022", m_revenue="2000").status_code == 302
    page = as_user("manager").get(address).text
    assert "中间缺少" in page and all(f"fiscal_year={year}" in page for year in (2023, 2024))
