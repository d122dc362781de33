"""Recusing a person of a deal, so that they see nothing of it, and lifting that."""

import datetime as dt

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, DealGrant, GrantKind
from portfolio.pipeline.operations import grant, require
from portfolio.pipeline.recusal_queries import recused_from
from portfolio.pipeline.team_operations import leave_tasks

MOST_REASON = 400


def recuse(deal: Deal, person: User | None, reason: str, actor: User, now: dt.datetime) -> int:
    """Recuse an active person of a deal; answers how many open tasks of theirs about it went to
    its owner.

    Who owns a deal hands it over before, who is on its team leaves it: nobody is to go on working
    on what they no longer see. Raises Refused, or InputError `recusal.person_missing`,
    `recusal.reason_missing`, `recusal.already`, `recusal.owner` or `recusal.on_team`.
    """
    require(actor, "deal.write", deal)
    # Nobody comes on the team meanwhile: that changes the deal's row, as this does.
    db.session.execute(sa.select(Deal.id).where(Deal.id == deal.id).with_for_update())
    db.session.refresh(deal, ["owner_id", "version", "members"])
    if person is None or not person.active:
        raise InputError("recusal.person_missing")
    if person.id == deal.owner_id:
        raise InputError("recusal.owner", name=person.name)
    if person.id in {member.user_id for member in deal.members}:
        raise InputError("recusal.on_team", name=person.name)
    if person.id in recused_from(deal.id):
        raise InputError("recusal.already", name=person.name)
    if not clean(reason):
        raise InputError("recusal.reason_missing")
    moved = leave_tasks(deal, person.id)
    deal.updated_at = now
    grant(deal, person.id, GrantKind.RECUSED, now, clean(reason)[:MOST_REASON])
    return moved


def lift(deal: Deal, recusal: DealGrant, actor: User, now: dt.datetime) -> None:
    """Let a person see a deal again as far as their roles go. Raises Refused."""
    require(actor, "deal.write", deal)
    deal.updated_at = now
    db.session.delete(recusal)
    db.session.flush()
