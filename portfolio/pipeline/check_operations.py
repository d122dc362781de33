"""What is done with the items of a deal's checklists: answered with proof, checked by another."""

import datetime as dt
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import CheckAnswer, CheckState, states_of
from portfolio.pipeline.models import Deal, DealCheck
from portfolio.pipeline.refusals import Refused
from portfolio.pipeline.stages import Item

PROVEN = frozenset({CheckState.DONE, CheckState.FAIL})
EXPLAINED = frozenset({CheckState.NA, CheckState.WAIVED})


class CheckRefused(InputError):
    """An item cannot be answered so; `item` is its key."""

    def __init__(self, code: str, item: Item) -> None:
        super().__init__(code, item=item)
        self.item = item.key


def answer(
    deal: Deal,
    pipeline: Pipeline,
    answers: Mapping[str, CheckAnswer],
    actor: User | None,
    now: dt.datetime,
) -> list[DealCheck]:
    """Say how items stand; each supersedes what was said of it. Repeating adds nothing.

    Raises Refused, InputError `check.unknown`, or CheckRefused: `check.state`, `check.link`,
    `check.no_proof`, `check.no_reason`, `check.no_right`.
    """
    if actor is not None and not sight.may(actor, "deal.write", deal):
        raise Refused
    for fault in faults(deal, pipeline, answers, actor):
        raise fault
    known = _current(deal, answers)
    changed = {
        key: given
        for key, given in answers.items()
        if key not in known or not _repeats(known[key], given)
    }
    for key in changed:
        if key in known:
            known[key].superseded_at = now
    db.session.flush()  # the old rows first: one row at a time is current
    rows = [_row(deal, key, given, actor, now) for key, given in changed.items()]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def faults(
    deal: Deal, pipeline: Pipeline, answers: Mapping[str, CheckAnswer], actor: User | None
) -> list[CheckRefused]:
    """What is wrong with answers, the first thing of each. Raises InputError `check.unknown`."""
    may_waive = actor is not None and sight.may(actor, "deal.override", deal)
    found = ((pipeline.item(key), given) for key, given in answers.items())
    coded = ((item, _fault(item, given, may_waive)) for item, given in found)
    return [CheckRefused(code, item) for item, code in coded if code]


def _fault(item: Item, given: CheckAnswer, may_waive: bool) -> str:
    if given.state is not CheckState.TODO and given.state not in states_of(item):
        return "check.state"
    if given.link.strip() and not given.link.strip().startswith(("https://", "http://")):
        return "check.link"
    if given.state in PROVEN and not given.proven:
        return "check.no_proof"
    if given.state in EXPLAINED and not given.note.strip():
        return "check.no_reason"
    return "check.no_right" if given.state is CheckState.WAIVED and not may_waive else ""


def _current(deal: Deal, keys: Iterable[str]) -> dict[str, DealCheck]:
    rows = db.session.scalars(
        sa.select(DealCheck).where(
            DealCheck.deal_id == deal.id,
            DealCheck.item.in_(list(keys)),
            DealCheck.superseded_at.is_(None),
        )
    )
    return {row.item: row for row in rows}


def _repeats(known: DealCheck, given: CheckAnswer) -> bool:
    return (known.state, known.note, known.link, known.document_version_id) == (
        given.state.value,
        given.note.strip(),
        given.link.strip(),
        given.document_version_id,
    )


def _row(
    deal: Deal, key: str, given: CheckAnswer, actor: User | None, now: dt.datetime
) -> DealCheck:
    return DealCheck(
        deal_id=deal.id,
        item=key,
        state=given.state.value,
        note=given.note.strip(),
        link=given.link.strip(),
        document_version_id=given.document_version_id,
        recorded_at=now,
        recorded_by_id=actor.id if actor else None,
    )


def verify(
    deal: Deal, pipeline: Pipeline, keys: Iterable[str], actor: User | None, now: dt.datetime
) -> None:
    """Confirm what another person said of items. Raises Refused, or CheckRefused:
    `check.same_person`, `check.nothing_to_verify`.
    """
    wanted = [pipeline.item(key) for key in keys]
    if not wanted:
        return
    if actor is None or not sight.may(actor, "deal.write", deal):
        raise Refused
    known = _current(deal, [item.key for item in wanted])
    for item in wanted:
        row = known.get(item.key)
        if row is None or row.state not in {CheckState.DONE, CheckState.NA}:
            raise CheckRefused("check.nothing_to_verify", item)
        if row.recorded_by_id == actor.id:
            raise CheckRefused("check.same_person", item)
        if row.verified_by_id is None:
            row.verified_by_id, row.verified_at = actor.id, now
    db.session.flush()
