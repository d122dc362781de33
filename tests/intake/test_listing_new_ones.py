"""The preview lists the companies that would be entered, and leads to the values that differ."""

import re

from tests import factories

CREDIT = factories.credit_code(771)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_new_companies_are_listed_with_codes_and_place_where_nothing_else_is_to_see(send) -> None:
    client, address = send(
        f"企业名称,信用代码,证券代码,所在地\n新甲公司,{CREDIT},430047,青岛\n新乙公司,,,\n"
    )
    text = plain(client.get(address).text)
    assert "列出 2 家新企业" in text and "新企业 2" in text
    assert f"2 新甲公司 {CREDIT} 430047 青岛" in text
    assert "3 新乙公司 — —" in text and "全部问题" not in text


def test_the_list_comes_in_pages_and_counts_what_it_leaves_out(send, monkeypatch) -> None:
    monkeypatch.setattr("portfolio.intake.reporting.MOST_FRESH", 60)
    rows = "".join(f"新{n:03}号公司\n" for n in range(70))
    client, address = send("企业名称\n" + rows)
    first, second = (client.get(f"{address}?kind=new&page={n}").text for n in (1, 2))
    assert first.count("<td>新") == 50 and second.count("<td>新") == 10
    assert "新000号公司" in first and "新059号公司" in second
    assert "列出 70 家新企业" in plain(first) and "60" in plain(second).split("新059号公司")[1]


def test_values_that_differ_are_named_in_the_summary_with_the_way_to_them(send, cast) -> None:
    factories.company(cast["manager"], name_zh="甲公司", place="青岛", industry="机械")
    client, address = send("企业名称,所在地,行业\n甲公司,济南,电子\n乙公司,,\n")
    page = client.get(address).text
    assert "2 个值与现有数据不同" in plain(page)
    led = re.search(r'<a href="([^"]+)#findings"><b>', page)
    assert led and led[1].endswith("kind=differences")
    opened = plain(client.get(led[1]).text)
    assert "甲公司" in opened and "青岛 济南" in opened and "机械 电子" in opened


def test_a_file_without_anything_new_or_other_has_neither_line(send, cast) -> None:
    factories.company(cast["manager"], name_zh="甲公司", place="青岛")
    client, address = send("企业名称,所在地\n甲公司,青岛\n")
    text = plain(client.get(address).text)
    assert " 家新企业" not in text and "将录入的企业" not in text and "与现有数据不同" not in text


def test_all_likely_duplicates_can_be_looked_through_before_the_import(send, cast) -> None:
    for n in range(7):
        factories.company(cast["manager"], name_zh=f"海纳传动{n}股份有限公司")
    rows = "".join(f"海纳传动{n}有限公司\n" for n in range(7))
    client, address = send("企业名称\n" + rows)
    first = client.get(address).text
    assert "全部 7 组疑似重复" in plain(first) and first.count("海纳传动6") < 3
    every = client.get(f"{address}?kind=duplicates").text
    assert all(f"海纳传动{n}股份有限公司" in every for n in range(7))


def test_columns_that_are_not_recognised_are_named_on_top_and_fields_stand_in_groups(send) -> None:
    client, address = send("企业名称,年度,牌子,营业收入（万元）\n甲公司,2024,x,5\n")
    page = client.get(address).text
    assert "未能识别、因此不导入的列：牌子。" in plain(page)
    assert page.index("未能识别、因此") < page.index("将录入")
    assert re.search(
        r'<optgroup label="收入与利润"><option value="metric:revenue"[^>]*>营业收入（万元）<', page
    )
