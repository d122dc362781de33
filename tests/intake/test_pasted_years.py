"""A block of figures pasted from a spreadsheet: read as annual reports have it, refused where it
leaves a doubt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.companies import queries
from portfolio.intake.pasted_years import read_block, year_of
from portfolio.kernel.errors import InputError
from portfolio.web.formatting import today
from tests import factories

REPORT = (
    "项目（单位：元）\t2025年度\t2024年末\t2023-12-31\t2025年1-6月\n"
    "营业收入\t12,345,678.90\t10,000,000.00\t—\t1\n"
    "研发人员数\t12\t11\t10\t9\n"
    "毛利率\t35.2%\t30\t不适用\t1\n"
    "股本\t1\t2\t3\t4\n"
)
TURNED = "年度\t营业收入（万元）\t净利润（元）\n2025\t100\t20000\n2024\t90\t(1,000)\n"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        *((text, 2025) for text in ("2025", "2025年", "2025年度", "2025年末", "FY2025", "２０２５年度")),
        *((text, 2025) for text in ("2025-12-31", "2025/12/31", "2025年12月31日", "2025年度（经审计）")),
        *((text, None) for text in ("2025年1-6月", "2025H1", "2025年三季度", "20255", "1025", "营收")),
    ],
)  # fmt: skip
def test_a_year_is_told_from_a_part_of_one(text: str, year: int | None) -> None:
    assert year_of(text) == year


def test_a_block_of_an_annual_report_is_brought_into_our_units() -> None:
    pasted = read_block(REPORT)
    assert pasted.years == [2025, 2024, 2023]
    assert pasted.texts[2025] == {
        "revenue": "1234.56789",
        "rd_staff": "12",
        "gross_margin_pct": "35.2",
    }
    assert pasted.texts[2024]["revenue"] == "1000" and pasted.texts[2023] == {"rd_staff": "10"}
    assert pasted.passed_over == ["2025年1-6月", "股本"]


def test_years_may_stand_down_and_figures_across() -> None:
    assert read_block(TURNED).texts == {
        2025: {"revenue": "100", "net_profit": "2"},
        2024: {"revenue": "90", "net_profit": "-0.1"},
    }


@pytest.mark.parametrize(
    ("heading", "wan"),
    [
        ("指标（万元）\t2025", "50"),
        ("指标\t2025年（人民币千元）", "5"),
        ("指标 ( 亿元 )\t2025", "500000"),
    ],
)
def test_the_unit_may_stand_behind_a_heading(heading: str, wan: str) -> None:
    assert read_block(f"{heading}\n营业收入\t50\n").texts == {2025: {"revenue": wan}}
    assert read_block(f"{heading}\n营业收入\t50\n", "元").texts == {2025: {"revenue": "0.005"}}


def test_headings_of_two_units_leave_a_doubt() -> None:
    with pytest.raises(InputError, match="no_unit"):
        read_block("指标\t2025（万元）\t2024（元）\n营业收入\t50\t5\n")


def test_the_lines_of_an_annual_report_are_known_by_their_own_names() -> None:
    lines = {
        "资产总计": "total_assets",
        "负债合计": "total_liabilities",
        "归属于母公司所有者权益合计": "net_assets",
        "归属于母公司所有者的净利润": "net_profit_parent",
        "扣非净利润": "net_profit_parent_ex_nonrecurring",
        "经营活动现金流量净额": "operating_cash_flow",
    }
    block = "".join(f"{line}\t{n}\n" for n, line in enumerate(lines, start=1))
    found = read_block(f"单位：万元\t2025\n{block}")
    assert found.texts == {2025: {m: str(n) for n, m in enumerate(lines.values(), start=1)}}
    assert not found.passed_over


def test_a_column_may_name_the_units() -> None:
    pasted = read_block("项目\t单位\t2025\n营业收入\t千元\t50\n净利润\t亿元\t0.5\n")
    assert pasted.texts[2025] == {"revenue": "5", "net_profit": "5000"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("营业收入\t100\n", "paste.no_years"),
        ("项目\t2025\n营业收入\t100\n", "paste.no_unit"),
        ("项目\t2025\t2025年\n营业收入（元）\t100\t1\n", "paste.year_twice"),
        ("项目\t2025\n股本\t100\n", "paste.no_figures"),
        ("项目\t2025\n营业收入（元）\t1\n营业总收入（元）\t2\n", "paste.twice"),
        ("项目\t" + "\t".join(map(str, range(2010, 2025))) + "\n", "paste.too_many_years"),
        ("x\n" * 500, "paste.too_long"),
    ],
)
def test_what_leaves_a_doubt_is_refused_with_the_reason(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_block(text)
    assert refused.value.code == code


@given(st.text(alphabet="2025年\t\n营业收入元万亿(),.-x1", max_size=200))
def test_any_block_is_read_or_refused(text: str) -> None:
    try:
        pasted = read_block(text, "元")
    except InputError:
        return
    assert any(pasted.texts.values())


@pytest.fixture
def company(cast):
    return factories.company(cast["manager"])


def recorded(company) -> dict[tuple[str, int | None], int | None]:
    rows = queries.current_rows([company.id])
    return {(metric, year): row.micro for (_, metric, year), row in rows.items()}


def test_a_pasted_block_is_looked_at_and_then_recorded_at_once(as_user, company) -> None:
    client, base = as_user("manager"), f"/companies/{company.id}/figures"
    page = client.post(f"{base}/pasted", data={"pasted": REPORT})
    assert page.status_code == 200 and 'value="1234.56789"' in page.text and "股本" in page.text
    assert recorded(company) == {}
    sent = {"year": ["2025", "2024"], "source": "年报", "audited": "y"}
    figures = {"m-revenue-2025": "1234.56789", "m-revenue-2024": "1000"}
    assert client.post(f"{base}/years", data=sent | figures).status_code == 302
    assert recorded(company) == {("revenue", 2025): 1234567890, ("revenue", 2024): 1000 * 10**6}


def test_one_faulty_cell_keeps_all_years_out_and_all_that_was_typed(as_user, company) -> None:
    client, base = as_user("manager"), f"/companies/{company.id}/figures"
    sent = {"year": ["2025", "2024"], "source": "年报", "m-revenue-2025": "9000"}
    page = client.post(f"{base}/years", data=sent | {"m-revenue-2024": "八百"})
    assert page.status_code == 422 and recorded(company) == {}
    assert 'value="八百"' in page.text and 'value="9000"' in page.text
    assert 'id="e-revenue-2024"' in page.text
    page = client.post(f"{base}/years", data=sent | {"m-revenue-2024": "90000000"})
    assert "相差 10 倍以上" in page.text and 'id="e-revenue-2025"' in page.text
    page = client.post(f"{base}/years", data=sent | {"m-revenue-2024": "800", "confirmed": "y"})
    assert page.status_code == 302 and len(recorded(company)) == 2


@pytest.mark.parametrize("pasted", ["", "营业收入\t1\n", "项目\t2025\n营业收入\t100\n"])
def test_a_block_that_cannot_be_read_stays_in_its_field(as_user, company, pasted: str) -> None:
    page = as_user("manager").post(
        f"/companies/{company.id}/figures/pasted", data={"pasted": pasted}
    )
    assert page.status_code == 422 and 'id="pasted-err"' in page.text
    assert pasted.strip() in page.text


def test_columns_that_mean_nothing_are_told_and_years_to_come_refused(as_user, company) -> None:
    client, path = as_user("manager"), f"/companies/{company.id}/figures/pasted"
    page = client.post(path, data={"pasted": "项目\t2025\t合计\t1880\n营业收入（元）\t1\t2\t3\n"})
    assert "合计 · 1880" in page.text
    this_year = today().year
    for year, status in ((this_year, 200), (this_year + 1, 422), (2081, 422)):
        page = client.post(path, data={"pasted": f"项目\t{year}\n营业收入（元）\t1\n"})
        assert page.status_code == status
        assert (f"{year} 年度尚未到来" in page.text) == (status == 422)


def test_no_year_to_come_is_recorded_and_none_that_goes_on_as_audited(as_user, company) -> None:
    client, path = as_user("manager"), f"/companies/{company.id}/figures/years"
    this_year = today().year

    def sent(year: int, **more: str):
        said = {"year": [str(year)], "source": "年报", f"m-revenue-{year}": "7", **more}
        return client.post(path, data=said)

    ahead = sent(this_year + 1)
    assert ahead.status_code == 422 and f"{this_year + 1} 年度尚未到来" in ahead.text
    running = sent(this_year, audited="y")
    assert running.status_code == 422
    assert 'id="audited-err"' in running.text and f"{this_year} 年度尚未结束" in running.text
    one = {"fiscal_year": str(this_year), "source": "年报", "m-revenue": "7", "audited": "y"}
    single = client.post(path.removesuffix("/years"), data=one)
    assert single.status_code == 422 and f"{this_year} 年度尚未结束" in single.text
    assert not queries.current_rows([company.id])
    assert (
        sent(this_year).status_code == 302 and sent(this_year - 1, audited="y").status_code == 302
    )


def test_a_whole_that_a_recorded_part_exceeds_is_asked_about_in_its_own_words(
    as_user, company
) -> None:
    client, path = as_user("manager"), f"/companies/{company.id}/figures/years"
    sent = {"year": ["2025"], "source": "年报"}
    assert client.post(path, data=sent | {"m-main_revenue-2025": "11290"}).status_code == 302
    page = client.post(path, data=sent | {"m-revenue-2025": "1234.5"})
    assert "与“主营业务收入总额”（11290）不相符" in page.text


def test_a_reader_pastes_nothing(as_user, company) -> None:
    base = f"/companies/{company.id}/figures"
    client = as_user("reader")
    assert client.get(f"{base}/years").status_code == 403
    for path in ("pasted", "years"):
        assert client.post(f"{base}/{path}", data={"pasted": REPORT}).status_code == 403
