"""What one reader is told for a window: the parts that their roles read, each asked through the pages'
own visibility conditions."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import current_app

from portfolio.digest import (
    company_queries,
    deal_queries,
    duty_queries,
    fund_queries,
    house_queries,
    queries,
    rule_queries,
    tag_queries,
    turn_queries,
)
from portfolio.digest.compose import BRIEF, FIRST, Cut, Digest, Part, Section
from portfolio.digest.lines import ToldLine
from portfolio.digest.readers import Kind, menu_of, readers
from portfolio.digest.shared_queries import Asked, Shared, sight_of
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.web.i18n import speaking, spoken

PARTS: Mapping[str, Callable[[Asked], Part]] = {
    "tasks": duty_queries.tasks,
    "steps": duty_queries.steps,
    "slow": deal_queries.slow,
    "certificates": company_queries.certificates,
    "duplicates": company_queries.twins,
    "decisions": deal_queries.decisions,
    "moves": deal_queries.moves,
    "elsewhere": deal_queries.elsewhere,
    "overrides": deal_queries.overrides,
    "turns": turn_queries.turns,
    "rules": rule_queries.rules,
    "tags": tag_queries.tags,
    "companies": company_queries.new_companies,
    "funnel": fund_queries.funnel,
    "conversion": fund_queries.conversion,
    "ageing": fund_queries.ageing,
    "coverage": fund_queries.covered,
    "access": house_queries.access,
    "exports": house_queries.exports,
    "broken": house_queries.broken,
    "chain": house_queries.chain,
    "failures": house_queries.failures,
    "unsubscribed": house_queries.unsubscribed,
    "quality": house_queries.quality,
}


def digest_for(
    user: User,
    period: str,
    since: dt.datetime,
    until: dt.datetime,
    late: bool = False,
    missed: int = 0,
    shared: Shared | None = None,
    viewer: User | None = None,
) -> Digest:
    """The digest of one reader: what was recorded after `since` and up to `until`. Whoever makes many
    of them hands the same `shared` to each. To a `viewer` it tells and counts of it what is open to
    both."""
    asked = _asked(user, period, since, until, shared or Shared(), viewer)
    brief = replace(asked, cut=BRIEF)
    sections = [
        Section(kind, _part(kind, asked if kind.urgent else brief))
        for kind in asked.menu.parts
        if not kind.needs or user.may(kind.needs)
    ]
    return Digest(period, since, until, sections, fund_queries.numbers(asked), late, missed)


def one_part(user: User, key: str, since: dt.datetime, until: dt.datetime) -> Part:
    """One part alone of what a reader would be told."""
    return _part(readers().parts[key], asked_by(user, since, until))


def whole_part(kind: Kind, asked: Asked) -> Part:
    """A part as its own page lists it: what a mail says in one line, each by itself."""
    return deal_queries.others(asked) if kind.key == "elsewhere" else _part(kind, asked)


def asked_by(user: User, since: dt.datetime, until: dt.datetime, cut: Cut = FIRST) -> Asked:
    """What a reader may be told of a time, outside of any digest."""
    return replace(_asked(user, "", since, until, Shared()), cut=cut)


def _asked(
    user: User,
    period: str,
    since: dt.datetime,
    until: dt.datetime,
    shared: Shared,
    viewer: User | None = None,
) -> Asked:
    known = sight_of(*filter(None, (user, viewer)))
    return Asked(user, menu_of(user.roles), period, since, until, known, shared, viewer=viewer)


def _part(kind: Kind, asked: Asked) -> Part:
    return _told_by(kind.through, asked) if kind.through else PARTS[kind.key](asked)


def _told_by(name: str, asked: Asked) -> Part:
    """The lines of another slice, which the composition root hands in; none where there is no such.

    It is called with the reader and the window, speaks the reader's language and answers mappings:
    `path`, `title`, and maybe `text`, `small`, `tone`, the ids in `deals`, `companies` and `terms`
    that a line names, `walled` where it names deals by their codes, and `head` where it stands above
    the others, or `aside` among them, and does not count beside them.
    """
    ask = current_app.extensions.get("digest_lines", {}).get(name)
    if ask is None:
        return Part()
    with speaking(spoken(asked.user.locale)):
        rows = ask(asked.user, asked.since, asked.until)
    if asked.viewer is not None:
        rows = _open_to(asked.viewer, rows)
    if len(rows) == 1:
        return Part([_line(row) for row in asked.cut.of(rows)], 1)
    shown = asked.cut.of(rows)
    beside = [bool(row.get("head") or row.get("aside")) for row in rows]
    heads = sum(asked.cut.of(beside))
    return Part([_line(row) for row in shown], len(rows) - sum(beside), heads=heads)


def _open_to(viewer: User, rows: Sequence[Any]) -> Sequence[Any]:
    """Those of another slice's rows that tell only of what this person may know of."""
    made = [(row, _line(row)) for row in rows]
    deals, known, meetings = (
        frozenset().union(*(getattr(line, name) for _, line in made))
        for name in ("deals", "companies", "meetings")
    )
    seen = sight.ids_with(viewer, "deal.read", deals)
    named = queries.companies_open(viewer, known)
    open_ones = frozenset(queries.meetings_open(viewer, meetings))
    return [
        row
        for row, line in made
        if line.deals <= seen and line.companies <= named and line.meetings <= open_ones
    ]


def _line(row: Mapping[str, Any]) -> ToldLine:
    words = {name: str(row.get(name, "")) for name in ("text", "small", "tone")}
    deals, companies, terms = (
        frozenset(row.get(name, ())) for name in ("deals", "companies", "terms")
    )
    return ToldLine(
        row["path"],
        str(row["title"]),
        **words,
        named=(deals, companies, terms),
        walled=bool(row.get("walled")),
    )
