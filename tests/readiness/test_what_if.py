"""Figures changed on the page alone: which verdicts move, by which clause, and that nothing is written."""

import datetime as dt
import random
import re

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.companies import operations as companies
from portfolio.companies.operations import Statement
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.readiness import queries as readiness
from portfolio.readiness.inputs import Stated, figures_from
from portfolio.readiness.pictures import Picture, picture_of
from portfolio.readiness.whatif import MOST, Key, applied, key_of, moves, read_assumed, supposed
from portfolio.readiness.whatif_sheet import sections
from portfolio.rulebook.metrics import dictionary
from tests import factories
from tests.rulebook.borders import number_of, words_of

WAN = 10**6
TODAY = local_date(dt.datetime.now(dt.UTC))
YEAR = TODAY.year - 1
REGION = "370212"
FIGURES = {
    ("revenue", YEAR): 13_000,
    ("revenue", YEAR - 1): 10_000,
    ("operating_cash_flow", YEAR): -5,
    ("expected_market_cap", None): 40_000,
}


def state(company, figures) -> None:
    rows = [
        Statement(company.id, name, year, choice=value)
        if isinstance(value, str)
        else Statement(company.id, name, year, micro=int(value * WAN), audited=bool(year))
        for (name, year), value in figures.items()
    ]
    with unit_of_work("figure.state"):
        companies.state_figures(rows, None, dt.datetime.now(dt.UTC))


@pytest.fixture
def company(cast):
    found = factories.company(cast["manager"], name_zh="青岛设想科技股份有限公司")
    with unit_of_work("company.change"):
        companies.update(found, {"region_code": REGION}, dt.datetime.now(dt.UTC))
    state(found, FIGURES)
    return found


def path_of(company) -> str:
    return f"/companies/{company.id}/readiness/what-if"


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def panel(answer) -> str:
    return words(answer.text.split('id="moved"')[1].split("</section>")[0])


def field(page: str, name: str) -> str:
    found = re.search(rf'<(?:input|select)[^>]*id="{re.escape(name)}"[^>]*>', page)
    assert found, name
    return found[0]


def dump() -> dict[str, list[tuple]]:
    db.session.rollback()
    return {
        table.name: [tuple(row) for row in db.session.execute(sa.select(table))]
        for table in db.metadata.sorted_tables
        if table.name != "user_session"
    }


def test_a_changed_figure_moves_a_verdict_and_the_clause_that_decides_is_named(
    as_user, company
) -> None:
    client = as_user("reader")
    before = dump()
    answer = client.get(path_of(company), query_string={f"y.operating_cash_flow.{YEAR}": "1元"})
    said = panel(answer)
    assert answer.status_code == 200
    assert re.search(r"北交所标准二 不满足 变为 满足 现已满足：[^·]*经营活动现金流", said), said
    assert f"经营活动产生的现金流量净额 {YEAR} -5万 1元" in said
    assert "个目标的结论改变" in said and "以假设数据所作的预评估" in said
    assert dump() == before, "not a row was written"
    assert "尚未改动任何数据" in panel(client.get(path_of(company)))


def test_a_figure_taken_away_is_unknown_and_neither_nothing_nor_failed(as_user, company) -> None:
    client = as_user("manager")
    said = panel(client.get(path_of(company), query_string={"f.expected_market_cap": ""}))
    assert "北交所标准四 不满足 变为 待补材料" in said
    assert "预计市值 4亿 未知" in said
    assert "北交所标准二 不满足 更远" in said, "the cash flow fails it still"


def test_what_is_still_short_is_told_as_nearer(as_user, company) -> None:
    asked = {"f.expected_market_cap": "6亿"}
    said = panel(as_user("manager").get(path_of(company), query_string=asked))
    assert "没有结论改变" in said
    assert "北交所标准四 不满足 更接近" in said.split("结论不变、差距改变")[1]


def test_the_same_value_in_other_words_changes_nothing(as_user, company) -> None:
    asked = {f"y.revenue.{YEAR}": "1.3亿", "f.expected_market_cap": "40,000", "f.share_capital": ""}
    answer = as_user("manager").get(path_of(company), query_string=asked)
    assert "尚未改动任何数据" in panel(answer)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (f"y.revenue.{YEAR}", "12x", "不是有效金额"),
        (f"y.revenue.{YEAR}", "1e9", "不是有效金额"),
        (f"y.rd_staff_pct.{YEAR}", "half", "不是有效数字"),
        ("f.governance_sound", "perhaps", "既不是"),
        ("f.neeq_tier", "gold", "不在可选范围内"),
    ],
)
def test_bad_input_is_told_at_its_field_and_stays(as_user, company, name, text, said) -> None:
    asked = {name: text, f"y.operating_cash_flow.{YEAR}": "1"}
    client = as_user("manager")
    answer = client.get(path_of(company), query_string=asked)
    assert answer.status_code == 422
    tag = field(answer.text, name)
    assert 'aria-invalid="true"' in tag and f'{name}-err"' in tag
    if tag.startswith("<input"):
        assert f'value="{text}"' in tag
    assert said in words(answer.text.split(f'id="{name}-err"')[1].split("</p>")[0])
    assert "北交所标准二 不满足 变为 满足" in panel(answer), "what is right counts all the same"
    part = client.get(f"{path_of(company)}/moves", query_string=asked)
    assert part.status_code == 422 and f'data-field="{name}"' in part.text


def test_what_is_typed_is_escaped_and_other_arguments_mean_nothing(as_user, company) -> None:
    asked = {
        f"y.revenue.{YEAR}": "<b>x",
        "y.nothing.2025": "1",
        "f.": "1",
        "y.revenue.1": "1",
        "y.expected_market_cap.2025": "1",
        "y.revenue.2025.1": "1",
    }
    answer = as_user("manager").get(path_of(company), query_string=asked)
    assert answer.status_code == 422 and "<b>x" not in answer.text
    assert answer.text.count('class="changes"') == 0


def test_more_changes_than_an_address_carries_are_refused(as_user, company) -> None:
    names = [m.id for m in dictionary().values() if m.numeric and not m.yearly and not m.derive]
    many = [*names, *(m.id for m in dictionary().values() if m.unit == "bool" and not m.yearly)]
    assert len(many) > MOST + 1
    asked = {f"f.{n}": "7" if dictionary()[n].numeric else "true" for n in many[: MOST + 2]}
    answer = as_user("manager").get(path_of(company), query_string=asked)
    assert answer.status_code == 422 and f"一次最多可改动 {MOST} 项" in answer.text


def test_without_scripts_a_button_leads_to_the_address_of_what_was_changed(
    as_user, company
) -> None:
    client = as_user("reader")
    page = client.get(path_of(company)).text
    sent = dict(re.findall(r'<input class="control num" id="([^"]+)"[^>]*value="([^"]*)"', page))
    assert sent[f"y.revenue.{YEAR}"] == "13000" and len(sent) > 50
    sent |= {f"y.operating_cash_flow.{YEAR}": "1 万", "on": TODAY.isoformat()}
    answer = client.post(path_of(company), data=sent)
    assert answer.status_code == 302
    assert answer.location.endswith(f"{path_of(company)}?y.operating_cash_flow.{YEAR}=1+%E4%B8%87")
    assert "北交所标准二 不满足 变为 满足" in panel(client.get(answer.location))


def test_a_day_switches_the_rules_and_the_figures_asked_for(as_user, company) -> None:
    client = as_user("manager")
    old, new = (
        client.get(path_of(company), query_string={"on": day, f"y.revenue.{YEAR}": "1.5亿"})
        for day in ("2026-03-31", "2026-04-01")
    )
    assert f"2026-03-31 预评估 · {YEAR} 年度" in panel(old)
    assert 'id="f.product_field_2026"' in new.text and 'id="f.product_field_2026"' not in old.text
    assert "on=2026-03-31" in old.text.split('class="tabs')[1].split("</nav>")[0]
    wrong = client.get(path_of(company), query_string={"on": "soon"})
    assert wrong.status_code == 422 and 'aria-describedby="on-err"' in wrong.text


def test_a_company_without_any_figures_can_be_supposed_too(as_user, cast) -> None:
    bare = factories.company(cast["manager"], name_zh="青岛空白科技有限公司")
    client = as_user("manager")
    page = client.get(path_of(bare)).text
    year = max(map(int, re.findall(r'id="y\.revenue\.(\d+)"', page)))
    asked = {f"y.revenue.{year}": "100", f"y.revenue.{year - 1}": "90"}
    assert f"{year} 年度" in panel(client.get(path_of(bare), query_string=asked))


def test_who_reads_the_company_sees_it_and_nobody_else(as_user, company) -> None:
    for who, status in (("reader", 200), ("partner", 200), ("committee", 404), ("admin", 403)):
        for path in (path_of(company), f"{path_of(company)}/moves"):
            assert as_user(who).get(path).status_code == status, who


def test_the_part_is_no_page_and_few_queries_make_it(as_user, company, queries) -> None:
    client = as_user("manager")
    asked = {f"y.operating_cash_flow.{YEAR}": "1"}
    client.get(f"{path_of(company)}/moves", query_string=asked)
    queries.clear()
    part = client.get(f"{path_of(company)}/moves", query_string=asked)
    assert "<html" not in part.text and "北交所标准二" in part.text and len(queries) < 8


def verdicts(picture: Picture) -> list[tuple]:
    return [(f.target.key, f.status, f.distance, f.open_tests) for f in picture.findings]


def test_supposing_comes_to_what_stating_the_same_would(app, company) -> None:
    stated = readiness.stated_of([company.id])[company.id]
    assumed = read_assumed(
        {
            f"y.operating_cash_flow.{YEAR}": "812.5",
            f"y.revenue.{YEAR}": "1.81亿",
            f"y.rd_spend.{YEAR}": "900",
            "f.neeq_tier": "innovation",
            "f.governance_sound": "是",
        },
        stated,
    )
    assert not assumed.errors
    after = supposed(stated, assumed.values, TODAY, REGION)
    told = {
        (k.metric, k.year): choice or micro / WAN for k, (micro, choice) in assumed.values.items()
    }
    state(company, told)
    figures, audited = figures_from(readiness.stated_of([company.id])[company.id], TODAY)
    real = picture_of(figures, audited, TODAY, REGION)
    assert verdicts(after) == verdicts(real)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_changes_taken_back_leave_what_was_and_each_move_is_one(seed: int) -> None:
    dice = random.Random(seed)
    keys = [k for s in sections(TODAY, REGION, YEAR, []) for k in s.keys]

    def some(share: float) -> dict[Key, tuple[int | None, str | None]]:
        chosen = [key for key in keys if dice.random() < share]
        return {k: _value(dice, k.metric) for k in chosen}

    stated = [Stated(*key, *value, True) for key, value in some(0.6).items()]
    values = some(0.1)
    was = {Key(row.metric, row.year): (row.micro, row.choice) for row in stated}
    changed = applied(stated, values)
    back = applied(changed, {key: was.get(key, (None, None)) for key in values})
    assert {row[:4] for row in back} == {row[:4] for row in stated}
    before, after = (supposed(stated, v, TODAY, REGION) for v in ({}, values))
    told = {move.after.target.key: move for move in moves(before, after)}
    for one, other in zip(before.findings, after.findings, strict=True):
        if one.status != other.status:
            assert told[one.target.key].turned and told[one.target.key].decided_by


def _value(dice: random.Random, name: str) -> tuple[int | None, str | None]:
    if not dictionary()[name].numeric:
        return None, dice.choice(words_of(dictionary()[name]))
    return int(number_of(dice, name, True) * WAN), None


def test_every_figure_that_can_be_changed_has_a_name_of_its_own() -> None:
    keys = [key for part in sections(TODAY, REGION, YEAR, []) for key in part.keys]
    assert len(keys) == len(set(keys)) > 100
    assert all(key_of(key.name) == key for key in keys)
