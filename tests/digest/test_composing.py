"""What stands in a digest, in which order, and what is no news."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from portfolio.digest import compose

NOW = dt.datetime(2026, 11, 23, 0, 30, tzinfo=dt.UTC)
STAGES = {
    key: SimpleNamespace(key=key, position=n, committee=key == "ic")
    for n, key in enumerate(("lead", "dd", "ic", "post"))
}
ACTIVE, REJECTED = SimpleNamespace(value="active"), SimpleNamespace(value="rejected")


def change(deal: int, start: str | None, end: str, hours: int = 0, **more: Any) -> compose.Change:
    line = compose.DealLine(deal, f"deal {deal}", more.pop("mine", False), "owner")
    return compose.Change(
        deal=line,
        at=NOW + dt.timedelta(hours=hours),
        by="somebody",
        from_stage=STAGES[start] if start else None,
        to_stage=STAGES[end],
        from_status=ACTIVE if start else None,
        to_status=more.get("to_status", ACTIVE),
    )


def digest(changes: list[compose.Change], tasks: Any = ()) -> compose.Digest:
    return compose.compose(
        "2026-W48", NOW, NOW, changes, list(tasks), compose.Part(), compose.Part()
    )


def task(title: str, days: int) -> compose.TaskLine:
    return compose.TaskLine(title, "", "/deals/9", NOW.date() + dt.timedelta(days=days), days)


def test_several_moves_of_a_deal_are_one_line_from_first_to_last() -> None:
    (line,) = digest([change(1, None, "lead"), change(1, "lead", "dd", 1)]).moves.lines
    assert line.from_stage is None and line.to_stage.key == "dd"


def test_what_moved_and_moved_back_is_no_news() -> None:
    assert digest([change(1, "lead", "dd"), change(1, "dd", "lead", 1)]).empty


def test_endings_and_the_way_out_of_the_committee_are_decisions() -> None:
    made = digest(
        [
            change(1, "dd", "dd", to_status=REJECTED),
            change(2, "ic", "post"),
            change(3, "ic", "dd"),
            change(4, "lead", "dd"),
        ]
    )
    assert [c.deal.deal_id for c in made.decisions.lines] == [1, 2]
    assert [c.deal.deal_id for c in made.moves.lines] == [3, 4]


def test_own_deals_come_first_then_the_newest() -> None:
    made = digest(
        [
            change(1, "lead", "dd", 1),
            change(2, "lead", "dd", 2),
            change(3, "lead", "dd", 0, mine=True),
        ]
    )
    assert [c.deal.deal_id for c in made.moves.lines] == [3, 2, 1]


def test_tasks_come_by_day_and_overdue_ones_are_counted() -> None:
    made = digest([], [task("later", 3), task("late", -2), task("today", 0)])
    assert [t.title for t in made.tasks.lines] == ["late", "today", "later"]
    assert made.overdue == 1 and not made.empty


def test_overdue_tasks_beyond_those_shown_are_counted_too() -> None:
    assert digest([], [task(f"task {n}", -1) for n in range(30)]).overdue == 30


def test_a_long_part_is_cut_and_says_how_many_are_left() -> None:
    made = digest([change(n, "lead", "dd") for n in range(30)])
    assert len(made.moves.lines) == compose.LINES_SHOWN
    assert made.moves.total == 30 and made.moves.more == 30 - compose.LINES_SHOWN


def test_every_deal_and_company_that_is_named_is_listed_for_the_check_before_sending() -> None:
    made = digest([change(1, "lead", "dd")], [task("see deal 9", 1)])
    assert made.deal_ids == {1, 9} and made.terms_ids == frozenset()


def test_a_deal_opened_and_rejected_in_one_week_is_a_decision() -> None:
    made = digest([change(1, None, "lead"), change(1, "lead", "lead", 1, to_status=REJECTED)])
    assert [c.deal.deal_id for c in made.decisions.lines] == [1] and not made.moves.total
