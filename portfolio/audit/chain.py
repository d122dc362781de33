"""How entries are chained: each hash covers the entry and the hash before it (pure)."""

import datetime as dt
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

GENESIS = "0" * 64


@lru_cache(maxsize=16)  # the entries of one write bear one instant
def instant(value: dt.datetime) -> str:
    """An instant as the trail writes it, whatever zone it was given in: as the database has it."""
    return value.astimezone(dt.UTC).isoformat()


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=instant
)


@dataclass(frozen=True)
class Break:
    """The first entry that does not fit: its number and what is wrong with it."""

    seq: int
    reason: str


def canonical(value: Any) -> str:
    """The one way a value is written, so that equal values hash equally; instants in ISO 8601."""
    return _ENCODER.encode(value)


def link(key: bytes, previous: str, body: str) -> str:
    """HMAC-SHA256 over the previous hash and the canonical entry."""
    return hmac.digest(key, (previous + body).encode(), "sha256").hex()


def first_break(
    key: bytes,
    entries: Iterable[Mapping[str, Any]],
    head: tuple[int, str],
    start: tuple[int, str] = (0, GENESIS),
) -> Break | None:
    """Walk the chain; entries are mappings with seq, body, prev_hash and hash, in order.

    `head` is the newest number and hash as kept apart from the entries: it shows a tail cut off.
    `start` is the number and hash of the entry behind which the walk begins.
    """
    previous, expected = start[1], start[0] + 1
    for entry in entries:
        reason = _fault(key, entry, previous, expected)
        if reason:
            return Break(min(expected, entry["seq"]), reason)
        previous, expected = entry["hash"], expected + 1
    if head != (expected - 1, previous):
        return Break(expected, "missing")
    return None


def _fault(key: bytes, entry: Mapping[str, Any], previous: str, expected: int) -> str:
    if entry["seq"] != expected:
        return "missing" if entry["seq"] > expected else "inserted"
    if entry["prev_hash"] != previous:
        return "order"
    return (
        "" if hmac.compare_digest(entry["hash"], link(key, previous, entry["body"])) else "altered"
    )


def chained(key: bytes, previous: str, bodies: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(previous hash, own hash) for each body in turn."""
    for body in bodies:
        own = link(key, previous, body)
        yield previous, own
        previous = own
