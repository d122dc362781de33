"""Every page in real Chromium: it fits, breaks no policy, and is accessible."""

import pytest
from flask import Flask

from tests.browser.looking import serious, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


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
