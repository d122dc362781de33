"""Reads of people: by address, by session, and who may be chosen."""

import datetime as dt
from collections.abc import Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.extensions import UtcDateTime, db, remembered
from portfolio.people import policy
from portfolio.people.models import PERSON, LoginFailure, PasswordLink, User, UserRole, UserSession


def by_email(address: str) -> User | None:
    """The account with this address (lower case)."""
    return db.session.scalar(sa.select(User).where(User.email == address))


def can_log_in() -> sa.ColumnElement[bool]:
    """The condition that an account is open and a person's."""
    return sa.and_(User.active, User.kind == PERSON)


def active_names() -> dict[int, str]:
    """Everyone who can log in: id and name, by name."""
    rows = db.session.execute(
        sa.select(User.id, User.name).where(can_log_in()).order_by(User.name, User.id)
    )
    return {row.id: row.name for row in rows}


def names() -> dict[int, str]:
    """Everybody who ever had an account: id and name, by name."""
    rows = db.session.execute(sa.select(User.id, User.name).order_by(User.name, User.id))
    return {row.id: row.name for row in rows}


def active_names_with(permission: str) -> dict[int, str]:
    """Those who can log in and hold the permission in any scope: id and name, by name."""
    roles = [role.key for role in policy.ROLES.values() if permission in role.permissions]
    holders = sa.select(UserRole.user_id).where(UserRole.role.in_(roles))
    rows = db.session.execute(
        sa.select(User.id, User.name)
        .where(can_log_in(), User.id.in_(holders))
        .order_by(User.name, User.id)
    )
    return {row.id: row.name for row in rows}


def names_of(ids: set[int]) -> dict[int, str]:
    """Names by id, for the ids on a page."""
    known: dict[int, str] = remembered("people.names", dict)  # parts of a page ask for the same
    if unknown := ids - known.keys():
        rows = db.session.execute(sa.select(User.id, User.name).where(User.id.in_(unknown)))
        known.update({row.id: row.name for row in rows})
    return {id: known[id] for id in ids if id in known}


def failures(key: str, since: dt.datetime) -> tuple[int, dt.datetime | None]:
    """How many failed log-ins of this key since then, and the latest."""
    row = db.session.execute(
        sa.select(sa.func.count(), sa.func.max(LoginFailure.at)).where(
            LoginFailure.key == key, LoginFailure.at > since
        )
    ).one()
    return row[0], row[1]


def usable_link(token_hash: str, now: dt.datetime) -> PasswordLink | None:
    """The one-time link, unless it is unknown, used or expired."""
    link = db.session.get(PasswordLink, token_hash)
    return link if link and link.used_at is None and link.expires_at > now else None


def live_session(
    token_hash: str, now: dt.datetime, idle: dt.timedelta, longest: dt.timedelta
) -> tuple[User, UserSession] | None:
    """The person and the session behind a cookie, unless it has ended."""
    asked = {"token_hash": token_hash, "idle_since": now - idle, "begun": now - longest}
    row = db.session.execute(_live_session(), asked).unique().first()
    return (row[0], row[1]) if row else None


@cache  # asked on every page: built once, and one query with the person's grants, not two
def _live_session() -> sa.Select[User, UserSession]:
    idle_since = sa.bindparam("idle_since", type_=UtcDateTime())
    begun = sa.bindparam("begun", type_=UtcDateTime())
    return (
        sa.select(User, UserSession)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == sa.bindparam("token_hash"),
            sa.not_(_ended(idle_since, begun)),
            User.active,
        )
        .options(joinedload(User.grants))
    )


def anything_ended(now: dt.datetime, idle: dt.timedelta, longest: dt.timedelta) -> bool:
    """Whether any session has ended or any one-time link is spent: asked often, so it only reads."""
    ended = sa.select(UserSession.token_hash).where(session_ended(now, idle, longest))
    spent = sa.select(PasswordLink.token_hash).where(link_spent(now))
    return db.session.scalar(sa.select(sa.or_(ended.exists(), spent.exists()))) or False


def session_ended(
    now: dt.datetime, idle: dt.timedelta, longest: dt.timedelta
) -> sa.ColumnElement[bool]:
    """The condition that a session can be used no more."""
    return _ended(now - idle, now - longest)


def _ended(idle_since: Any, begun: Any) -> sa.ColumnElement[bool]:
    return sa.or_(UserSession.seen_at <= idle_since, UserSession.started_at <= begun)


def link_spent(now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition that a one-time link can be used no more."""
    return sa.or_(PasswordLink.used_at.is_not(None), PasswordLink.expires_at <= now)


def everybody() -> Sequence[User]:
    """The accounts of people, open ones first, by name."""
    query = sa.select(User).where(User.kind == PERSON)
    return db.session.scalars(query.order_by(User.active.desc(), User.name)).all()


def sessions_of(user: User) -> Sequence[UserSession]:
    """A person's sessions, the latest first."""
    return db.session.scalars(
        sa.select(UserSession)
        .where(UserSession.user_id == user.id)
        .order_by(UserSession.seen_at.desc())
    ).all()


def others_with(role: str, but: User) -> bool:
    """Whether anybody else with an open account holds this role."""
    found = (
        sa.select(UserRole.id)
        .join(User)
        .where(UserRole.role == role, can_log_in(), User.id != but.id)
    )
    return db.session.scalar(sa.select(found.exists())) or False
