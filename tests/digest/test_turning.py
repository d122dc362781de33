"""Who stands otherwise than before: by which clause, which figure and whose, and what the rules did."""

import datetime as dt
from dataclasses import replace

import pytest
from flask import Flask

from portfolio.companies.operations import Statement, state_figures
from portfolio.digest import compose, content_queries, event_queries, queries, template_letters
from portfolio.digest.line_letters import said
from portfolio.digest.shared_queries import Shared
from portfolio.digest.turns import Turn, flips, turn_of
from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline import operations as pipeline
from portfolio.pipeline.models import GrantKind
from portfolio.readiness.foresight_operations import foresee
from portfolio.readiness.operations import refresh
from portfolio.readiness.stored import STANDS
from portfolio.readiness.successions import succession_of
from portfolio.readiness.targets import targets
from portfolio.web.i18n import speaking
from tests import factories
from tests.readiness.coming import COMING, coming_book

WAN = 10**6
NOW = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
WEEK = dt.timedelta(days=7)
BEFORE, DURING = NOW - dt.timedelta(days=13), NOW - dt.timedelta(days=2)
YEAR = 2025


def state(company, at=BEFORE, actor=None, source="审计报告", **values) -> None:
    rows = []
    for name, value in values.items():
        years = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for back, number in years:
            year = None if back is None else YEAR - back
            rows.append(
                Statement(company.id, name, year, micro=number * WAN, audited=True, source=source)
            )
    with unit_of_work("figure.state", actor, at=at):
        state_figures(rows, actor, at)


def profitable(name: str, cap: int):
    """A company that the first standard of the exchange asks but for its market value."""
    company = factories.company(now=BEFORE, name_zh=f"青岛{name}科技股份有限公司", short_name=name)
    profit = ("net_profit_parent", "net_profit_parent_ex_nonrecurring")
    roe = {"roe_weighted": (12, 10), "roe_weighted_ex_nonrecurring": (11, 9)}
    state(company, **dict.fromkeys(profit, (3000, 2000)), **roe, expected_market_cap=cap)
    return company


def told(user: User, key: str = "turns", since=NOW - WEEK, until=NOW) -> list[str]:
    """The lines of one part in Chinese words."""
    digest = content_queries.digest_for(user, "2026-W48", since, until)
    text = template_letters.written(digest, user, 1).text
    title = next(s.kind.zh for s in digest.sections if s.kind.key == key)
    if f"■ {title}" not in text:
        return []
    lines = text.split(f"■ {title}")[1].split("■")[0].splitlines()
    return [line.strip() for line in lines[1:] if line.strip() and line.strip() != "--"]


def test_a_change_is_told_by_its_clause_and_by_the_figure_that_made_it(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, partner, outsider = cast["manager"], cast["partner"], cast["outsider"]
    met, lost, back = (
        profitable(*row) for row in (("甲材", 18_000), ("乙芯", 21_000), ("丙测", 18_000))
    )
    for company in (met, lost, back):
        factories.deal(manager, BEFORE, company=company)
    agenda = factories.deal(manager, BEFORE, company=met, name="上会项目")
    with unit_of_work("deal.grant"):
        pipeline.grant(agenda, cast["committee"].id, GrantKind.AGENDA, BEFORE)
    state(met, DURING, manager, "A轮增资协议", expected_market_cap=21_500)
    state(lost, DURING, partner, "估值报告", expected_market_cap=15_000)
    state(back, DURING, manager, expected_market_cap=21_500)
    state(back, DURING + dt.timedelta(hours=1), manager, expected_market_cap=18_000)
    fresh = factories.company(now=DURING, name_zh="青岛丁源科技有限公司", short_name="丁源")
    state(fresh, DURING, manager, revenue=(5_000, 4_000))
    first, cause, link, *rest = told(manager)
    assert first == "- 甲材 （我负责） · 北交所标准一现已满足：预计市值 2.15亿，门槛 ≥ 2亿"
    assert cause.startswith("预计市值 1.8亿 → 2.15亿 · Manager录入 · 依据：A轮增资协议")
    assert link.endswith(f"/companies/{met.id}/readiness?target=bse-1#t-bse-1")
    assert rest[0] == "- 乙芯 （我负责） · 北交所标准一不再满足：预计市值 1.5亿，门槛 ≥ 2亿"
    assert rest[1].startswith("预计市值 2.1亿 → 1.5亿 · Partner录入 · 依据：估值报告")
    whole = "".join(told(manager))
    assert "丙测" not in whole, "what turned and turned back is no news"
    at_once = {
        user.name: event_queries.digest_of(user, ["verdict"], NOW - WEEK, NOW, Shared())
        for user in (manager, partner)
    }
    by_others = {name: {line.name for line in d.part("turns").lines} for name, d in at_once.items()}
    assert by_others["Manager"] == {"乙芯"}, "at once one is told nothing of one's own figures"
    assert "甲材" in by_others["Partner"] and "乙芯" not in by_others["Partner"]
    assert not told(outsider), "of companies of others' deals a manager is told nothing"
    names = "".join(told(partner))
    assert "甲材" in names and "（我负责）" not in names and "丙测" not in names
    committee = "".join(told(cast["committee"]))
    assert "甲材" in committee and "乙芯" not in committee, "as far as the agenda goes"
    digest = content_queries.digest_for(partner, "2026-W48", NOW - WEEK, NOW)
    assert {met.id, lost.id} <= digest.company_ids, "to be checked again before sending"
    numbers = {number.kind.key: (number.now, number.before) for number in digest.numbers}
    assert numbers["met"] == (1, 1), "the second one met it when it was first known"
    assert not told(manager, since=NOW, until=NOW + WEEK)
    mentions = queries.mentions_of(
        content_queries.digest_for(cast["committee"], "p", NOW - WEEK, NOW)
    )
    assert queries.still_open(cast["committee"], mentions)
    with unit_of_work("deal.grant"):
        pipeline.grant(agenda, cast["committee"].id, GrantKind.RECUSED, NOW)
    assert not queries.still_open(cast["committee"], mentions), "the company is not theirs any more"


def test_a_rulebook_that_comes_is_told_apart_with_the_companies_that_it_moves(
    app: Flask, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = local_date(NOW) + dt.timedelta(days=27)
    mine, other = (
        factories.company(now=BEFORE, name_zh=f"青岛{name}公司", short_name=name)
        for name in ("换版甲", "换版乙")
    )
    factories.deal(cast["manager"], BEFORE, company=mine)
    for company in (mine, other):
        state(company, rd_spend=(2_300, 2_300), expected_market_cap=200_000)
    with coming_book(day, monkeypatch):
        one = succession_of(f"{day}.{COMING}.new")
        assert one is not None
        assert "影响尚未预演" in "".join(told(cast["manager"], "rules"))
        foresee([one], NOW)
        (line,) = [row for row in told(cast["manager"], "rules") if row.startswith("- ")]
        assert line.startswith(f"- 自 {day} 起: ") and line.endswith("影响 1 家企业")
        assert "影响 2 家企业" in "".join(told(cast["partner"], "rules"))
        mine_alone = "".join(told(cast["manager"], "rules"))
        assert "受益" in mine_alone and "换版甲" in mine_alone and "换版乙" not in mine_alone
        later = NOW + WEEK
        nothing = "".join(told(cast["manager"], "rules", NOW, later))
        assert COMING not in nothing, "once when it comes near"
        again = "".join(told(cast["partner"], "rules", later, later + 4 * WEEK))
        assert COMING in again, "and when it takes effect"


def test_what_a_rulebook_did_is_no_change_of_the_company_whatever_was_stated_beside_it(
    app: Flask, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch, queries: list[str]
) -> None:
    manager, day = cast["manager"], local_date(DURING)

    def listed(name: str, rd: int, cap: int):
        company = factories.company(now=BEFORE, name_zh=f"青岛{name}公司", short_name=name)
        factories.deal(manager, BEFORE, company=company)
        state(company, rd_spend=(rd, rd), expected_market_cap=cap)
        return company

    # The new book asks 160,000 and 4,500 in two years, where the old one asked 150,000 and 5,000.
    still = listed("静止", 2_300, 200_000)
    beside, little = listed("旁报", 2_300, 200_000), listed("微动", 2_300, 200_000)
    itself, both = listed("自达", 2_600, 100_000), listed("兼因", 2_300, 155_000)
    either = listed("皆可", 2_300, 200_000)
    with coming_book(day, monkeypatch):
        refresh([still.id], DURING)
        queries.clear()
        assert not told(manager)
        assert not any("figure.audited" in one for one in queries), "nobody stated anything"
        state(beside, DURING, manager, "花名册", export_revenue=(1,))
        state(little, DURING, manager, "估值报告", expected_market_cap=200_001)
        state(itself, DURING, manager, "估值报告", expected_market_cap=200_000)
        state(both, DURING, manager, "估值报告", expected_market_cap=165_000)
        state(either, DURING, manager, "研发台账", rd_spend=(2_600, 2_600))
        lines = [line for line in told(manager) if "readiness" not in line]
        names, causes = lines[::2], lines[1::2]
        assert [line.split()[1] for line in names] == ["皆可", "兼因", "自达"]
        assert all("北交所标准四现已满足：" in line for line in names)
        assert causes[2].startswith("预计市值 10亿 → 20亿 · Manager录入 · 依据：估值报告")
        assert causes[1].startswith("预计市值 15.5亿 → 16.5亿")
        assert causes[0].startswith("研发投入 2025 2,300万 → 2,600万")
        assert COMING in "".join(told(manager, "rules"))


def test_a_cause_is_a_figure_that_the_clause_reads_and_else_the_region_or_a_day(
    app: Flask, cast: dict[str, User]
) -> None:
    manager, day = cast["manager"], local_date(DURING)
    figure, over = profitable("数因", 18_000), profitable("期满", 18_000)
    for company in (figure, over):
        factories.deal(manager, BEFORE, company=company)
    with unit_of_work("figure.state", at=BEFORE):
        cap = ("expected_market_cap", None)
        holds = Statement(over.id, *cap, micro=25_000 * WAN, valid_until=day - WEEK / 7)
        state_figures([holds], None, BEFORE)
    state(figure, DURING, manager, revenue=(9_000,))  # which no clause of it reads
    state(figure, DURING, manager, "增资协议", expected_market_cap=21_500)
    with unit_of_work("figure.state", at=DURING):
        other = Statement(figure.id, *cap, micro=90_000 * WAN, source="另一来源", disputed=True)
        state_figures([other], None, DURING)
    state(over, DURING, manager, revenue=(9_000,))
    lines = told(manager)
    assert "数因" in lines[0] and "现已满足" in lines[0]
    assert lines[1].startswith("预计市值 1.8亿 → 2.15亿 · Manager录入 · 依据：增资协议")
    assert "期满" in lines[3] and lines[4].startswith("数据未变，因日期推移")
    test = content_queries.digest_for(manager, "p", NOW - WEEK, NOW).part("turns").lines[1]
    for changes, words in (
        ({"moved": True}, "所在地区有变"),
        ({"by_day": False}, "评估依据有变"),
    ):
        with speaking("zh"):
            assert said(replace(test, **changes)).small.startswith(words)


@pytest.mark.parametrize(
    ("was", "will", "turn"),
    [
        ("F", "M", Turn.MET),
        ("-", "V", Turn.MET),
        ("M", "V", None),
        ("M", "F", Turn.LOST),
        ("V", "O", Turn.LOST),
        ("F", "n", Turn.NEAR),
        ("N", "n", None),
        ("N", "F", Turn.AWAY),
        ("O", "F", None),
        ("-", "N", None),
        ("M", "-", None),
    ],
)
def test_what_becomes_of_a_verdict(was: str, will: str, turn: Turn | None) -> None:
    assert turn_of(was, will) is turn
    assert turn_of(will, will) is None and was in STANDS


def test_the_weightiest_change_comes_first_and_rules_alone_are_left_out() -> None:
    plan = [target.key for target in targets()]
    was, will = ["F"] * len(plan), ["F"] * len(plan)
    listed = next(place for place, target in enumerate(targets()) if target.listed)
    other = next(place for place, target in enumerate(targets()) if not target.listed)
    will[other], will[listed] = "M", "M"
    last = next(n for n in range(len(plan)) if n not in {listed, other})
    was[last] = "M"
    found = flips("".join(was), "".join(will))
    assert [flip.target.key for flip in found] == [plan[listed], plan[other], plan[last]]
    kept = flips("".join(was), "".join(will), {plan[listed]})
    assert [flip.target.key for flip in kept] == [plan[other], plan[last]]
    assert [flip.turn for flip in flips("", "".join(will))] == [Turn.MET, Turn.MET]


def test_numbers_know_what_stood_before() -> None:
    assert compose.Number(None, 3, 5).change == -2  # type: ignore[arg-type]
