"""The library under all targets: at a glance, filtered, page by page, as a file, and by whom it is seen."""

import csv
import datetime as dt
import io
import re
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portfolio.audit.models import AuditEntry
from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.numbers import MICRO
from portfolio.readiness import library_queries as queries
from portfolio.readiness import run_operations
from portfolio.readiness.bars import LEVELS, level
from portfolio.readiness.library import NEAR, Asked, Place, asked_by, asking, glance_of, place_of
from portfolio.readiness.models import Assessment
from portfolio.readiness.near import Near
from portfolio.readiness.pictures import Rung
from portfolio.readiness.stored import STANDS
from portfolio.readiness.targets import targets
from portfolio.readiness.views import line_of
from portfolio.rulebook.engine import Outcome, exact
from portfolio.rulebook.language import IN_PERCENT
from portfolio.rulebook.loader import library as books
from tests import factories
from tests.readiness.test_nearness import NOW, YEAR, research

DAY = dt.timedelta(days=1)


@pytest.fixture
def sent(request):
    """Every statement sent to the database; this module calls its queries by that name."""
    return request.getfixturevalue("queries")


@pytest.fixture
def library(cast):
    """Eight companies with ever less research, so ever further from the fourth standard."""
    found = []
    for number in range(8):
        company = factories.company(
            cast["manager"],
            name_zh=f"青岛研发{number}号公司",
            industry="新材料" if number % 2 else "海洋装备",
        )
        research(company, 2_400 - number * 100, 150_000)
        found.append(company)
    return found


def names(page: str) -> list[str]:
    return re.findall(r"青岛研发(\d)号公司</a>", page.split("<tbody>")[-1])


def test_the_list_of_a_target_goes_by_distance(as_user, library) -> None:
    page = as_user("reader").get("/readiness?target=bse-4&verdict=fail").text
    assert names(page) == [str(n) for n in range(8)]
    assert "差 200万" in page and "预评估" in page and "研发投入" in page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("verdict=pass", ""),
        ("far=near", "01234567"),
        ("far=5", "0"),
        ("far=10", "01"),
        ("industry=新材料", "1357"),
        ("q=研发3", "3"),
        ("q=yanfa", "01234567"),
        ("far=nonsense&verdict=odd", "01234567"),
    ],
)
def test_each_part_of_the_filter(as_user, library, query, wanted) -> None:
    page = as_user("reader").get(f"/readiness?target=bse-4&{query}").text
    assert "".join(names(page)) == wanted


def test_a_missing_input_is_one_that_the_company_did_not_state(as_user, library, cast) -> None:
    asked = "/readiness?target=bse-1&missing=expected_market_cap"
    other = factories.company(cast["manager"], name_zh="青岛研发9号公司")
    research(other, 2_400)
    assert names(as_user("reader").get(asked).text) == ["9"]
    with unit_of_work("figure.state"):
        row = Statement(other.id, "expected_market_cap", None, micro=60_000 * MICRO)
        state_figures([replace(row, disputed=True)], None, NOW)
    assert names(as_user("reader").get(asked).text) == ["9"], "what is disputed decides nothing"
    with unit_of_work("figure.state"):
        state_figures([row], None, NOW)
    assert names(as_user("reader").get(asked).text) == []
    old = "/readiness?target=bse-1&missing=net_profit_parent"
    assert len(names(as_user("reader").get(old).text)) == 9
    with unit_of_work("figure.state"):
        row = Statement(other.id, "net_profit_parent", YEAR - 1, micro=60_000 * MICRO)
        state_figures([row], None, NOW)
    assert "9" in names(as_user("reader").get(old).text), "an earlier year says nothing of it"


def test_the_latest_year_is_that_of_each_company(as_user, library, cast) -> None:
    behind = factories.company(cast["manager"], name_zh="青岛研发8号公司")
    stated = [
        Statement(one.id, metric, YEAR - 1, micro=60_000 * MICRO)
        for one in (library[3], behind)
        for metric in ("net_profit_parent", "revenue")
    ]
    with unit_of_work("figure.state"):
        state_figures(stated, None, NOW)
    asked = "/readiness?target=bse-1&missing=net_profit_parent"
    assert sorted(names(as_user("reader").get(asked).text)) == list("01234567")
    fresh = factories.company(cast["manager"], name_zh="青岛研发9号公司")
    run_operations.look_through([fresh.id], NOW)
    assert "9" in names(as_user("reader").get(asked).text)
    with unit_of_work("figure.state"):  # one figure of two that a profit is made of: still unknown
        state_figures([replace(stated[0], company_id=fresh.id)], None, NOW)
    assert "9" not in names(as_user("reader").get(asked).text)


def test_who_meets_a_target_is_not_near_it(as_user, library, cast) -> None:
    meeting = factories.company(cast["manager"], name_zh="青岛研发9号公司")
    research(meeting, 2_500, 150_000)
    for far, wanted in (("5", ["0"]), (NEAR, list("01234567"))):
        page = as_user("reader").get(f"/readiness?target=bse-4&far={far}").text
        assert names(page) == wanted
    assert names(as_user("reader").get("/readiness?target=bse-4&verdict=pass").text) == ["9"]


@pytest.mark.parametrize("few", [0, 800])
def test_few_who_lack_an_input_are_looked_up_once_and_many_read_along_the_index(
    library, monkeypatch, sent, few
) -> None:
    monkeypatch.setattr(queries, "FEW", few)
    asked = Asked(missing="expected_market_cap")
    everybody = queries.Company.id.is_not(None)
    for _ in range(2):
        sent.clear()
        assert not queries.keys_of(asked, everybody, 1000), "all of them state it"
        assert not queries.keys_of(replace(asked, target="sd-unicorn"), everybody, 1000)
    assert not any("FROM figure" in query and "NOT (EXISTS" in query for query in sent), (
        "asked once"
    )
    asked = Asked(missing="net_profit_parent")
    sent.clear()
    found = queries.keys_of(asked, everybody, 1000)
    assert {key.company_id for key in found} == {company.id for company in library}
    assert {key.target for key in found} <= asking()["net_profit_parent"]
    assert list(found) == sorted(found, key=lambda key: (key.distance, key.company_id, key.target))
    assert ("FROM figure" in sent[-1]) == (few == 0), "few are looked up by their ids"
    middle = found[len(found) // 2]
    behind = Place(middle.distance, middle.company_id, middle.target)
    rest = queries.keys_of(asked, everybody, 1000, behind)
    assert list(rest) == list(found[len(found) // 2 + 1 :])


def test_the_manager_is_whoever_owns_a_deal_that_the_reader_may_see(as_user, library, cast) -> None:
    factories.deal(cast["manager"], company=library[2])
    factories.deal(cast["manager"], company=library[4], walled=True)
    number = cast["manager"].id
    asked = f"/readiness?target=bse-4&manager={number}"
    assert names(as_user("reader").get(asked).text) == ["2"]
    assert names(as_user("manager").get(asked).text) == ["2", "4"]


def test_pages_follow_each_other_without_gap_or_repetition(as_user, library, monkeypatch) -> None:
    monkeypatch.setattr("portfolio.readiness.library_views.PER_PAGE", 3)
    client, url, seen = as_user("reader"), "/readiness?target=bse-4&far=near", []
    while url:
        page = client.get(url).text
        seen += names(page)
        found = re.search(r'href="([^"]+)" *>[^<]*下一页|rel="next" href="([^"]+)"', page)
        url = (found[1] or found[2]).replace("&amp;", "&") if found else ""
    assert seen == [str(n) for n in range(8)]


@pytest.mark.parametrize("few", [0, 800])
def test_few_and_many_companies_are_ranked_alike(library, monkeypatch, few) -> None:
    monkeypatch.setattr(queries, "FEW", few)
    everybody = Assessment.company_id.is_not(None)
    whole = queries.keys_of(Asked(), queries.Company.id.is_not(None), 1000)
    rows = db.session.execute(
        select(Assessment.company_id, Assessment.target, Assessment.distance)
        .where(everybody)
        .order_by(Assessment.distance, Assessment.company_id, Assessment.target)
    ).all()
    assert [tuple(key) for key in whole] == [tuple(row) for row in rows]
    middle = whole[100]
    behind = Place(middle.distance, middle.company_id, middle.target)
    rest = queries.keys_of(Asked(), queries.Company.id.is_not(None), 1000, behind)
    assert list(rest) == list(whole[101:])


def test_the_overview_counts_what_the_lists_hold(as_user, library) -> None:
    client = as_user("reader")
    page = client.get("/readiness").text
    card = page.split('aria-labelledby="map"')[1].split("</section>")[0]
    row = next(r for r in card.split("<tr>") if "target=bse-4" in r)
    links = re.findall(r'href="([^"]+)"[^>]*>([\d,]+)</a>', row)
    assert len(links) >= 4, "fail, near, and a cell for each of two industries"
    for url, number in links:
        listed = client.get(url.replace("&amp;", "&")).text
        assert len(names(listed)) == int(number), url
    assert "h4" in row, "the largest cell is the darkest"


def test_rungs_tell_what_is_recognised_apart_from_what_is_met(as_user, library) -> None:
    with unit_of_work("figure.state"):
        rows = [
            Statement(library[0].id, "title_giant", None, choice="true"),
            Statement(
                library[1].id, "title_giant", None, choice="true", valid_until=NOW.date() - DAY
            ),
        ]
        state_figures(rows, None, NOW)
    page = as_user("reader").get("/readiness").text
    rung = next(x for x in page.split('<a class="rung') if 'target=giant"' in x.split(">")[0])
    assert "1 家已认定" in rung and "预评估满足 0 家" in rung


def test_counts_and_rows_stop_at_what_one_may_see(as_user, library) -> None:
    page = as_user("committee").get("/readiness").text
    assert "青岛研发" not in page and "共 0 家" in page
    assert names(as_user("committee").get("/readiness?target=bse-4").text) == []


def test_a_file_holds_the_rows_of_the_filter_and_the_trail_tells_of_it(as_user, library) -> None:
    client = as_user("partner")
    answer = client.get("/readiness.csv?target=bse-4&far=10")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["企业"] for row in rows] == ["青岛研发0号公司", "青岛研发1号公司"]
    assert rows[0]["差距（条）"] == "0.04" and rows[0]["预评估结论"] == "不满足"
    assert answer.headers["X-Rows"] == "2" and answer.headers["X-Rows-Left-Out"] == "0"
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "readiness.export")
    ).one()
    assert "target=bse-4" in entry.after
    book = client.get("/readiness.xlsx?target=bse-4")
    assert book.status_code == 200 and book.data[:2] == b"PK"
    assert as_user("reader").get("/readiness.csv").status_code == 403


def test_a_file_of_a_longer_list_says_that_it_is_cut(as_user, library, monkeypatch) -> None:
    monkeypatch.setattr("portfolio.readiness.library_views.DEEPEST", 3)
    monkeypatch.setattr("portfolio.web.downloads.DEEPEST", 3)
    monkeypatch.setattr("portfolio.readiness.library_views.PER_PAGE", 3)
    client, asked = as_user("partner"), "target=bse-4&verdict=fail"
    said = "一个文件最多 3 行"
    assert said in client.get(f"/readiness?{asked}").text
    assert said not in client.get("/readiness?target=bse-4&far=10").text, "it is all there"
    answer = client.get(f"/readiness.csv?{asked}")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["企业"] for row in rows] == [f"青岛研发{n}号公司" for n in range(3)]
    assert answer.headers["X-Rows-Cut"] == "1" and "_cut." in answer.headers["Content-Disposition"]
    book = client.get(f"/readiness.xlsx?{asked}")
    assert said in zipped(book.data)
    whole = client.get("/readiness.csv?target=bse-4&far=10")
    assert whole.headers["X-Rows-Cut"] == "0" and "cut" not in whole.headers["Content-Disposition"]


def zipped(data: bytes) -> str:
    """All words of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist())


def test_an_address_that_means_nothing_asks_for_nothing() -> None:
    odd = {"target": "gone", "verdict": "x", "far": "7", "missing": "none", "q": " a "}
    assert asked_by(odd) == Asked(text="a")
    assert asked_by({"far": NEAR, "missing": "revenue"}).far == NEAR
    assert set(asked_by({"missing": "revenue"}).targets) == asking()["revenue"]
    for text in ("", "a.b.c", "1", "1.x.t", "9" * 20 + ".1.t", "-1.2.t"):
        assert place_of(text) is None
    assert place_of("12.3.bse-4") == Place(12, 3, "bse-4")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "A", "B", "C"]),
            st.text(st.sampled_from([*STANDS]), min_size=len(targets()), max_size=len(targets())),
            st.integers(1, 40),
        )
    )
)
def test_the_glance_counts_each_company_once_under_each_target(rows) -> None:
    glance = glance_of([*rows, ("A", "too short", 5)])
    assert glance.companies == sum(count for _, _, count in rows)
    for column, line in enumerate(glance.lines):
        letters = [(row[1][column], row[2]) for row in rows]
        absent = sum(count for letter, count in letters if letter == "-")
        assert sum(line.verdicts.values()) == glance.companies - absent
        assert sum(line.by_industry) == line.near == line.rungs[Rung.NEAR]
        for verdict, number in line.verdicts.items():
            assert number == sum(count for letter, count in letters if STANDS[letter][1] == verdict)
        assert line.unverified == sum(count for letter, count in letters if letter == "V")


def test_cells_are_filled_by_their_share_of_the_largest() -> None:
    assert [level(n, 40) for n in (0, 1, 10, 11, 39, 40)] == [0, 1, 1, 2, 4, LEVELS]
    assert level(0, 0) == 0


def test_what_is_missing_to_a_share_is_told_in_points_and_never_as_nothing(app) -> None:
    clauses = (clause for book in books().values() for clause in book.clauses)
    clause = next(c for c in clauses if c.tested_number and c.over in IN_PERCENT and c.test == ">=")
    limit, gap = exact(clause.threshold), Fraction(1, 10**6)
    missed = Near(targets()[0], "", "fail", Outcome(clause, "fail", limit - gap, gap), 0)
    with app.test_request_context():
        assert line_of(missed).words == "差 0.01 个百分点"
