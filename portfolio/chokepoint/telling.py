"""All that was said of a technology of a company, as lines of a history: who, when, what changed
(pure)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from portfolio.audit.titles import column_title
from portfolio.audit.words import Words
from portfolio.chokepoint.claims import CARD_COLUMNS, PIECE_COLUMNS
from portfolio.chokepoint.standing import TagState

TAG, CARD, PIECE = "chokepoint_tag", "chokepoint_card", "chokepoint_evidence"
SAID = ("level", "reason_code", "reason", "counter_evidence", "recheck_on", "reread_by", "words")
ACTIONS = {
    TagState.SUGGESTED.value: "tag.suggest",
    TagState.REJECTED.value: "tag.reject",
    TagState.EXPIRED.value: "tag.expire",
}
EVIDENCE = ("tag.evidence", "tag.withdraw_evidence")
READERS = ("first_reader_id", "second_reader_id")
NO_CARD: Mapping[str, Any] = dict.fromkeys(CARD_COLUMNS)


class Said(Protocol):
    """All rows of a technology of a company, the oldest first."""

    @property
    def tags(self) -> Sequence[Any]: ...

    @property
    def evidence(self) -> Sequence[Any]: ...

    def stands(self, row: Any) -> bool:
        """Whether a row stands."""


@dataclass(frozen=True)
class Change:
    """A column by its title, with what it said before and after; empty for nothing."""

    title: str
    before: str
    after: str


@dataclass(frozen=True)
class Line:
    """One act, as the trail calls it: when, by whom (None for the system), and what changed."""

    at: dt.datetime
    by: int | None
    action: str
    changes: Sequence[Change]


def told(said: Said, words: Words) -> list[Line]:
    """The lines, the newest first."""
    lines = [*_of_tags(said.tags, words), *_of_evidence(said, words)]
    # What a claim rests on was there before it.
    return sorted(lines, key=lambda line: (line.at, line.action not in EVIDENCE), reverse=True)


def _of_tags(tags: Sequence[Any], words: Words) -> Iterable[Line]:
    before = None
    for row in tags:
        changes = _changes(before, row, words)
        yield Line(row.recorded_at, row.recorded_by_id, _action(before, row), changes)
        before = row


def _action(before: Any, after: Any) -> str:
    """What an act was, by the two rows: they keep no name of it."""
    if after.state != TagState.CONFIRMED.value:
        return ACTIONS[after.state]
    if before is not None and before.state == TagState.EXPIRED.value:
        return "tag.renew"
    if before is not None and after.second_read_at == after.recorded_at:
        return "tag.read_again"
    return "tag.confirm"


def _changes(before: Any, after: Any, words: Words) -> list[Change]:
    found = _differing(TAG, _said(before), _said(after), words)
    cards = [row.card if row is not None else None for row in (before, after)]
    if cards[0] is not cards[1]:
        found += _differing(CARD, _card(cards[0]), _card(cards[1]), words)
        listed = [_incumbents(card, words) for card in cards]
        if listed[0] != listed[1]:
            found.append(Change(column_title("incumbents", words.locale), *listed))
    return found


def _said(row: Any) -> Mapping[str, Any]:
    """What a row says; a suggestion has no level yet, whatever stands in its column."""
    said = {name: getattr(row, name, None) for name in (*SAID, *READERS)}
    suggested = row is not None and row.state == TagState.SUGGESTED.value
    return said | {"level": None} if suggested else said


def _card(card: Any) -> Mapping[str, Any]:
    return NO_CARD if card is None else {name: getattr(card, name) for name in CARD_COLUMNS}


def _incumbents(card: Any, words: Words) -> str:
    rows = card.incumbents if card is not None else ()
    return "; ".join(" ".join(filter(None, _parts(row, words))) for row in rows)


def _parts(row: Any, words: Words) -> Iterable[str]:
    share = words.said(CARD, "share_micro", row.share_micro)
    return row.name, row.country, share and f"{share}%", str(row.year or "")


def _differing(
    kind: str, was: Mapping[str, Any], now: Mapping[str, Any], words: Words
) -> list[Change]:
    found = []
    for name, value in now.items():
        sides = [_worded(kind, name, side, words) for side in (was[name], value)]
        if sides[0] != sides[1]:
            found.append(Change(column_title(name, words.locale, kind), *sides))
    return found


def _worded(kind: str, name: str, value: Any, words: Words) -> str:
    plain = value.isoformat() if isinstance(value, dt.date) else value
    said = words.said(kind, name, plain)
    return f"{value} {said}" if name == "level" and value else said


def _of_evidence(said: Said, words: Words) -> Iterable[Line]:
    for row in said.evidence:
        named = [name for name in PIECE_COLUMNS if name != "document_id"]
        now = {name: getattr(row, name) for name in named}
        changes = _differing(PIECE, dict.fromkeys(named), now, words)
        yield Line(row.recorded_at, row.recorded_by_id, EVIDENCE[0], changes)
        if not said.stands(row):
            why = words.said(PIECE, "reason", row.reason)
            gone = [Change(column_title("reason", words.locale), "", why)] if why else []
            yield Line(row.superseded_at, row.withdrawn_by_id, EVIDENCE[1], gone)
