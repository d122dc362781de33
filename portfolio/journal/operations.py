"""What is done with acts: kept so that they can be undone, undone, and forgotten in time."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from portfolio.audit import queries as audit
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal.models import Act
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.web.formatting import local_dt

KEPT_DAYS = 30


class NotYours(InputError):
    """The person may not take this act back."""

    def __init__(self) -> None:
        super().__init__("undo.refused")


@dataclass(frozen=True)
class Undoer:
    """How acts of one kind are taken back: who may, what is done, and whether it still can be.

    `check` writes nothing and raises InputError when the act cannot be taken back any more; it is
    asked before each `undo`, and by lists that offer one. The act's row goes afterwards. What
    `undo` left as it was it answers with, as the sentence that says so.
    """

    may: Callable[[User, Act], bool]
    undo: Callable[[Act, Any, User, dt.datetime], InputError | None]
    check: Callable[[Act, Any, User], None]


class ChangedBy(images.Changed):
    """Somebody changed the thing since: says who and when."""

    def __init__(self, name: str, at: dt.datetime) -> None:
        InputError.__init__(self, "undo.changed_by", name=name or "—", at=local_dt(at))


@dataclass
class Keeping:
    """An act while it is done: what its undoer needs beside the rows, and the act once kept.

    Without `rows` the rows written are not kept: the undoer knows a better way back.
    """

    said: dict[str, Any] = field(default_factory=dict)
    rows: bool = True
    act: Act | None = None

    @property
    def category(self) -> str:
        """The category of the message about it, which gives the message its undo button."""
        return str(self.act.id) if self.act else "message"


@contextmanager
def keeping(
    action: str,
    object_type: str,
    object_id: int | None,
    actor: User | None,
    now: dt.datetime,
    label: str = "",
    company_id: int | None = None,
    deal_id: int | None = None,
    but: Iterable[str] = (),
) -> Iterator[Keeping]:
    """Keep what is written inside as one act, by row images; nothing written is no act.

    Rows of the tables in `but` are no part of it: what they state is taken back by the undoer.
    """
    kept = Keeping()
    with images.recording() as steps:
        yield kept
    payload = steps.as_payload(but) if kept.rows else []
    if payload or kept.said:
        told = {"steps": payload, **kept.said}
        kept.act = keep(
            action, object_type, object_id, told, actor, now, label, company_id, deal_id
        )


def steps_stand(act: Act, payload: Any, actor: User) -> None:
    """Raise images.Changed when a row of an act is not as the act left it."""
    images.require_unchanged(payload["steps"])


def by_steps(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Put back the rows of an act that `keeping` kept, each under a version of its own."""
    images.put_back(payload["steps"], renumber=True)


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


def undoable_actions() -> set[str]:
    """The actions that somebody has said how to take back."""
    return set(current_app.extensions.get("undoers", {}))


@contextmanager
def _told_by_whom() -> Iterator[None]:
    """A refusal because something was changed names who changed it, where the trail knows."""
    try:
        yield
    except ChangedBy:
        raise
    except images.Changed as changed:
        raise _who_changed(changed) from changed


def _require(act: Act, actor: User, now: dt.datetime) -> Undoer:
    """Raise NotYours, or InputError with why the act cannot be taken back now."""
    undoer = undoer_of(act)
    if undoer is None or not undoer.may(actor, act):
        raise NotYours
    if act.purge_on <= local_date(now):
        raise InputError("undo.too_late")
    with _told_by_whom():
        undoer.check(act, json.loads(act.payload), actor)
    return undoer


def refusal(act: Act, actor: User, now: dt.datetime) -> InputError | None:
    """Why this person cannot take an act back now; None when they can."""
    try:
        _require(act, actor, now)
    except InputError as error:
        return error
    return None


def undo(act: Act, actor: User, now: dt.datetime) -> InputError | None:
    """Take an act back, once; answers with what of it stays, if anything does.

    Raises NotYours, or InputError with why it cannot be done.
    """
    db.session.flush()
    undoer = _require(act, actor, now)
    try:
        with _told_by_whom():
            left = undoer.undo(act, json.loads(act.payload), actor, now)
            db.session.flush()
    except IntegrityError as error:
        raise InputError("undo.collides") from error
    db.session.execute(sa.delete(Act).where(Act.id == act.id))
    db.session.expire_all()
    return left


def _who_changed(changed: images.Changed) -> InputError:
    """The refusal with the person and the moment, where the trail knows of a change."""
    kind = images.kind_of(changed.table)
    last = audit.last_change(kind, changed.row_id) if kind else None
    return ChangedBy(last.actor_name, last.at) if last else changed


def purge_due(now: dt.datetime) -> bool:
    """Whether there is anything to forget: asked often, so it writes nothing."""
    due = sa.select(Act.id).where(Act.purge_on <= local_date(now)).limit(1)
    return db.session.scalar(due) is not None


def purge(today: dt.date) -> int:
    """Forget the acts that cannot be undone any more; answers how many."""
    result = db.session.execute(sa.delete(Act).where(Act.purge_on <= today))
    return result.rowcount if isinstance(result, sa.CursorResult) else 0
