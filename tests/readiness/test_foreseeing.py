"""Another version of a rulebook: who gains and who loses by it, before it takes effect and looked back at."""

import csv
import datetime as dt
import io
import random
import re

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolio.audit.models import AuditEntry
from portfolio.companies.operations import Statement, state_figures
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.numbers import MICRO
from portfolio.readiness import foresight_operations, jobs
from portfolio.readiness.foreseeing import Effect, effect_of, foreseen
from portfolio.readiness.foresight_operations import foresee
from portfolio.readiness.many import FEW
from portfolio.readiness.models import ForeseenOutcome, Foresight
from portfolio.readiness.stored import known_on, stored_alone
from portfolio.readiness.successions import (
    Phase,
    coming,
    of_book,
    past,
    phase_of,
    succession_of,
    successions,
)
from portfolio.readiness.targets import target_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.routing import routing
from tests import factories
from tests.companies.merging import merge, undo
from tests.readiness.coming import COMING, FORMER, MARKET_VALUE, coming_book
from tests.readiness.test_nearness import NOW, research
from tests.readiness.test_storing import REGIONS, stated_by

TODAY = local_date(NOW)
DAY = TODAY + dt.timedelta(days=40)
KEY = f"{DAY}.{COMING}.new"
PATH = f"/readiness/versions/{KEY}"
ONE_DAY = dt.timedelta(days=1)


@pytest.fixture
def next_rules(monkeypatch):
    """The rulebook of the exchange has a successor that takes effect in forty days."""
    with coming_book(DAY, monkeypatch):
        yield


@pytest.fixture
def firms(cast, app):
    """One company of each fate under the fourth standard, and one that stands the same."""
    found = {}
    for fate, rd, cap in (
        ("gains", 2_300, 200_000),
        ("loses", 2_600, 150_000),
        ("opens", 2_300, None),
        ("shuts", None, 155_000),
        ("stays", 2_600, 200_000),
    ):
        company = factories.company(cast["manager"], name_zh=f"青岛换版{fate}公司")
        if rd:
            research(company, rd, cap)
        else:
            state(company, cap)
        found[fate] = company
    return found


def state(company, cap: int) -> None:
    with unit_of_work("figure.state"):
        row = Statement(company.id, "expected_market_cap", None, micro=cap * MICRO)
        state_figures([row], None, NOW)


def kept(target: str = "bse-4") -> dict[str, str]:
    """By company what is foreseen of it under a target."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(ForeseenOutcome.company_id, ForeseenOutcome.effect).where(
            ForeseenOutcome.target == target
        )
    )
    return dict(rows.all())


def names(page: str) -> list[str]:
    return re.findall(r"青岛换版(\w+)公司</a>", page)


def fates(firms) -> dict[int, str]:
    return {company.id: fate for fate, company in firms.items() if fate != "stays"}


def test_the_shipped_books_say_what_replaced_what_and_what_is_coming() -> None:
    by_key = {one.key: one for one in successions()}
    giant = by_key["2026-04-01.cn-giant-2026.new"]
    assert giant.begins and giant.replaced == ("cn-giant-2022",) and giant.targets == ("giant",)
    chinext = by_key["2026-04-24.chinext-2026.new"]
    assert "chinext-4" in chinext.targets and chinext.replaced == ("chinext-2024",)
    assert by_key["2022-08-01.cn-srdi-2022.new"].replaced == ("sd-srdi-2020",)
    ended = by_key["2026-04-01.qd-srdi-2022.new"]
    assert not ended.begins, "no version follows it"
    assert ended not in past(TODAY)
    (recheck,) = [one for one in coming(dt.date(2026, 11, 23)) if not one.usual]
    assert recheck.day == dt.date(2027, 1, 1) and recheck.book == "cn-giant-2026"
    assert recheck.replaced == ("cn-giant-2022",)
    assert not coming(dt.date(2027, 1, 1))
    assert phase_of(library()["bse-listing-2025"], dt.date(2025, 4, 24)) is Phase.COMING
    assert phase_of(library()["cn-giant-2022"], dt.date(2026, 6, 1)) is Phase.IN_FORCE, "rechecks"
    assert phase_of(library()["cn-giant-2022"], dt.date(2027, 1, 1)) is Phase.ENDED


def test_what_becomes_of_whom() -> None:
    known = known_on(TODAY, stated_by(random.Random(3)), None)
    (one,) = stored_alone(known, TODAY, [target_of("bse-4")])
    met, failed, opened, judged = (
        one._replace(status=s) for s in ("pass", "fail", "unknown", "manual")
    )
    for before, after, effect in (
        (failed, met, Effect.GAINS),
        (opened, met, Effect.GAINS),
        (None, met, Effect.GAINS),
        (met, failed, Effect.LOSES),
        (met, None, Effect.LOSES),
        (met, opened, Effect.OPENS),
        (failed, judged, Effect.OPENS),
        (opened, failed, Effect.SHUTS),
        (judged, None, Effect.SHUTS),
        (opened, judged, None),
        (None, failed, None),
        (met, met, None),
    ):
        assert effect_of(before, after) is effect, (before, after)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(successions()))
def test_many_at_once_are_foreseen_as_each_alone_on_both_days(seed: int, one) -> None:
    dice = random.Random(seed)
    known = {n: known_on(TODAY, stated_by(dice), dice.choice(REGIONS)) for n in range(FEW)}
    found = foreseen(known, one)
    for company, facts in known.items():
        before, after = (
            {x.target: x for x in stored_alone(facts, day, one.concerned, one.purpose)}
            for day in (one.day - ONE_DAY, one.day)
        )
        changes = {change.target: change for change in found.get(company, ())}
        for target in one.concerned:
            was, will = before.get(target.key), after.get(target.key)
            held = any(r.metric == target.granted and r.choice == "true" for r in facts.held)
            effect = effect_of(was, will) if one.usual or held else None
            if (was and was.book) == (will and will.book):
                assert target.key not in changes
            else:
                change = changes.get(target.key)
                assert (change and change.effect) == effect
                assert not change or (change.before, change.after) == (was, will)


def test_a_coming_book_is_foreseen_by_the_clock_and_shown(app, as_user, firms, next_rules) -> None:
    jobs.foresee_due(app, NOW)
    assert kept() == fates(firms)
    client = as_user("reader")
    head = client.get("/readiness").text
    assert str(DAY) in head and PATH in head
    page = client.get("/readiness/versions").text
    card = page.split('id="coming"')[1].split("</section>")[0]
    assert str(DAY) in card and "预评估" in card and "受益：将满足" in card
    page = client.get(f"{PATH}?target=bse-4").text
    assert sorted(names(page)) == ["gains", "loses", "opens", "shuts"]
    assert "北证公告〔2025〕20号" in page and "7 处来源一致" in page
    row = next(r for r in page.split("<tr>") if "换版gains" in r)
    assert "研发投入合计不低于5000万元" in row and "不满足" in row and "满足" in row
    row = next(r for r in page.split("<tr>") if "换版loses" in r)
    assert "预计市值" in row and "差 1亿" in row
    assert names(client.get(f"{PATH}?target=bse-4&effect=loses").text) == ["loses"]
    assert names(client.get(f"{PATH}?target=bse-4&q=换版opens").text) == ["opens"]
    assert set(names(client.get(f"{PATH}?target=nonsense&effect=odd").text)) == set(
        fates(firms).values()
    )


def test_in_english(app, client, as_user, firms, next_rules) -> None:
    jobs.foresee_due(app, NOW)
    browser = as_user("reader")
    browser.set_cookie("lang", "en")
    page = browser.get(f"{PATH}?target=bse-4").text
    assert "Gains: will meet it" in page and "Pre-assessment" in page
    assert "R&amp;D spend of at least CNY 50m" in page


def test_it_is_computed_anew_for_whom_a_figure_was_stated_and_each_day_for_all(
    app, firms, next_rules, monkeypatch
) -> None:
    jobs.foresee_due(app, NOW)
    looked_at = []
    whole = foresight_operations.queries.known_of
    monkeypatch.setattr(
        foresight_operations.queries,
        "known_of",
        lambda ids, day: looked_at.append(list(ids)) or whole(ids, day),
    )
    jobs.foresee_due(app, NOW)
    assert not looked_at, "nothing was stated"
    state(firms["loses"], MARKET_VALUE)
    jobs.foresee_due(app, NOW)
    assert {*map(tuple, looked_at)} == {(firms["loses"].id,)}
    assert firms["loses"].id not in kept() and len(kept()) == 3
    looked_at.clear()
    jobs.foresee_due(app, NOW + ONE_DAY)
    assert {*map(tuple, looked_at)} == {tuple(sorted(c.id for c in firms.values()))}


def test_a_changed_rulebook_makes_everything_stale(app, as_user, firms, monkeypatch) -> None:
    with coming_book(DAY, monkeypatch):
        jobs.foresee_due(app, NOW)
        assert len(kept()) == 4
    with coming_book(DAY, monkeypatch, research=4_700):
        assert "规则文本此后有改动" in as_user("reader").get(PATH).text
        jobs.foresee_due(app, NOW)
        assert sorted(kept().values()) == ["loses", "shuts"], "of the same day by another text"
    with coming_book(DAY + ONE_DAY, monkeypatch):
        jobs.foresee_due(app, NOW)
        assert kept() == fates(firms)
        keys = set(db.session.scalars(sa.select(Foresight.key)))
        assert KEY not in keys and f"{DAY + ONE_DAY}.{COMING}.new" in keys


def test_what_is_past_is_computed_when_somebody_asks(app, as_user, firms) -> None:
    (one,) = [one for one in of_book("cn-giant-2026") if one.usual]
    path = f"/readiness/versions/{one.key}"
    page = as_user("reader").get(path).text
    assert "尚未测算过这次换版" in page and "开始测算" not in page
    assert as_user("reader").post(path).status_code == 403
    client = as_user("manager")
    assert "开始测算" in client.get(path).text
    assert client.post(path).location.endswith(path)
    assert "正在测算" in client.get(path).text
    jobs.foresee_due(app, NOW)
    db.session.rollback()  # or this session would go on seeing what was there before
    page = client.get(path).text
    assert "数据截至" in page and "重新测算" in page
    assert "工信部企业〔2026〕2号" in page and "工信部企业〔2022〕63号" in page
    assert client.get("/readiness/versions/2026-04-01.nothing.new").status_code == 404


def test_a_recheck_concerns_those_alone_who_hold_what_is_rechecked(app, cast) -> None:
    holder, other = (factories.company(cast["manager"]) for _ in range(2))
    for company, granted in ((holder, True), (other, False)):
        rows = [Statement(company.id, "eval_score", None, micro=50 * MICRO)]
        if granted:
            rows.append(Statement(company.id, "title_giant", None, choice="true"))
        with unit_of_work("figure.state"):
            state_figures(rows, None, NOW)
    one = succession_of("2027-01-01.cn-giant-2026.recheck")
    foresee([one], NOW)
    assert kept("giant") == {holder.id: "shuts"}


def test_counts_rows_and_files_stop_at_what_one_may_see(
    app, as_user, cast, firms, next_rules
) -> None:
    jobs.foresee_due(app, NOW)
    page = as_user("committee").get(f"{PATH}?target=bse-4").text
    assert not names(page) and "没有一家的结论因此改变" in page
    assert "0 家企业的结论会变" in page, "not even how many there are"
    assert "4 家企业的结论会变" in as_user("reader").get(PATH).text
    assert as_user("admin").get(PATH).status_code == 403
    assert as_user("reader").get(f"{PATH}/companies.csv").status_code == 403
    behind = as_user("committee").get(f"{PATH}/companies.csv?target=bse-4")
    assert behind.headers["X-Rows"] == "0"
    client = as_user("partner")
    answer = client.get(f"{PATH}/companies.csv?target=bse-4&effect=gains")
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["企业"] == "青岛换版gains公司" and row["影响（预评估）"] == "受益：将满足"
    assert (
        row["换版前"] == "不满足"
        and row["换版后"] == "满足"
        and "研发投入" in row["换版前关键条款"]
    )
    book = client.get(f"{PATH}/companies.xlsx?target=bse-4")
    assert book.status_code == 200 and book.data[:2] == b"PK"
    told = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "readiness.export")
    ).all()
    assert len(told) == 3 and KEY in told[0].after
    odd = client.get(f"/readiness/versions/{of_book('chinext-2026')[0].key}/companies.csv")
    assert odd.status_code == 404, "nothing was computed"


def test_pages_ask_the_database_as_often_for_many_as_for_few(
    app, as_user, cast, firms, next_rules, queries
) -> None:
    jobs.foresee_due(app, NOW)
    client = as_user("reader")
    counts = []
    for _ in range(2):
        for path in ("/readiness/versions", PATH):
            client.get(path)
            queries.clear()
            client.get(path)
            counts.append(len(queries))
        for number in range(20):
            research(
                factories.company(cast["manager"], name_zh=f"青岛更多{number}公司"), 2_300, 200_000
            )
        jobs.foresee_due(app, NOW + ONE_DAY)
    assert counts[:2] == counts[2:] and max(counts) < 20


def test_a_company_that_is_gone_is_shown_no_more_and_its_deletion_asks_for_nothing(
    app, as_user, firms, next_rules
) -> None:
    jobs.foresee_due(app, NOW)
    company_id = firms["gains"].id
    client = as_user("partner")
    assert client.post(f"/records/company/{company_id}/deletion").status_code in {302, 200}
    assert "gains" not in names(client.get(f"{PATH}?target=bse-4").text)
    jobs.foresee_due(app, NOW + ONE_DAY)
    assert company_id not in kept()


def test_a_merge_its_undoing_and_another_figure_show_at_once(
    app, cast, as_user, firms, next_rules
) -> None:
    jobs.foresee_due(app, NOW)
    client, before = as_user("partner"), kept()
    assert "4 家企业的结论会变" in client.get(PATH).text
    one, other = firms["opens"], firms["gains"]
    act = merge(one, other, cast["partner"])
    assert kept() == {i: fate for i, fate in before.items() if i != other.id} | {one.id: "gains"}
    page = client.get(f"{PATH}?target=bse-4").text
    assert "3 家企业的结论会变" in page and sorted(names(page)) == ["loses", "opens", "shuts"]
    undo(act, cast["partner"])
    assert kept() == before
    state(firms["loses"], 200_000)
    assert firms["loses"].id not in kept() and "3 家企业的结论会变" in client.get(PATH).text


def test_where_nothing_is_coming_the_page_says_so(app, as_user, monkeypatch) -> None:
    for module in ("foresight_views", "library_views"):
        monkeypatch.setattr(f"portfolio.readiness.{module}.coming", lambda day: [])
    client = as_user("reader")
    page = client.get("/readiness/versions").text
    assert "没有今日之后施行的规则" in page and "chinext" in page
    assert page.count("<tr>") > len(library())
    assert "深证上〔2024〕340号" in page and "凭记忆" in page
    assert "新版规则施行" not in client.get("/readiness").text


def test_the_command_prints_who_gains_and_who_loses(app, firms, next_rules) -> None:
    runner = app.test_cli_runner()
    told = runner.invoke(args=["readiness", "foresee", COMING]).output
    assert f"{DAY} new: 4 companies change" in told
    assert "bse-4: gains 1, loses 1, opens 1, shuts 1" in told
    assert runner.invoke(args=["readiness", "foresee", "nothing"]).exit_code == 2
    assert FORMER not in told and routing().purposes[1] not in told
