"""A company's readiness, clause by clause: what is read, what is missing, by the rules of which day."""

import datetime as dt
import re

import pytest

from portfolio.companies import operations as companies
from portfolio.companies.operations import Statement
from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.readiness.targets import targets
from tests import factories

WAN = 10**6
YEAR = dt.datetime.now(dt.UTC).year - 1


def state(company, when: dt.datetime | None = None, **values) -> None:
    rows = []
    for name, value in values.items():
        if isinstance(value, tuple):
            rows += [
                Statement(company.id, name, YEAR - back, micro=int(number * WAN), audited=True)
                for back, number in enumerate(value)
            ]
        elif isinstance(value, str):
            rows.append(Statement(company.id, name, None, choice=value))
        else:
            rows.append(Statement(company.id, name, None, micro=int(value * WAN)))
    with unit_of_work("figure.state"):
        companies.state_figures(rows, None, when or dt.datetime.now(dt.UTC))


@pytest.fixture
def company(cast):
    found = factories.company(cast["manager"], name_zh="青岛梯次科技股份有限公司")
    with unit_of_work("company.change"):
        companies.update(found, {"region_code": "370212"}, dt.datetime.now(dt.UTC))
    state(
        found,
        revenue=(9_500, 9_000, 8_000),
        rd_expense=(142.5, 300, 300),
        net_profit_parent=(3_000, 2_000),
        net_profit_parent_ex_nonrecurring=(2_850, 2_100),
        expected_market_cap=19_000,
    )
    return found


def page_of(client, company, **asked) -> str:
    return client.get(
        f"/companies/{company.id}/readiness", query_string={"target": "all", **asked}
    ).text


def part(page: str, key: str) -> str:
    return page.split(f'id="t-{key}"')[1].split('class="target')[0]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_target_stands_there_with_a_verdict_or_with_why_there_is_none(
    as_user, company
) -> None:
    page = page_of(as_user("manager"), company)
    assert {*re.findall(r'id="t-([\w-]+)"', page)} == {target.key for target in targets()}
    assert "无现行标准，上一标准已于 2020-08-31 失效" in words(part(page, "unicorn"))
    assert "None" not in page and '<span class="badge">预评估</span>' in page
    for finding in ("差 1,000万", "≥ 2亿", "1.9亿"):
        assert finding in words(part(page, "bse-1")), finding


def test_the_distance_is_told_in_the_figure_a_person_can_change(as_user, company) -> None:
    page = page_of(as_user("manager"), company, on="2026-03-31")
    assert "研发费用总额还差 142.5万" in words(part(page, "srdi"))


def test_what_is_missing_is_rounded_up_as_much_is_enough(as_user, company) -> None:
    client = as_user("manager")
    client.set_cookie("lang", "en")
    english = words(part(page_of(client, company, on="2026-03-31"), "srdi"))
    assert "R&amp;D expense short by CNY 1.43m" in english


def test_the_page_says_which_net_profit_counted(as_user, company) -> None:
    tree = words(part(page_of(as_user("manager"), company), "bse-1"))
    assert f"{YEAR} 归属于母公司股东的净利润 3,000万" in tree
    assert "净利润 2,850万 孰低，计入" in tree and "净利润 2,000万 孰低，计入" in tree
    assert "3,000万 孰低" not in tree and "2,100万 孰低" not in tree


def test_a_day_chooses_the_version_and_says_so(as_user, company) -> None:
    client = as_user("manager")
    before, after = (page_of(client, company, on=day) for day in ("2026-03-31", "2026-04-01"))
    assert "工信部企业〔2022〕63号 附件3" in part(before, "giant")
    assert "工信部企业〔2026〕2号" in part(after, "giant")
    assert f"{local_date(dt.datetime.now(dt.UTC))} 预评估" in words(page_of(client, company))
    assert f"on={targets()[0].versions[0].in_force_from}" in before or "历次版本" in before


def test_a_day_before_any_rulebook_is_answered_with_the_reason(as_user, company) -> None:
    page = page_of(as_user("manager"), company, on="1999-12-31")
    assert "1999-12-31 没有适用的标准" in page and 'class="node' not in page
    assert "最早标准自 2018-01-01 起施行" in page


@pytest.mark.parametrize("day", ["soon", "2026-13-01", "2026-02-30", "1e9"])
def test_a_day_that_is_none_is_refused_at_its_field(as_user, company, day: str) -> None:
    asked = {"on": day, "target": "all"}
    answer = as_user("manager").get(f"/companies/{company.id}/readiness", query_string=asked)
    assert answer.status_code == 422 and 'aria-describedby="on-err"' in answer.text
    assert 'class="node' in answer.text, "today's page stands below"


def test_a_year_that_had_not_ended_on_the_day_is_not_assessed(as_user, company) -> None:
    page = page_of(as_user("manager"), company, on=f"{YEAR - 1}-06-30")
    assert f"{YEAR - 2} 年度" in page


def test_what_was_known_on_a_day_is_shown_without_links_to_fill_in(as_user, cast) -> None:
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    with unit_of_work("company.register", cast["manager"], at=long_ago):
        company = companies.register({"name_zh": "青岛旧事公司"}, cast["manager"], long_ago)
    state(company, revenue=(5_000,))
    client, then = as_user("manager"), local_date(long_ago + dt.timedelta(days=10)).isoformat()
    now, past = page_of(client, company), page_of(client, company, as_of=then)
    assert "fillin" in now and f"{YEAR} 年度" in now
    assert "fillin" not in past and "尚无年度数据" in past and f"{then} 预评估" in words(past)
    early = page_of(client, company, as_of="2020-01-01")
    assert 'class="node' not in early


def test_a_reader_gets_no_links_to_fill_in_and_an_outsider_no_page(as_user, company) -> None:
    assert "fillin" not in page_of(as_user("reader"), company)
    for who in ("committee", "admin"):
        answer = as_user(who).get(f"/companies/{company.id}/readiness")
        assert answer.status_code in {403, 404}, who


def test_municipal_targets_ask_for_the_region_where_it_is_not_recorded(as_user, cast) -> None:
    company = factories.company(cast["manager"])
    with unit_of_work("company.change"):
        companies.update(company, {"region_code": "", "uscc": None}, dt.datetime.now(dt.UTC))
    page = page_of(as_user("manager"), company)
    assert "地区未登记" in page
    assert f"/companies/{company.id}/edit" in part(page, "hidden-unicorn")


def test_a_score_table_shows_the_range_that_is_still_open(as_user, company) -> None:
    state(company, legal_entity_cn="true", clean_record="true", segment_years=5)
    tree = part(page_of(as_user("manager"), company, on="2026-03-31"), "srdi")
    row = tree.split('class="score"')[1].split("</details>")[0]
    assert re.search(r"\d+–\d+", words(row)) and "≥ 60" in words(row)
    assert "/ 15" in words(row) and "f-local_feature_score" in row


def test_the_company_page_leads_to_the_target_that_it_names(as_user, company) -> None:
    page = as_user("manager").get(f"/companies/{company.id}").text
    section = page.split('<section class="card" id="readiness">')[1].split("</section>")[0]
    assert "逐条查看" in section and "预评估" in section
    link = re.search(r'href="([^"]+target=bse-1)#t-bse-1"', section)
    assert link, "the nearest targets stand there with their distance"
    opened = as_user("manager").get(link[1].replace("&amp;", "&")).text
    assert re.search(r'<details class="target" id="t-bse-1" open', opened)
    assert opened.count(" open><summary>") == 1 < opened.count('class="tree top"') + 1


def test_a_line_unfolds_to_the_tree_of_the_same_days(as_user, company) -> None:
    client = as_user("manager")
    page = client.get(f"/companies/{company.id}/readiness?on=2026-03-31").text
    assert 'class="node' not in page
    link = re.search(r'hx-get="([^"]+/readiness/giant\?[^"]*)"', page)
    assert link and "on=2026-03-31" in link[1]
    tree = client.get(link[1].replace("&amp;", "&")).text
    assert "附件3" in tree and 'class="node' in tree and "<html" not in tree
    for gone in ("unicorn", "nothing"):
        assert client.get(f"/companies/{company.id}/readiness/{gone}").status_code == 404


def test_the_page_asks_few_queries_whatever_the_company_has(as_user, company, queries) -> None:
    client = as_user("manager")
    page_of(client, company)
    queries.clear()
    page_of(client, company)
    assert len(queries) < 12
