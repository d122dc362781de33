"""Companies in real Chromium: imported, edited, assessed, tagged, taken home."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.browser.looking import serious, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_file_is_imported_and_the_list_taken_home(open_page, tmp_path) -> None:
    page = open_page("manager")
    path = tmp_path / "名单.csv"
    path.write_bytes(
        "企业名称,年度,营业收入（万元）\n浏览器科技有限公司,2025,1234\n坏行,2025,一百\n".encode(
            "gb18030"
        )
    )
    page.goto("/imports")
    page.set_input_files("#file", path)
    page.click("form .btn-primary")
    page.wait_for_url("**/imports/*")
    assert "不是有效数字" in page.inner_text("main")
    page.click("form .btn-primary")
    page.wait_for_selector(".counts")
    page.goto("/companies?q=liulanqi")
    assert "浏览器科技有限公司" in page.inner_text("table")
    page.goto("/deals")
    page.click("summary:has-text('导出')")
    page.wait_for_selector("#export-share:has-text('导出文件含本列表')")
    with page.expect_download() as download:
        page.click("a:has-text('CSV')")
    assert Path(download.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    assert not page.complaints


def test_the_ladders_of_a_rung_that_is_only_near_fit_a_phone(open_page) -> None:
    page = open_page("committee", 390)
    page.goto("/readiness")
    assert page.locator(".rung.near").count(), "nobody of the few one sees is on it, some are near"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


ROWS = (
    *("430001,方正股份,2025,-3,1,x", "830077,表中甲,2025,1,246,"),
    *("830078,表中乙,2025,一百,1,", "830079,表中甲有限公司,2025,1,1,y"),
)


@pytest.mark.parametrize(
    ("width", "theme", "locale"),
    [(1440, "light", "zh-CN"), (390, "dark", "zh-CN"), (390, "light", "en-US")],
)
def test_every_page_of_an_import_is_accessible_and_fits(
    open_page, tmp_path, width, theme, locale
) -> None:
    page, wrong = open_page("manager", width, theme, locale), []

    def look(what: str) -> None:
        settle(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong.extend([f"{what} is {wide} px too wide"] if wide > 0 else [])
        wrong.extend(f"{what}: {problem}" for problem in serious(page))

    def upload(name: str, lines: Iterable[str]) -> None:
        text = "\n".join(["证券代码,企业名称,年度,营业收入,加权ROE,备注栏", *lines])
        (tmp_path / name).write_text(text, encoding="utf-8")
        page.goto("/imports")
        page.set_input_files("#file", tmp_path / name)
        page.click("form .btn-primary")
        page.wait_for_url("**/imports/*")

    upload(f"{width}{theme}{locale}.csv", ROWS)
    assert "备注栏" in page.inner_text("details.card summary")
    page.click("details.card summary")
    look("the preview")
    page.goto(page.url.split("?")[0] + "?kind=differences")
    assert page.locator("input[type=radio]").count() >= 2
    look("the differing values")
    page.click("form[action$=confirmation] .btn-primary")
    page.wait_for_selector("a[href$=undo]")
    look("the result")
    page.click("a[href$=undo]")
    page.wait_for_url("**/undo")
    look("what taking back asks")
    page.click("main form .btn-danger")
    page.wait_for_selector(".badge:not(.ok)")
    look("what was taken back")
    upload("long.csv", (f"{810000 + n},长表{n},2025,{n},1," for n in range(2100)))
    page.wait_for_selector("#progress progress")
    look("the run")
    assert not wrong, "\n".join(wrong)
    assert not page.complaints


def test_a_company_is_edited_and_errors_keep_what_was_typed(open_page) -> None:
    page = open_page("manager")
    page.goto("/companies/3/edit")
    page.fill("#founded_on", "2020-02-30")
    page.fill("#short_name", "改过的简称")
    page.click("form .btn-primary >> nth=-1")
    page.wait_for_selector("#errsum")
    assert "日历上没有这一天" in page.inner_text("#errsum")
    assert page.input_value("#short_name") == "改过的简称"
    page.fill("#founded_on", "2020年2月29日")
    page.click("form .btn-primary >> nth=-1")
    page.wait_for_url("**/companies/3")
    assert "改过的简称" in page.inner_text("main")


def test_an_unknown_clause_leads_to_its_input_with_the_cursor_in_it(open_page) -> None:
    page = open_page("manager")
    page.goto("/companies?q=方正")  # of which nothing is known
    blank = page.locator("table a.name").first.get_attribute("href")
    for kind, target in (("facts", "bse-general"), ("figures", "bse-4")):
        page.goto(f"{blank}/readiness")
        page.locator(f"#t-{target} > summary").focus()
        page.keyboard.press("Enter")  # the line unfolds and its tree comes
        page.locator(f"#t-{target} .fillin[href*='/{kind}?']").first.click()
        page.wait_for_url(f"**/{kind}?**")
        anchor = page.url.split("#")[1]
        assert page.evaluate("document.activeElement.id") == anchor
        assert page.locator(f"#{anchor}").is_visible()


def test_a_day_of_the_rules_is_chosen_and_the_company_page_leads_to_a_target(open_page) -> None:
    page = open_page("reader")
    page.goto("/companies/4")
    page.locator("#readiness .nearest a").first.click()
    page.wait_for_url("**/companies/4/readiness?target=*")
    assert page.locator("details.target[open] .tree .node").count() > 1
    page.fill("#on", "2022-04-15")
    page.click(".ruleday .btn")
    page.wait_for_url("**on=2022-04-15*")
    assert page.locator("#t-star.absent").count() == 1, "which came into force in 2024"
    page.locator("#t-giant > summary").click()
    page.wait_for_selector("#t-giant .node")
    assert "2021" in page.inner_text("#t-giant .body")
    assert not serious(page) and not page.complaints


def test_a_figure_is_changed_and_the_verdict_moves_while_the_facts_stay(open_page) -> None:
    page = open_page()
    page.goto("/companies/2")
    facts = page.inner_text("#figures")
    page.click("#readiness a[href$='/what-if']")
    assert "尚未改动" in page.inner_text("#moved")
    cap = page.locator("[id='f.expected_market_cap']")
    known = cap.input_value()
    cap.fill("1亿")
    page.wait_for_selector("#moved .turned >> text=北交所标准一")
    assert "满足" in page.inner_text("#moved .turned li:has-text('北交所标准一') .fromto")
    assert page.url.endswith("/what-if?f.expected_market_cap=1%E4%BA%BF")
    cap.fill("1e9")
    page.wait_for_selector("[id='f.expected_market_cap-err']")
    assert cap.get_attribute("aria-invalid") == "true" and cap.input_value() == "1e9"
    cap.fill("")
    page.wait_for_selector("#moved .turned li:has-text('北交所标准一') >> text=待补材料")
    assert not page.locator(".cell .err").count() and not serious(page)
    page.reload()
    assert cap.input_value() == "" and page.locator("#moved .turned").count()
    page.click("#moved .changes .drop")
    page.wait_for_selector("#moved >> text=尚未改动")
    assert cap.input_value() == known
    page.goto("/companies/2")
    assert page.inner_text("#figures") == facts
    assert [text for text in page.complaints if "422" not in text] == []


def test_a_block_from_a_spreadsheet_fills_the_years_and_asks_before_it_is_left(open_page) -> None:
    page = open_page("manager")
    page.goto("/companies/3/figures/years")
    page.locator("#m-revenue-2025").evaluate(
        "(cell) => { const data = new DataTransfer(); data.setData('text/plain', '31\\t2\\r\\n30\\t4\\r\\n');"
        " cell.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"
    )
    cells = ("revenue-2025", "revenue-2024", "main_revenue-2025", "main_revenue-2024")
    assert [page.input_value(f"#m-{cell}") for cell in cells] == ["31", "2", "30", "4"]
    page.fill("#source", "年报")
    page.click("form[action$='/figures/years'] .btn-primary")
    page.wait_for_selector("#errsum")
    assert "大于“营业收入”（2）" in page.inner_text("#errsum")
    assert page.evaluate("document.activeElement.id") == "errsum"
    page.check("#confirmed")
    page.click("form[action$='/figures/years'] .btn-primary")
    page.wait_for_url("**/companies/3#figures")


def test_suggestions_are_judged_with_the_keyboard_alone(open_page) -> None:
    page = open_page("manager")
    page.goto("/chokepoints/review")
    waiting = int(page.inner_text("#left"))
    seen = []

    def shown() -> str:
        cards = page.locator(".suggestion:visible")
        assert cards.count() == 1 and page.evaluate("document.activeElement.id.startsWith('s')")
        return cards.get_attribute("id")

    def decided(said: str, number: int) -> None:
        page.wait_for_function(
            "([said, number]) => document.getElementById('said').textContent.startsWith(said)"
            " && document.getElementById('today').textContent === String(number)",
            arg=[said, number],
        )

    for number, keys in enumerate(("y", "n1", "y", "n9", "y", "n4", "y", "y", "n2"), 1):
        seen.append(shown())
        for key in keys:
            page.keyboard.press(key)
        decided("已采纳" if keys == "y" else "已否定", number)
    assert len(set(seen)) == 9 and int(page.inner_text("#left")) == waiting - 9
    before = shown()
    for key in ("s", "k", "j", "?", "Escape", "n", "Escape", "n", "0"):
        page.keyboard.press(key)
    assert before != page.locator(".suggestion:visible").get_attribute("id")
    page.keyboard.type("仅为样机 y")
    page.keyboard.press("Enter")
    decided("已否定", 10)
    for number in (9, 8):
        page.keyboard.press("u")
        decided("已撤销", number)
    assert shown() not in seen, "what waits again is a row of its own"
    assert not serious(page) and not page.complaints
    page.reload()
    assert int(page.inner_text("#left")) == waiting - 8
    page.keyboard.press("n")
    page.keyboard.press("3")
    decided("已否定", 9)
    page.goto("/acts")
    assert "驳回技术标签" in page.inner_text("main")
