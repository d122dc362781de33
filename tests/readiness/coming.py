"""A rulebook that is yet to come, put beside the shipped ones for as long as a test runs."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from portfolio.readiness import near, nodes
from portfolio.readiness import targets as plans
from portfolio.readiness.library import asking
from portfolio.readiness.recognitions import granted_targets
from portfolio.readiness.successions import rules_mark, successions
from portfolio.readiness.turning import rule_days
from portfolio.rulebook.loader import FOLDER, Draft, library, read_book, read_head

FORMER, COMING = "bse-listing-2025", "bse-listing-next"
MARKET_VALUE, RESEARCH = 160_000, 4_500  # of its fourth standard, in 万元
TEXT = "bse-listing-2021"
CHANGES = {
    f'id = "{TEXT}"': f'id = "{COMING}"',
    "in_force_to = 2023-08-03\n": "",
    "expected_market_cap >= 150000": f"expected_market_cap >= {MARKET_VALUE}",
}


@contextmanager
def coming_book(
    day: dt.date, monkeypatch: pytest.MonkeyPatch, research: int = RESEARCH
) -> Iterator[None]:
    """The exchange asks for more market value and less research from a day on."""
    text = (FOLDER / f"{TEXT}.toml").read_text(encoding="utf-8")
    asked = {"sum(rd_spend, 2) >= 5000": f"sum(rd_spend, 2) >= {research}"}
    for old, new in (CHANGES | asked).items():
        assert old in text
        text = text.replace(old, new)
    text = text.replace("in_force_from = 2021-11-15", f"in_force_from = {day}")
    names = plans.FILE.read_text(encoding="utf-8")
    file = FOLDER.parent / "targets.toml"
    with monkeypatch.context() as patch:
        patch.setitem(library(), COMING, read_book(read_head("coming.toml", text), shipped()))
        ended = replace(library()[FORMER], in_force_to=day - dt.timedelta(days=1))
        patch.setitem(library(), FORMER, ended)
        told = names.replace(f'"{FORMER}"]', f'"{FORMER}", "{COMING}"]')
        patch.setattr(plans, "FILE", Told(told, file.name))
        forget()
        try:
            yield
        finally:
            patch.undo()
            forget()


def shipped() -> dict[str, Draft]:
    """The heads of the shipped books, which a book may refer to."""
    files = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml")}
    return {name: read_head(f"{name}.toml", text) for name, text in files.items()}


class Told:
    """A file that is nowhere but here."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name

    def read_text(self, encoding: str) -> str:
        return self.text


def forget() -> None:
    """What was made of the rulebooks once is made anew."""
    made_once = (plans.plan, successions, rules_mark, rule_days, asking, granted_targets)
    for made in (*made_once, nodes._nodes, near.near):
        made.cache_clear()
