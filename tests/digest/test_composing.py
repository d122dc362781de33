"""What stands in a digest, in which order, and what is no news."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from portfolio.digest import compose, lines
from portfolio.digest.compose import Digest, Part, Section
from portfolio.digest.readers import menu_of, readers
from portfolio.people.policy import ROLES

NOW = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
STAGES = {
    key: SimpleNamespace(key=key, position=n, committee=key == "ic")
    for n, key in enumerate(("lead", "dd", "ic", "signing", "post"))
}
ACTIVE, REJECTED = SimpleNamespace(value="active"), SimpleNamespace(value="rejected")


def change(deal: int, start: str | None, end: str, hours: int = 0, **more: Any) -> lines.Change:
    line = lines.DealLine(deal, f"deal {deal}", more.pop("mine", False), "owner", more.get("fen"))
    return lines.Change(
        deal=line,
        at=NOW + dt.timedelta(hours=hours),
        by="somebody",
        from_stage=STAGES[start] if start else None,
        to_stage=STAGES[end],
        from_status=ACTIVE if start else None,
        to_status=more.get("to_status", ACTIVE),
    )


def digest(**parts: Part) -> Digest:
    kinds = readers().parts
    return Digest("2026-W48", NOW, NOW, [Section(kinds[key], part) for key, part in parts.items()])


def test_several_moves_of_a_deal_are_one_change_from_first_to_last() -> None:
    (line,) = compose.net_changes([change(1, None, "lead"), change(1, "lead", "dd", 1)])
    assert line.from_stage is None and line.to_stage.key == "dd"
    assert not compose.net_changes([change(1, "lead", "dd"), change(1, "dd", "lead", 1)])


def test_endings_and_the_way_out_of_the_committee_are_decisions() -> None:
    found = [
        change(1, "dd", "dd", to_status=REJECTED),
        change(2, "ic", "post"),
        change(3, "ic", "dd"),
        change(4, "lead", "dd"),
        *compose.net_changes(
            [change(5, None, "lead"), change(5, "lead", "lead", 1, to_status=REJECTED)]
        ),
    ]
    assert [c.deal.deal_id for c in found if c.decision] == [1, 2, 5]
    assert compose.counted(found) == {"leads": 1, "forward": 2, "decided": 3, "rejected": 2}


def test_a_decision_on_the_way_is_told_with_who_took_it() -> None:
    way = [change(1, "dd", "ic"), change(1, "ic", "signing", 1), change(1, "signing", "post", 2)]
    (line,) = compose.net_changes(way)
    assert (line.from_stage.key, line.passed.key, line.to_stage.key) == ("dd", "ic", "post")
    assert line.decision and line.at == way[1].at
    assert compose.counted([line]) == {"leads": 0, "forward": 1, "decided": 1, "rejected": 0}
    (back,) = compose.net_changes([*way[:2], change(1, "signing", "ic", 2)])
    assert not back.decision, "it is with the committee again"
    (ended,) = compose.net_changes([*way[:2], change(1, "signing", "dd", 2, to_status=REJECTED)])
    assert ended.decision and ended.passed is None
    (both,) = compose.net_changes(
        [*way[:2], change(1, "signing", "signing", 2, to_status=REJECTED)]
    )
    assert (both.passed.key, both.at) == ("ic", NOW + dt.timedelta(hours=2)), "and who ended it"
    assert compose.counted([both])["decided"] == 1
    (plain,) = compose.net_changes(way[1:])
    assert (plain.passed.key, plain.at) == ("ic", way[1].at), "not who moved it on behind"


def test_own_deals_come_first_then_the_newest() -> None:
    found = [
        change(1, "lead", "dd", 1),
        change(2, "lead", "dd", 2),
        change(3, "lead", "dd", 0, mine=True),
    ]
    found.sort(key=compose.own_then_newest)
    assert [c.deal.deal_id for c in found] == [3, 2, 1]


def test_a_long_part_is_cut_and_says_how_many_are_left() -> None:
    part = compose.part_of([change(n, "lead", "dd") for n in range(30)], overdue=30)
    assert len(part.lines) == compose.LINES_SHOWN
    assert part.total == part.overdue == 30 and part.more == 30 - compose.LINES_SHOWN


def test_every_deal_and_company_that_is_named_is_listed_for_the_check_before_sending() -> None:
    tasks = [
        lines.TaskLine("see", "", path, NOW.date(), 0) for path in ("/deals/9", "/companies/4")
    ]
    named = frozenset({7}), frozenset({8}), frozenset({9})
    told = lines.ToldLine("/deals/6", "agenda", named=named)
    made = digest(
        tasks=compose.part_of(tasks),
        moves=compose.part_of([change(1, "lead", "dd"), change(2, "lead", "dd", fen=1)]),
        agenda=compose.part_of([told]),
    )
    assert made.deal_ids == {1, 2, 6, 7, 9}
    assert made.terms_ids == {2, 9} and made.company_ids == {4, 8}
    assert made.keys == {"tasks", "moves", "agenda"}


def test_what_stands_is_no_news_and_what_waits_comes_first() -> None:
    stands = compose.part_of([change(1, "lead", "dd")])
    alone = digest(funnel=stands)
    assert alone.empty and not alone.told and not alone.deal_ids, "one line, and nothing named"
    made = digest(funnel=stands, moves=stands, slow=stands)
    assert [s.kind.key for s in made.told] == ["funnel", "moves", "slow"]
    assert [s.kind.key for s in made.short] == ["slow", "moves"]


def test_who_reads_what_is_data_and_several_roles_read_all_of_it() -> None:
    for role in ROLES:
        menu = menu_of(frozenset({role}))
        assert menu.parts and len(menu.numbers) <= 5, role
    manager, admin = menu_of(frozenset({"manager"})), menu_of(frozenset({"admin"}))
    both = menu_of(frozenset({"manager", "admin"}))
    assert both.keys == manager.keys | admin.keys and both.parts[0].key == "tasks"
    assert "exports" not in manager.keys and "moves" not in admin.keys
    assert not menu_of(frozenset()).parts


@pytest.mark.parametrize(
    ("hours", "stretch"),
    [(24, "day"), (72, ""), (6 * 24, "week"), (7 * 24, "week"), (8 * 24, "week"), (19 * 24, "")],
)
def test_a_time_is_called_a_week_or_a_day_only_where_it_is_one(hours: int, stretch: str) -> None:
    made = Digest("2026-W48", NOW - dt.timedelta(hours=hours), NOW)
    assert made.stretch == stretch
    brief = Digest("2026-11-23", made.since, NOW)
    assert brief.stretch == stretch.replace("week", ""), "a brief that holidays made late"
    assert NOW - made.before == dt.timedelta(hours=2 * hours)
