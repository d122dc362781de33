"""Many deals changed at once: foreseen first, then done in one transaction and kept as one act."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

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
from portfolio.pipeline.admission_queries import admitted
from portfolio.pipeline.bulk import MOST, STAFFING, Doing, Order, Outcome
from portfolio.pipeline.models import Deal

ACTION = "deal.bulk"


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


def tried(deals: Sequence[Deal], order: Order, actor: User, now: dt.datetime) -> list[Outcome]:
    """What the order would do to each deal, by the rules that doing it asks; nothing is written."""
    order.check()
    found: list[Outcome] = []
    for deal in deals:
        try:
            after = _foreseen(deal, order, actor, now)
        except InputError as refusal:
            found.append(Outcome(deal.id, deal.version, refusal=refusal))
        else:
            found.append(Outcome(deal.id, deal.version, _state(deal, order), after))
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
            check_version(deal.version, versions.get(deal.id), "deal", deal.id)
            before = undo_operations.before_move(deal)
            event_id = _done(deal, order, actor, now)
            if event_id is not None:
                moves.append([event_id, before])
        if moves:  # events say what the deals' rows repeat: one way of taking back is enough
            kept.rows = False
    return kept.act


def _foreseen(deal: Deal, order: Order, actor: User, now: dt.datetime) -> str:
    """What the order would change a deal to, in the words of `_state`. Raises as `_done` does."""
    if order.doing not in STAFFING:
        _goes_on(deal, order)
        _flow, _move, found = admitted(deal, order.as_move(), actor, now)
        return found.stage if order.doing is Doing.MOVE else found.status
    owner_id, team = _staffed(deal, order, actor)
    operations.require_staff(deal, team, owner_id)
    return str(owner_id) if order.doing is Doing.OWNER else _joined(team)


def _state(deal: Deal, order: Order) -> str:
    if order.doing is Doing.OWNER:
        return str(deal.owner_id)
    if order.doing in STAFFING:
        return _joined(member.user_id for member in deal.members)
    return deal.stage if order.doing is Doing.MOVE else deal.status


def _joined(team: Iterable[int]) -> str:
    return ",".join(str(number) for number in sorted(team))


def _done(deal: Deal, order: Order, actor: User, now: dt.datetime) -> int | None:
    """The id of the stage event, where one was made."""
    if order.doing not in STAFFING:
        _goes_on(deal, order)
        return operations.move(deal, order.as_move(), actor, now).id
    owner_id, team = _staffed(deal, order, actor)
    operations.set_team(deal, team, owner_id, now)
    return None


def _goes_on(deal: Deal, order: Order) -> None:
    _differs(order.doing is not Doing.MOVE or order.stage != deal.stage)


def _staffed(deal: Deal, order: Order, actor: User) -> tuple[int, list[int]]:
    """The owner and the team of a deal as the order wants them. Raises Refused or InputError."""
    operations.require(actor, "deal.write", deal)
    team = [member.user_id for member in deal.members]
    person = int(order.person_id or 0)
    if order.doing is Doing.OWNER:
        _differs(person != deal.owner_id)
        return person, team
    if order.doing is Doing.ADD:
        _differs(person not in team)
        return deal.owner_id, [*team, person]
    if person == deal.owner_id:
        raise InputError("bulk.owner_stays")
    _differs(person in team)
    return deal.owner_id, [number for number in team if number != person]


def _differs(changes: bool) -> None:
    if not changes:
        raise InputError("bulk.same")
