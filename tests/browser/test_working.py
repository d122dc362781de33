"""A day's work in real Chromium: log in, import, edit, drag a deal, export; nothing blocked, nothing
inaccessible."""

import datetime as dt
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import axe_playwright_python
import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from portfolio.companies import merge_operations as merging
from portfolio.companies import operations as companies
from portfolio.companies.merging import Choices
from portfolio.companies.models import Company
from portfolio.demo import operations as demo
from portfolio.extensions import db, unit_of_work
from portfolio.flows import operations as flows
from portfolio.people.models import User
from portfolio.pipeline import queries
from portfolio.pipeline.models import Deal
from tests.conftest import settings_for

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
# Every page that answers a GET, by who looks at it.
PAGES = {
    "partner": (
        "/",
        "/acts",
        "/reports",
        "/bin",
        "/board",
        "/board?pipeline=subfund",
        "/chokepoints",
        "/chokepoints?level=E0&gaps=1&show=companies",
        "/chokepoints/coverage",
        "/chokepoints/coverage/months",
        "/chokepoints/coverage/rows?day=2026-10-31&what=deals&of=any",
        "/chokepoints/technologies/uv-led?level=E0",
        "/chokepoints/taxonomy?q=lidar",
        "/chokepoints/taxonomy/editions",
        "/chokepoints/review",
        "/chokepoints/review?mixed=1&unsure=1",
        "/committee",
        "/companies",
        "/companies?q=%E6%9F%A5%E6%97%A0",
        "/companies?place=%E5%B4%82%E5%B1%B1%E5%8C%BA",
        "/companies/1",
        "/companies/1?as_of=2026-06-01",
        "/companies/1/activities",
        "/companies/1/contacts",
        "/companies/1/patents",
        "/companies/1/deals",
        "/companies/1/documents",
        "/companies/1/edit",
        "/companies/1/facts",
        "/companies/1/readiness",
        "/companies/1/readiness/path",
        "/companies/1/readiness/questions",
        "/readiness?target=bse-1&verdict=fail",
        "/companies/4/readiness?target=all",
        "/companies/4/judgements/product_field_2026",
        "/companies/4/recognitions/srdi",
        "/companies/4/reports/srdi",
        "/companies/4/reports/listing",
        "/companies/2/readiness?on=2022-04-15&target=giant",
        "/companies/2/readiness?on=1999-01-01",
        "/companies/1/readiness/what-if",
        "/companies/1/readiness/when?g.revenue=30",
        "/companies/1/readiness/scenarios",
        "/companies/2/readiness/scenarios",
        "/companies/2/readiness/what-if?y.revenue.2025=3%E4%BA%BF&f.expected_market_cap=",
        "/companies/1/figures",
        "/companies/1/figures/years",
        "/companies/1/tags",
        "/companies/2/technologies/ocean-equipment",
        "/companies/7/tags?technology=cnc",
        "/chokepoints/claims?standing=waiting",
        "/companies/1/tasks",
        "/companies/new",
        "/companies/duplicates",
        "/companies/1/merge?q=%E7%A7%91%E6%8A%80",
        "/companies/1/merge/2",
        "/companies/duplicates?told=apart",
        "/companies/37/merges/62",
        "/deals",
        "/deals/1",
        "/deals/1/activities",
        "/deals/1/documents",
        "/deals/1/edit",
        "/deals/1/recusals",
        "/deals/1/tasks",
        "/deals/5",
        "/deals/5/checks/l01",
        "/deals/5/moves",
        "/deals/14/moves?kind=skip",
        "/deals/20/moves?kind=hold",
        "/deals/new",
        "/deals/new?pipeline=direct&q=%E9%9D%92%E5%B2%9B",
        "/deals/new?pipeline=subfund",
        "/deals/bulk?doing=move&stage=screening&deals=2.24.41.84",
        "/digests",
        "/digests/preview",
        "/meetings",
        "/meetings?past=1",
        "/meetings/new",
        "/meetings/1",
        "/meetings/1/edit",
        "/meetings/1/cancellation",
        "/meetings/1/items/1",
        "/digests/preview?kind=monthly",
        *(
            f"/digests/{part}?since=20260101T000000Z&until=20261231T000000Z"
            for part in ("parts/moves", "numbers/leads", "events/company")
        ),
        "/digests/own/weekly",
        "/digests/own/at_once",
        "/digests/pause",
        "/digests/archive",
        "/digests/messages/1",
        "/search",
        "/search?q=%E7%A7%91%E6%8A%80",
        "/funnel",
        "/funnel?pipeline=subfund&cohort=1999",
        "/funnel/deals?what=reached&stage=dd",
        "/handover",
        "/imports",
        "/readiness",
        "/readiness/versions",
        "/readiness/versions/2026-04-01.cn-giant-2026.new",
        "/readiness/versions/2027-01-01.cn-giant-2026.recheck",
        "/records/deal/1/deletion",
        "/records/deal/1/history",
        "/records/company/37/history",
        "/records/task/1",
        "/sessions",
    ),
    "admin": (
        "/settings",
        "/settings/people/2/handover",
        "/settings/pipelines",
        "/settings/pipelines/new",
        "/settings/pipelines/versions/5",
        "/settings/pipelines/versions/7/carry",
        "/settings/pipelines/drafts/2",
        "/settings/pipelines/drafts/2/stages",
        "/settings/pipelines/drafts/2/stages/5",
        "/settings/pipelines/drafts/2/moves",
        "/settings/pipelines/drafts/2/preview",
        "/settings/pipelines/drafts/2/deals?effect=removed",
        "/settings/taxonomy",
        "/settings/taxonomy/domains/new",
        "/settings/taxonomy/domains/marine",
        "/settings/taxonomy/technologies/new",
        "/settings/taxonomy/technologies/lidar",
        "/settings/taxonomy/technologies/lidar/id",
        "/settings/taxonomy/technologies/lidar/merge",
        "/settings/taxonomy/technologies/lidar/split",
        "/settings/taxonomy/technologies/lidar/use",
        "/settings/taxonomy/preview",
        "/settings/taxonomy/preview/effects?effect=appears",
        "/settings/vehicles",
        "/settings/vehicles/1",
        "/agenda",
        "/digests/schedules",
        "/digests/schedules/1",
        "/digests/schedules/new/monthly",
        "/settings/holidays",
        "/settings/holidays/2026",
        "/settings/robots",
        "/settings/robots/new",
        "/settings/robots/1",
    ),
    "compliance": ("/audit", "/deals/confidential"),
}
# What is no page of its own, or stands only for a file, a link or a mail that came before.
NO_PAGES = {
    *("static", "health.healthz", "digest.missed"),
    *("pipeline.column", "pipeline.card", "companies.share", "committee.share"),
    "meetings.found",
    *("pipeline.funnel_share", "pipeline.funnel_csv", "pipeline.funnel_xlsx"),
    *("readiness.as_csv", "readiness.as_xlsx"),
    *("readiness.version_as_csv", "readiness.version_as_xlsx"),
    *("audit.as_csv", "companies.as_csv", "companies.as_xlsx", "committee.as_csv"),
    *("committee.as_xlsx", "companies.document", "pipeline.document"),
    *("intake.preview", "intake.progress", "intake.rejected_csv", "intake.rejected_xlsx"),
    *("intake.take_back", "agenda.feed"),
    *("chokepoint.review_cards", "chokepoint.suggesting"),
    *("digest.content", "digest.preview_content", "digest.unsubscribe"),
    *("people.log_in", "people.set_password", "chokepoint.reject"),
    *("companies.figures_as_csv", "companies.figures_as_xlsx", "readiness.tree"),
    *("reports.as_pdf", "reports.as_zip", "reports.batch", "reports.progress"),
    *("readiness.moved", "readiness.arrived", "readiness.scenario", "readiness.recognised_by"),
    *("intake.mapping", "people.everybody"),  # lead on to another page
    *("taxonomies.progress", "taxonomies.publication"),
    "pipeline.attach",  # there for a deal that lost its company alone
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def enter_listed_company() -> None:
    """A company as the real lists bring it, a short name with several codes, before the committee
    and without a round: what stands beside a link there makes it one within a text."""
    now = dt.datetime.now(dt.UTC)
    with unit_of_work("company.register"):
        company = companies.register(
            {"name_zh": "方正", "uscc_missing_reason": "名单"},
            None,
            now,
            stock_codes=["430001", "830001", "920001"],
        )
    with unit_of_work("deal.open"):
        deal = db.session.scalars(sa.select(Deal).where(Deal.stage == "ic")).first()
        assert deal
        deal.company_id = company.id


def begin_draft() -> None:
    """A draft of the direct pipeline that lacks a stage and has a fault."""
    now = dt.datetime.now(dt.UTC)
    admin = db.session.scalars(sa.select(User).where(User.email == "admin@demo.example")).one()
    with unit_of_work("pipeline.begin", admin):
        draft = flows.begin(queries.current_pipeline("direct"), admin, now)
        changed = json.loads(draft.definition)
        changed["stage"][0]["target_days"] = "soon"
        flows.save(draft, changed, "stages", draft.version, admin, now)


def merge_twins() -> None:
    """A merge of two companies of the demo that are one."""
    partner = db.session.scalars(sa.select(User).where(User.email == "partner@demo.example")).one()
    one, other = (db.session.get_one(Company, number) for number in (37, 62))
    versions = (one.version, other.version)
    with unit_of_work("company.merge", partner):
        merging.merge(one, other, Choices(), versions, partner, dt.datetime.now(dt.UTC))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The application with demo data behind a real server, on SQLite."""
    import flask_migrate  # noqa: PLC0415 - only this fixture migrates by itself

    folder = tmp_path_factory.mktemp("site")
    app = create_app(
        settings_for(folder, f"sqlite:///{folder / 'kawei.sqlite3'}") | {"WTF_CSRF_ENABLED": True}
    )
    with app.app_context():
        flask_migrate.upgrade()
        demo.load(1, dt.datetime.now(dt.UTC))
        enter_listed_company()
        begin_draft()
        merge_twins()
        db.session.remove()
    port = free_port()
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the distribution."""
    assert os.path.exists(CHROMIUM), "apt-get install chromium"
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(site: str, browser: Browser) -> Iterator:
    """Log in as somebody of the demo; the page collects what the browser complains of."""
    contexts = []

    def opening(
        name: str = "partner", width: int = 1440, theme: str = "light", locale: str = "zh-CN"
    ) -> Page:
        size = {"width": width, "height": 900}
        context = browser.new_context(
            viewport=size, locale=locale, color_scheme=theme, base_url=site
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: page.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.complaints.append(str(e)))
        page.asked = set()
        page.on("request", lambda r: page.asked.add(r))
        page.on("requestfinished", lambda r: page.asked.discard(r))
        page.on("requestfailed", lambda r: page.asked.discard(r))
        page.goto("/login")
        page.fill("#email", f"{name}@demo.example")
        page.fill("#password", demo.PASSWORD)
        page.click("form .btn-primary")
        page.wait_for_url(site + "/")
        return page

    yield opening
    for context in contexts:
        context.close()


def settle(page: Page) -> None:
    """Until what a page loads after itself is there: nothing asked for any more, looked at twice."""
    quiet = 0
    while quiet < 2:
        page.wait_for_timeout(40)
        quiet = 0 if page.asked else quiet + 1


def serious(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
    )
    return [
        f"{v['id']} {v['nodes'][0]['html'][:120]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]


def test_every_page_there_is_is_looked_at(app: Flask) -> None:
    urls = app.url_map.bind("localhost")
    seen = {urls.match(path.split("?")[0])[0] for paths in PAGES.values() for path in paths}
    there = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert there - seen == NO_PAGES


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("width", "theme", "locale", "thorough"),
    [
        # Each width, theme and language is gone through by the rules of accessibility once: they
        # take longer than all else, and what one setting does to them it does in any company.
        (1440, "light", "zh-CN", True),
        (390, "dark", "en-US", True),
        (390, "light", "zh-CN", False),
        (1440, "dark", "en-US", False),
    ],
)
def test_every_page_is_accessible_fits_and_breaks_no_policy(
    open_page, width, theme, locale, thorough, name
) -> None:
    page = open_page(name, width, theme, locale)
    wrong = []
    for path in PAGES[name]:
        answer = page.goto(path)
        settle(page)
        wrong += [f"{path} answers {answer.status}"] if answer.status != 200 else []
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wrong += [f"{path} is {wide} px too wide"] if wide > 0 else []
        wrong += [f"{path} {problem}" for problem in (serious(page) if thorough else ())]
        wrong += [f"{path} h1"] if page.locator("h1").count() != 1 else []
        if "None" in page.inner_text("main").split():
            wrong.append(f"{path} says None")
    assert not wrong, "\n".join(wrong)
    assert not page.complaints


# Cards of deals that have what the next stage asks for.
READY = ".kcard[data-writable='1']:not(:has(.kgate))"


def test_a_card_that_lacks_something_is_asked_for_just_that(open_page) -> None:
    page = open_page()
    page.goto("/board")
    card = page.locator("ul.cards[data-stage=lead] .kcard[data-writable='1']:has(.kgate)").first
    deal = card.get_attribute("data-deal")
    card.locator("a.kname").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url(f"**/deals/{deal}/moves?**")
    assert page.locator("fieldset.ask").count() >= 1
    for number in range(page.locator("fieldset.ask [name$='-note']").count()):
        page.locator("fieldset.ask [name$='-note']").nth(number).fill("已核对")
    page.click(".formfoot .btn-primary")
    page.wait_for_url(f"**/deals/{deal}")
    assert "项目库" in page.inner_text(".pagehead")


def test_a_skip_lists_the_conditions_of_the_stage_chosen_and_keeps_what_is_typed(open_page) -> None:
    page = open_page()
    page.goto("/deals/14/moves?kind=skip")
    listed = page.locator("#gate .open")
    few = listed.count()
    page.fill("#note", "联合投资方已完成全部尽调")
    last = page.locator("#to_stage option").last.get_attribute("value")
    page.select_option("#to_stage", last)
    page.wait_for_selector(f"[name=shown][value={last}]", state="attached")
    assert listed.count() > few
    assert page.input_value("#note") == "联合投资方已完成全部尽调"
    assert not page.complaints


def test_a_card_is_dragged_a_stage_on_and_taken_back(open_page) -> None:
    page = open_page()
    page.goto("/board")
    source = page.locator(f"ul.cards[data-stage=lead] {READY}").first
    deal = source.get_attribute("data-deal")
    target = page.locator("ul.cards[data-stage=pool]")
    before = int(page.locator("section:has(> ul[data-stage=pool]) [data-count]").inner_text())
    box, goal = source.bounding_box(), target.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + 40, steps=12)
    page.mouse.up()
    toast = page.locator(".toast")
    toast.wait_for()
    assert "项目库" in toast.inner_text()
    count = page.locator("section:has(> ul[data-stage=pool]) [data-count]")
    assert int(count.inner_text()) == before + 1
    page.reload()
    # The newest of its stage stands last, and a column loads the rest as one scrolls to its end.
    page.locator("ul[data-stage=pool] > li").last.scroll_into_view_if_needed()
    page.wait_for_selector(f"ul[data-stage=pool] [data-deal='{deal}']")
    page.goto(f"/deals/{deal}")
    assert "推进" in page.inner_text(".spine")
    assert not page.complaints


def test_the_keyboard_moves_a_card_and_undo_takes_it_back(open_page) -> None:
    page = open_page()
    page.goto("/board")
    card = page.locator(f"ul.cards[data-stage=screening] {READY}").first
    deal = card.get_attribute("data-deal")
    card.locator("a.kname").focus()
    column = "document.activeElement.closest('ul.cards').dataset.stage"
    for key, stage in (("ArrowRight", "initiation"), ("ArrowLeft", "screening")):
        page.keyboard.press(key)
        assert page.evaluate(column) == stage, "arrows alone move the focus"
    card.locator("a.kname").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.locator(".toast button").wait_for()
    assert page.locator(f"ul[data-stage=initiation] [data-deal='{deal}']").count() == 1
    page.locator(".toast button").click()
    page.wait_for_selector(f"ul[data-stage=screening] [data-deal='{deal}']")
    page.goto(f"/deals/{deal}")
    assert "立项" not in page.inner_text(".spine"), "a move taken back is no stretch"


def test_a_move_that_is_not_allowed_goes_back_and_says_why(open_page) -> None:
    page = open_page("manager")
    page.goto("/board?mine=1")
    card = page.locator("ul.cards[data-stage=pool] .kcard[data-writable='1']").first
    deal = card.get_attribute("data-deal")
    card.hover()
    card.locator(".kmove").click()
    page.select_option("#mover-stage", "ic")
    page.click("#mover button[value=move]")
    page.locator(".toast").wait_for()
    page.wait_for_selector(f"ul[data-stage=pool] [data-deal='{deal}']")
    assert page.locator(f"ul[data-stage=pool] [data-deal='{deal}']").count() == 1


def test_an_agenda_is_put_in_order_with_the_keyboard_and_with_its_buttons(open_page) -> None:
    page = open_page()
    page.goto("/meetings/1")
    before = page.locator(".agenda .dealname").all_inner_texts()
    page.locator(".agenda li").first.locator("a.btn").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.locator(".toast").wait_for()
    assert page.locator(".agenda .turn").all_inner_texts() == [
        str(n + 1) for n in range(len(before))
    ]
    page.reload()
    moved = page.locator(".agenda .dealname").all_inner_texts()
    assert moved == [before[1], before[0], *before[2:]]
    with page.expect_navigation():
        page.locator(".agenda li").nth(1).locator("[value=up]").click()
    assert page.locator(".agenda .dealname").all_inner_texts() == before
    assert not page.complaints


def test_the_palette_finds_by_initials_and_opens_the_company(open_page) -> None:
    page = open_page("manager")
    page.keyboard.press("Control+k")
    page.fill("#palette-q", "hncd")
    page.wait_for_selector("#palette-found a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/companies/*")
    assert "海纳传动" in page.inner_text("h1")


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


def test_a_form_that_is_sent_does_not_lose_what_another_holds(open_page) -> None:
    page, asked = open_page("admin"), []
    page.goto("/settings")
    forms = page.locator("form[action$=roles]")
    mine = forms.nth(0).locator("input[type=checkbox]:not(:checked)").first.element_handle()
    mine.check()

    def no(dialog) -> None:
        asked.append((dialog.type, dialog.message))
        dialog.dismiss()

    page.once("dialog", no)
    forms.nth(1).locator("button").click()
    assert [kind for kind, _ in asked] == ["confirm"] and "未保存" in asked[0][1]
    assert mine.is_checked(), "the page stays"
    page.once("dialog", lambda dialog: asked.append("yes") or dialog.accept())
    forms.nth(1).locator("button").click()
    page.wait_for_selector(".toast")
    assert asked[1:] == ["yes"], "asked once more, and not again by the page that is left"
    assert not page.complaints


def test_switching_the_theme_asks_about_a_form_that_is_being_filled_in(open_page) -> None:
    page, asked = open_page("manager"), []
    page.goto("/companies/3/edit")
    page.fill("#short_name", "写了一半")
    page.once("dialog", lambda dialog: asked.append(dialog.type) or dialog.dismiss())
    page.click("details.menu > summary")
    page.click("button[value=dark]")
    assert asked == ["confirm"] and page.input_value("#short_name") == "写了一半"
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
    page.keyboard.press("Escape")
    page.click("main form .btn-primary >> nth=-1")
    page.wait_for_url("**/companies/3")
    assert asked == ["confirm"], "a form asks nothing about itself"
    assert "写了一半" in page.inner_text("main")


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


def test_on_a_phone_one_sees_where_one_is_and_filters_are_folded_away(open_page) -> None:
    page = open_page("partner", 390)
    page.goto("/digests")
    box = page.locator(".topbar nav [aria-current]").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.goto("/companies?place=崂山区")
    assert page.locator("#q").is_visible() and page.locator(".chip").is_visible()
    choice = page.locator("select[name=industry]")
    assert not choice.is_visible()
    page.click(".filters summary")
    assert choice.is_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    assert choice.is_visible() and not page.locator(".filters summary").is_visible()


def test_theme_and_language_are_switched_from_the_menu(open_page) -> None:
    page = open_page("compliance")
    page.click("details.menu > summary")
    page.click("button[value=dark]")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click("details.menu > summary")
    page.click("button[value=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "My desk" in page.inner_text("h1")


def test_a_planted_script_is_blocked_by_the_policy(open_page) -> None:
    page = open_page()
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in text for text in page.complaints)


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
