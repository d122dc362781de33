"""What is done with acts: kept so that they can be undone, undone, and forgotten in time."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal.models import Act
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

KEPT_DAYS = 30


class NotYours(InputError):
    """The person may not take this act back."""

    def __init__(self) -> None:
        super().__init__("undo.refused")


@dataclass(frozen=True)
class Undoer:
    """How acts of one kind are taken back: who may, and what is done.

    `undo` raises InputError when it cannot be done any more; the act's row goes afterwards.
    """

    may: Callable[[User, Act], bool]
    undo: Callable[[Act, Any, User, dt.datetime], None]


def by_images(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Put every row back as it was before the act."""
    images.put_back(payload)


def keep(
    action: str,
    object_type: str,
    object_id: int | None,
    payload: Any,
    actor: User | None,
    now: dt.datetime,
    label: str = "",
    company_id: int | None = None,
    deal_id: int | None = None,
) -> Act:
    """Remember an act for thirty days, inside its own unit of work."""
    act = Act(
        action=action,
        object_type=object_type,
        object_id=object_id,
        label=label,
        company_id=company_id,
        deal_id=deal_id,
        payload=json.dumps(payload, ensure_ascii=False),
        actor_id=actor.id if actor else None,
        at=now,
        purge_on=local_date(now) + dt.timedelta(days=KEPT_DAYS),
    )
    db.session.add(act)
    db.session.flush()
    return act


def undoer_of(act: Act) -> Undoer | None:
    """How this act is taken back; the composition root hands the undoers in by action."""
    undoers: dict[str, Undoer] = current_app.extensions.get("undoers", {})
    return undoers.get(act.action)


def undo(act: Act, actor: User, now: dt.datetime) -> None:
    """Take an act back, once. Raises NotYours, or InputError with why it cannot be done."""
    undoer = undoer_of(act)
    if undoer is None or not undoer.may(actor, act):
        raise NotYours
    if act.purge_on <= local_date(now):
        raise InputError("undo.too_late")
    undoer.undo(act, json.loads(act.payload), actor, now)
    db.session.execute(sa.delete(Act).where(Act.id == act.id))
    db.session.expire_all()


def purge(today: dt.date) -> int:
    """Forget the acts that cannot be undone any more; answers how many."""
    result = db.session.execute(sa.delete(Act).where(Act.purge_on <= today))
    return result.rowcount if isinstance(result, sa.CursorResult) else 0
