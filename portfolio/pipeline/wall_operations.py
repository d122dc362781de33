"""Opening a confidential deal to compliance for a while: with a reason, and known to its team."""

import datetime as dt

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import halfwidth
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, DealGrant, GrantKind
from portfolio.pipeline.operations import Refused
from portfolio.pipeline.team_operations import tell

OPEN_FOR = dt.timedelta(days=3)
SHORTEST_REASON = 10


def break_glass(code: str, reason: str, actor: User, now: dt.datetime) -> Deal:
    """Open the walled deal of this number to a person for three days.

    Every member of its team finds a task on their desk that says who looked and why. A number
    that stands for no deal, for one that is not walled, or for one the person is recused of
    raises the same InputError `deal.no_walled`, so that asking tells nothing. Raises InputError
    `reason.short`, or Refused.
    """
    if not actor.may("deal.break_glass"):
        raise Refused
    if len(reason.strip()) < SHORTEST_REASON:
        raise InputError("reason.short", minimum=SHORTEST_REASON)
    asked = sa.select(Deal).where(
        Deal.code == halfwidth(code).strip().upper(), Deal.walled, Deal.deleted_at.is_(None)
    )
    deal = db.session.scalar(asked)
    if deal is None or sight.relation(actor, deal).recused:
        raise InputError("deal.no_walled", value=code.strip())
    if sight.opened_until(actor, deal) is not None:
        return deal  # the same form sent twice: its team knows already
    _open_to(deal, actor, reason.strip(), now)
    title = _l(
        "%(name)s (compliance) opened this confidential deal: %(reason)s",
        name=actor.name,
        reason=reason.strip(),
    )
    for member in deal.members:
        if member.user_id != actor.id:
            tell(db.session.get_one(User, member.user_id), deal, title, actor, now)
    return deal


def _open_to(deal: Deal, actor: User, reason: str, now: dt.datetime) -> None:
    kept = db.session.scalar(
        sa.select(DealGrant).where(
            DealGrant.deal_id == deal.id,
            DealGrant.user_id == actor.id,
            DealGrant.kind == GrantKind.OPENED.value,
        )
    )
    row = kept or DealGrant(deal_id=deal.id, user_id=actor.id, kind=GrantKind.OPENED.value)
    row.reason, row.granted_at, row.until = reason, now, now + OPEN_FOR
    db.session.add(row)
    db.session.flush()
