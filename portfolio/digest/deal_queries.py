"""What happened to deals in a window, read once for all readers and told as each may know it."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from portfolio.digest import compose, lines, windows
from portfolio.digest.compose import Part, part_of
from portfolio.digest.shared_queries import Asked
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.happened import happened
from portfolio.pipeline.late_queries import entered_until
from portfolio.pipeline.models import Deal, MoveKind, StageEvent, Status

STATUSES = Status._value2member_map_
Owner = aliased(User)
Actor = aliased(User)


def seen_events(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    """The stage events of a time that the reader may know of, the oldest first."""
    shared, eyes = asked.shared, asked.sight
    rows = shared.once(("events", since, until), lambda: _events(since, until))
    return shared.once(
        ("events", since, until, eyes),
        lambda: [row for row in rows if eyes.sees(row.deal_id, row.walled)],
    )


def _events(since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    event = StageEvent
    query = (
        sa.select(
            *(event.id, event.undoes_id, event.note, event.overridden, event.recorded_at),
            event.reason_code,
            *(event.from_stage, event.to_stage, event.from_status, event.to_status),
            *(event.deal_id, Deal.name, Deal.code, Deal.owner_id, Deal.walled),
            *(Deal.amount_fen, Deal.pipeline_id),
            *(Owner.name.label("owner"), Actor.name.label("actor")),
        )
        .join(Deal, Deal.id == event.deal_id)
        .join(Owner, Owner.id == Deal.owner_id)
        .outerjoin(Actor, Actor.id == event.actor_id)
        .where(
            event.recorded_at > since,
            event.recorded_at <= until,
            event.kind != MoveKind.CARRY.value,
            Deal.deleted_at.is_(None),
        )
        .order_by(event.id)
    )
    return db.session.execute(query).all()


def net(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[lines.Change]:
    """What became of the deals that the reader may know of: one change each. Whose they are and their
    amounts are not in it yet."""

    def ask() -> Sequence[lines.Change]:
        rows = happened(seen_events(asked, since, until))
        return compose.net_changes(_change(row, asked.pipelines[row.pipeline_id]) for row in rows)

    return asked.shared.once(("net", since, until, asked.sight), ask)


def _change(row: Any, stages: Pipeline) -> lines.Change:
    return lines.Change(
        deal=_deal_line(row),
        at=row.recorded_at,
        by=row.actor or "",
        from_stage=stages.stage_then(row.from_stage) if row.from_stage else None,
        to_stage=stages.stage_then(row.to_stage),
        from_status=STATUSES[row.from_status] if row.from_status else None,
        to_status=STATUSES[row.to_status],
        note="" if row.walled else row.note,
        flow=stages.key,
        reason=None if row.walled else stages.reason_then(row.reason_code),
        overrode=json.loads(row.overridden) if row.overridden else None,
    )


def _deal_line(row: Any) -> lines.DealLine:
    """The deal of a row. A confidential one goes by its code alone, without its sum: a mail lies on other
    people's servers, as a calendar does."""
    if row.walled:
        line = lines.DealLine(row.deal_id, row.code, False, row.owner, walled=True)
    else:
        line = lines.DealLine(row.deal_id, row.name, False, row.owner, row.amount_fen)
    return replace(line, owner_id=row.owner_id)


def decisions(asked: Asked) -> Part:
    """What was decided."""
    return told(asked, _by_kind(asked)[True])


def moves(asked: Asked) -> Part:
    """What else moved."""
    return told(asked, _by_kind(asked)[False])


def elsewhere(asked: Asked) -> Part:
    """How much moved of deals that are not the reader's own, in one line."""
    own, kinds = asked.own_deals, _by_kind(asked)
    decided, moved = (
        sum(change.deal.deal_id not in own for change in kinds[decision])
        for decision in (True, False)
    )
    if not decided and not moved:
        return Part()
    path = windows.path_of("parts/elsewhere", asked.since, asked.until)
    return Part([lines.ElsewhereLine(path, decided, moved)], 1)


def others(asked: Asked) -> Part:
    """The same, each by itself."""
    kinds = _by_kind(asked)
    found = [
        change
        for change in (*kinds[True], *kinds[False])
        if change.deal.deal_id not in asked.own_deals
    ]
    return told(replace(asked, menu=replace(asked.menu, everything=True)), found)


def net_of_reader(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[lines.Change]:
    """What became of the deals that the reader is told of: their own ones alone, unless they are told
    of everything."""
    found = net(asked, since, until)
    if asked.menu.everything:
        return found
    by_deal = asked.shared.once(
        ("by deal", since, until, asked.sight), lambda: {c.deal.deal_id: c for c in found}
    )
    return [by_deal[number] for number in by_deal.keys() & asked.own_deals.keys()]


def _by_kind(asked: Asked) -> dict[bool, list[lines.Change]]:
    """What became of deals in the window, decisions and others, the newest first."""

    def ask() -> dict[bool, list[lines.Change]]:
        found: dict[bool, list[lines.Change]] = {True: [], False: []}
        for change in sorted(net(asked, asked.since, asked.until), key=compose.own_then_newest):
            found[change.decision].append(change)
        return found

    return asked.shared.once(("kinds", asked.since, asked.until, asked.sight), ask)


def told(asked: Asked, found: Sequence[lines.Change]) -> Part:
    """Some changes as this reader may know them: of deals that they own, then of those that they work on,
    then the newest of others where the reader is told of everything."""
    own, cut, me = asked.own_deals, asked.cut, asked.user.id
    mine = [
        replace(c, deal=replace(c.deal, mine=c.deal.owner_id == me))
        for c in found
        if c.deal.deal_id in own
    ]
    mine.sort(key=lambda change: not change.deal.mine)
    shown = cut.of(mine)
    if asked.menu.everything:
        others = (change for change in found if change.deal.deal_id not in own)
        shown = cut.of([*mine, *islice(others, cut.end)])
    total = len(found) if asked.menu.everything else len(mine)
    return Part(_as_known(asked, shown), total)


def _as_known(asked: Asked, shown: Sequence[lines.Change]) -> list[lines.Change]:
    """Changes without the sums and the overriding that are not for this reader."""
    ids = {line.deal.deal_id for line in shown}
    terms = asked.all_of(lambda user, them: sight.among_seen(user, "deal.terms", them), ids)
    overrode = {line.deal.deal_id for line in shown if line.overrode is not None}
    known = asked.all_of(told_of_overriding, overrode) if overrode else set()
    told = []
    for line in shown:
        if line.deal.deal_id not in terms:
            line = replace(line, deal=replace(line.deal, amount_fen=None))
        told.append(line if line.deal.deal_id in known else replace(line, overrode=None))
    return told


def overrides(asked: Asked) -> Part:
    """Skips and moves with open conditions, for the deal's team, partners and compliance."""
    found = [_override(row, asked) for row in overridden(asked, asked.since, asked.until)]
    return part_of(sorted(found, key=compose.own_then_newest), asked.cut)


def overridden(asked: Asked, since: dt.datetime, until: dt.datetime) -> Sequence[Any]:
    """The skips and moves with open conditions of a time that the reader may know of."""
    rows = [row for row in seen_events(asked, since, until) if row.overridden]
    told = asked.all_of(told_of_overriding, {row.deal_id for row in rows})
    return [row for row in rows if row.deal_id in told]


def told_of_overriding(user: User, ids: set[int]) -> set[int]:
    """Of deals that a person sees, those of which they are told who overrode what: their team, and
    whoever looks into it."""
    told = sight.among_seen(user, "deal.write", ids)
    return told | sight.among_seen(user, "finding.write", ids - told)


def _override(row: Any, asked: Asked) -> lines.OverrideLine:
    stages = asked.pipelines[row.pipeline_id]
    return lines.OverrideLine(
        deal=replace(_deal_line(row), mine=row.owner_id == asked.user.id, amount_fen=None),
        at=row.recorded_at,
        by=row.actor or "",
        from_stage=stages.stage_then(row.from_stage or row.to_stage),
        to_stage=stages.stage_then(row.to_stage),
        note="" if row.walled else row.note,
        conditions=json.loads(row.overridden),
    )


def seen_slow(asked: Asked) -> Sequence[Any]:
    """The active deals that stay in their stage beyond its usual time, of those that the reader may
    know of, the longest there first."""
    shared, eyes, until = asked.shared, asked.sight, asked.until
    rows = shared.once(("slow", until), lambda: _slow(asked))
    return shared.once(
        ("slow", until, eyes), lambda: [r for r in rows if eyes.sees(r.deal_id, r.walled)]
    )


def _slow(asked: Asked) -> Sequence[Any]:
    today = local_date(asked.until)
    query = (
        sa.select(
            *(Deal.id.label("deal_id"), Deal.name, Deal.code, Deal.owner_id, Deal.walled),
            *(Deal.pipeline_id, Deal.stage, Deal.stage_entered_at),
            *(Owner.name.label("owner"), sa.null().label("amount_fen")),
        )
        .join(Owner, Owner.id == Deal.owner_id)
        .where(
            Deal.deleted_at.is_(None),
            Deal.status == Status.ACTIVE.value,
            entered_until(asked.pipelines, lambda stage: stage.late_until(today)),
        )
        .order_by(Deal.stage_entered_at, Deal.id)
    )
    return db.session.execute(query).all()


def slow(asked: Asked) -> Part:
    """Deals beyond the usual time, those that the reader owns first, who is to see that they go on; those
    alone for who is not told of everything."""
    rows, me = seen_slow(asked), asked.user.id
    by_owner = asked.shared.once(("slow owners", asked.until, asked.sight), lambda: _by_owner(rows))
    mine = by_owner.get(me, [])
    if not asked.menu.everything:
        return Part([_slow_line(row, asked) for row in asked.cut.of(mine)], len(mine))
    others = (row for row in rows if row.owner_id != me)
    shown = asked.cut.of([*mine, *islice(others, asked.cut.end)])
    return Part([_slow_line(row, asked) for row in shown], len(rows))


def _by_owner(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.owner_id, []).append(row)
    return found


def _slow_line(row: Any, asked: Asked) -> lines.SlowLine:
    stage = asked.pipelines[row.pipeline_id].stage(row.stage)
    days = stage.days_since(row.stage_entered_at, asked.until)
    deal = replace(_deal_line(row), mine=row.owner_id == asked.user.id)
    return lines.SlowLine(deal, stage, days)
