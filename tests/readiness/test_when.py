"""When a company would meet its targets, from what is assumed on the page, in words."""

from fractions import Fraction

import pytest

from portfolio.readiness.courses import own_growth, percent_text, read_growth
from portfolio.readiness.projection import arrivals
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.values import Figures
from tests import factories
from tests.readiness.test_what_if import FIGURES, TODAY, YEAR, dump, field, state, words

GROWING = {
    ("revenue", YEAR): 9_500,
    ("revenue", YEAR - 1): 9_000,
    ("operating_cash_flow", YEAR): -400,
    ("expected_market_cap", None): 40_000,
}


@pytest.fixture
def company(cast):
    found = factories.company(cast["manager"], name_zh="青岛远期科技股份有限公司")
    state(found, GROWING)
    return found


def path_of(company) -> str:
    return f"/companies/{company.id}/readiness/when"


def line_of(answer, title: str = "北交所标准二") -> str:
    lines = answer.text.split('class="arrivals"')[1].split("<li>")
    return words(next(line for line in lines if f">{title}<" in line)).strip()


def test_the_year_and_the_binding_clause_stand_there_in_words(as_user, company) -> None:
    client, before = as_user("reader"), dump()
    asked = {"g.revenue": "30", "s.operating_cash_flow": "200万"}
    answer = client.get(path_of(company), query_string=asked)
    said = line_of(answer)
    assert said.startswith(f"北交所标准二 {YEAR + 3}财年 ；制约条款：经营活动"), said
    assert dump() == before


def test_the_same_in_english(as_user, company) -> None:
    client = as_user("reader")
    client.set_cookie("lang", "en")
    asked = {"g.revenue": "30", "s.operating_cash_flow": "200"}
    english = line_of(client.get(path_of(company), query_string=asked), "BSE standard 2")
    assert english.startswith(f"BSE standard 2 FY{YEAR + 3} ; the binding clause: "), english


def test_nothing_is_assumed_that_is_not_stated(as_user, company) -> None:
    answer = as_user("manager").get(path_of(company))
    assert "未作增长假设" in answer.text
    assert f"至{YEAR + 15}财年仍不满足" in line_of(answer)
    # (9,500 / 9,000 - 1) is 5.55%, cut: it is offered and not entered.
    assert f"采用自 {YEAR - 1} 年以来的实际增速：5.55%" in answer.text
    assert 'value=""' in field(answer.text, "g.revenue")
    assert "g.revenue=5.55" in answer.text


def test_what_is_met_already_and_what_cannot_be_told_are_said_plainly(as_user, company) -> None:
    state(company, FIGURES | {("operating_cash_flow", YEAR): 1})
    answer = as_user("manager").get(path_of(company))
    assert f"{YEAR}财年已满足" in line_of(answer)
    assert "无法判断" in answer.text and "缺：" in answer.text


def test_the_smallest_single_change_is_told_in_the_unit_a_person_uses(as_user, company) -> None:
    state(company, FIGURES | {("revenue", YEAR): 12_345.678, ("operating_cash_flow", YEAR): 1})
    said = line_of(as_user("manager").get(path_of(company)))
    assert f"目前仅需一项： 营业收入 {YEAR}由 1.23亿 变为 1.3亿" in said.replace(
        "：", "： "
    ).replace("  ", " ")
    state(company, {("operating_cash_flow", YEAR): -5})
    assert "没有任何单项改动" in line_of(as_user("manager").get(path_of(company)))


def test_changes_of_figures_go_along_and_are_assumed_too(as_user, company) -> None:
    asked = {f"y.operating_cash_flow.{YEAR}": "1", f"y.revenue.{YEAR}": "11700", "on": ""}
    answer = as_user("manager").get(path_of(company), query_string=asked)
    assert f"{YEAR}财年已满足" in line_of(answer) and "改动 2 项数据" in answer.text
    assert 'name="y.revenue' in answer.text and "data-keep" in answer.text


def test_a_market_value_or_a_fact_is_assumed_too_and_named(as_user, company, cast) -> None:
    state(company, {("expected_market_cap", None): 33_000, ("operating_cash_flow", YEAR): 1})
    client = as_user("manager")
    asked = {
        "g.revenue": "30",
        "g.expected_market_cap": "10",
        "e.neeq_tier": "innovation",
        "w.neeq_tier": str(YEAR + 2),
        "e.ip_class1": "9",
    }
    answer = client.get(path_of(company), query_string=asked)
    assert answer.status_code == 200
    said = line_of(answer)
    assert said.startswith(f"北交所标准二 {YEAR + 3}财年 ；制约条款：预计市值"), said
    assert "假设涉及：营业收入、预计市值" in said
    told = words(answer.text.split('<ul class="small assumed">')[1].split("</ul>")[0])
    for text in (
        "预计市值：每年增长 10%",
        f"新三板层级：预计自{YEAR + 2}财年起为创新层",
        "预计自下一财年起为9项",
    ):
        assert text in told.replace("： ", "："), (text, told)
    assert 'value="10"' in field(answer.text, "g.expected_market_cap")
    assert f'<option value="{YEAR + 2}" selected>' in answer.text
    late = {"e.ip_class1": "9", "w.ip_class1": str(YEAR)}
    assert "以在案数据为准" in client.get(path_of(company), query_string=late).text
    kept = {"name": "做市", "asked": "&".join(f"{k}={v}" for k, v in asked.items())}
    client.post(f"/companies/{company.id}/readiness/scenarios", data=kept)
    trail = as_user("compliance").get("/audit").text
    assert "预计自下一财年起为" in trail


@pytest.mark.parametrize(
    ("asked", "at", "said"),
    [
        ({"e.ip_class1": "x"}, "e.ip_class1", "不是有效"),
        ({"e.neeq_tier": "moon"}, "e.neeq_tier", "moon"),
        ({"e.ip_class1": "9", "w.ip_class1": "soon"}, "w.ip_class1", "soon"),
        ({"w.ip_class1": str(YEAR + 1)}, "e.ip_class1", "请填写预计值"),
    ],
)
def test_a_bad_expectation_is_told_at_its_field(as_user, company, asked, at, said) -> None:
    answer = as_user("manager").get(path_of(company), query_string=asked)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in field(answer.text, at)
    assert said in words(answer.text.split(f'id="{at}-err"')[1].split("</p>")[0])


@pytest.mark.parametrize(
    ("text", "said"), [("x", "不是有效"), ("-101", "-100%"), ("1001", "1000%")]
)
def test_bad_growth_is_told_at_its_field_and_stays(as_user, company, text, said) -> None:
    client = as_user("manager")
    answer = client.get(path_of(company), query_string={"g.revenue": text})
    assert answer.status_code == 422
    tag = field(answer.text, "g.revenue")
    assert 'aria-invalid="true"' in tag and f'value="{text}"' in tag
    assert said in words(answer.text.split('id="g.revenue-err"')[1].split("</p>")[0])
    assert client.get(f"{path_of(company)}/arrivals?g.revenue={text}").status_code == 422


def test_without_scripts_a_button_leads_to_the_address(as_user, company) -> None:
    sent = {"g.revenue": "30", "s.revenue": "", "g.nothing": "1", "f.share_capital": "5000"}
    answer = as_user("reader").post(path_of(company), data=sent)
    assert answer.location.endswith("/when?g.revenue=30&f.share_capital=5000")


def test_a_company_without_a_fiscal_year_says_so(as_user, cast) -> None:
    bare = factories.company(cast["manager"])
    answer = as_user("manager").get(path_of(bare), query_string={"g.revenue": "30"})
    assert answer.status_code == 200 and "尚无年度数据，无从推算" in answer.text


def test_the_page_says_what_the_projection_says(as_user, company) -> None:
    asked = {"g.revenue": "30", "s.operating_cash_flow": "200"}
    growth = read_growth(asked)
    years = {k: Fraction(v) for k, v in GROWING.items() if k[1]}
    figures = Figures(YEAR, years, {"expected_market_cap": Fraction(40_000)})
    page = as_user("manager").get(path_of(company), query_string=asked)
    for arrival in arrivals(figures, growth.courses, TODAY, "370200"):
        if arrival.year and arrival.year > YEAR:
            assert f"{arrival.year}财年" in line_of(page, arrival.target.zh)


def test_who_may_not_read_the_company_gets_no_page(as_user, company) -> None:
    assert as_user("committee").get(path_of(company)).status_code == 404
    assert as_user("admin").get(f"{path_of(company)}/arrivals").status_code == 403


def test_its_own_growth_is_told_over_years_without_a_gap_and_from_something() -> None:
    revenue = dictionary()["revenue"]

    def grown(**values: int) -> tuple[Fraction, int] | None:
        years = {("revenue", int(year[1:])): Fraction(v) for year, v in values.items()}
        return own_growth(Figures(2025, years), revenue)

    assert grown(y2025=121, y2024=105, y2023=100) == (Fraction(1, 10), 2023)
    assert grown(y2025=110, y2024=100, y2022=1) == (Fraction(1, 10), 2024)
    assert grown(y2025=110, y2023=100) is None and grown(y2025=110) is None
    assert grown(y2025=110, y2024=100, y2023=0) == (Fraction(1, 10), 2024)
    assert own_growth(Figures(None), revenue) is None
    assert percent_text(Fraction(1, 3)) == "33.33" and percent_text(Fraction(-1, 3)) == "-33.34"
    assert percent_text(Fraction(1, 10)) == "10" and percent_text(Fraction(0)) == "0"
