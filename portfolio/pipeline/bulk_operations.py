"""Many deals changed at once: tried first, then done in one transaction and kept as one act."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from portfolio.companies.operations import check_version
from portfolio.extensions import db
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline import operations, undo_operations
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.bulk import MOST, STAFFING, Doing, Order, Outcome
from portfolio.pipeline.models import Deal

ACTION = "deal.bulk"


class _Tried(Exception):
    """Ends a trial: everything in it is rolled back."""


@contextmanager
def _trial(work: Any) -> Iterator[None]:
    try:
        with work:
            yield
            raise _Tried
    except _Tried:
        pass


def chosen(user: User, deal_ids: Iterable[int]) -> Sequence[Deal]:
    """The deals of these ids that the person may know of. Raises InputError for none or too many."""
    wanted = list(dict.fromkeys(deal_ids))
    if len(wanted) > MOST:
        raise InputError("bulk.too_many", most=MOST)
    deals = db.session.scalars(
        sa.select(Deal)
        .where(Deal.id.in_(wanted), sight.visible(user))
        .options(selectinload(Deal.members))
        .order_by(Deal.id)
    ).all()
    if not deals:
        raise InputError("bulk.none")
    return deals


def tried(
    work: Any, deals: Sequence[Deal], order: Order, actor: User, now: dt.datetime
) -> list[Outcome]:
    """What the order would do to each deal: really done, in a unit of work that is rolled back."""
    order.check()
    found: list[Outcome] = []
    with _trial(work):
        for deal in deals:
            version = deal.version
            try:
                with db.session.begin_nested():
                    before, after = _one(deal, order, actor, now)
                found.append(Outcome(deal.id, version, before, after))
            except InputError as refusal:
                found.append(Outcome(deal.id, version, refusal=refusal))
    db.session.expire_all()
    return found


def apply(
    deals: Sequence[Deal],
    versions: Mapping[int, int],
    order: Order,
    actor: User,
    now: dt.datetime,
) -> Act | None:
    """Do it with every one of these deals, within a unit of work; any refusal stops it all.

    `versions` are those that the person was shown. Raises Conflict or InputError.
    """
    order.check()
    with journal.keeping(
        ACTION, "deal_list", None, actor, now, str(len(deals)), but=undo_operations.FACTS
    ) as kept:
        moves = kept.said["moves"] = []
        kept.said["deals"] = [deal.id for deal in deals]
        for deal in deals:
            check_version(deal.version, versions.get(deal.id))
            before = undo_operations.before_move(deal)
            event_id = _done(deal, order, actor, now)
            if event_id is not None:
                moves.append([event_id, before])
        if moves:  # events say what the deals' rows repeat: one way of taking back is enough
            kept.rows = False
    return kept.act


def _one(deal: Deal, order: Order, actor: User, now: dt.datetime) -> tuple[str, str]:
    """Do it with one deal and say what changed, as keys: an owner's id, a stage, a status."""
    said = _state(deal, order)
    _done(deal, order, actor, now)
    return said, _state(deal, order)


def _state(deal: Deal, order: Order) -> str:
    if order.doing is Doing.OWNER:
        return str(deal.owner_id)
    if order.doing in STAFFING:
        return ",".join(str(n) for n in sorted(member.user_id for member in deal.members))
    return deal.stage if order.doing is Doing.MOVE else deal.status


def _done(deal: Deal, order: Order, actor: User, now: dt.datetime) -> int | None:
    """The id of the stage event, where one was made."""
    if order.doing not in STAFFING:
        if order.doing is Doing.MOVE and order.stage == deal.stage:
            raise InputError("bulk.same")
        return operations.move(deal, order.as_move(), actor, now).id
    operations.require(actor, "deal.write", deal)
    team = [member.user_id for member in deal.members]
    person = int(order.person_id or 0)
    if order.doing is Doing.OWNER:
        _differs(person != deal.owner_id)
        operations.set_team(deal, team, person, now)
    elif order.doing is Doing.ADD:
        _differs(person not in team)
        operations.set_team(deal, [*team, person], deal.owner_id, now)
    else:
        if person == deal.owner_id:
            raise InputError("bulk.owner_stays")
        _differs(person in team)
        operations.set_team(deal, [n for n in team if n != person], deal.owner_id, now)
    return None


def _differs(changes: bool) -> None:
    if not changes:
        raise InputError("bulk.same")
