"""A rulebook that is yet to come, put beside the shipped ones for as long as a test runs."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from portfolio.readiness import near, nodes
from portfolio.readiness import targets as plans
from portfolio.readiness.library import asking
from portfolio.readiness.recognitions import granted_targets
from portfolio.readiness.successions import rules_mark, successions
from portfolio.readiness.turning import rule_days
from portfolio.rulebook.loader import FOLDER, library, read_books

FORMER, COMING = "bse-listing-2025", "bse-listing-next"
MARKET_VALUE, RESEARCH = 160_000, 4_500  # of its fourth standard, in 万元
TEXT = "bse-listing-2021"
CHANGES = {
    f'id = "{TEXT}"': f'id = "{COMING}"',
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
    begins = f'in_force_from = {day}\nreplaces = ["{FORMER}"]'
    books = read_books(shipped() | {COMING: text.replace("in_force_from = 2021-11-15", begins)})
    names = plans.FILE.read_text(encoding="utf-8")
    file = FOLDER.parent / "targets.toml"
    with monkeypatch.context() as patch:
        for name in (COMING, FORMER):
            patch.setitem(library(), name, books[name])
        told = names.replace(f'"{FORMER}"]', f'"{FORMER}", "{COMING}"]')
        patch.setattr(plans, "FILE", Told(told, file.name))
        forget()
        try:
            yield
        finally:
            patch.undo()
            forget()


def shipped() -> dict[str, str]:
    """The texts of the shipped books, which a book may refer to."""
    return {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml")}


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
