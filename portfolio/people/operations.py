"""What people do with accounts: log in and out, get roles, set a password."""

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from email_validator import EmailNotValidError, validate_email

from portfolio.extensions import db, note_event, serialise
from portfolio.kernel.errors import InputError
from portfolio.people import passwords, policy, queries
from portfolio.people.models import (
    ROBOT,
    LoginFailure,
    PasswordLink,
    User,
    UserRole,
    UserSession,
)

ADMIN = "admin"
# No mail can ever go to a name under this (RFC 2606), and nobody can own one.
ROBOT_DOMAIN = "robots.invalid"
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
LINK_LIFE = dt.timedelta(hours=24)  # a first password may wait for the next morning
# Verified when the account does not exist, so that both answers take the same time.
NOBODY = HASHER.hash(secrets.token_hex(16))


class Throttled(InputError):
    """Too many failures: `seconds` says how long to wait."""

    def __init__(self, wait: dt.timedelta) -> None:
        super().__init__("login.throttled", minutes=max(1, round(wait.total_seconds() / 60)))


def hashed(token: str) -> str:
    """The form in which a random token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def create_user(
    email: str, name: str, roles: Iterable[str], now: dt.datetime, password: str | None = None
) -> User:
    """Open an account. Raises InputError on a bad address, a known one or an unknown role."""
    try:
        # Many mail servers take no address whose own part is not ASCII.
        found = validate_email(email, check_deliverability=False, allow_smtputf8=False)
        address = found.normalized.lower()
    except EmailNotValidError as error:
        raise InputError("email.malformed", value=email) from error
    unknown = [role for role in roles if role not in policy.ROLES]
    if unknown:
        raise InputError("role.unknown", value=unknown[0])
    if queries.by_email(address):
        raise InputError("email.taken", value=address)
    user = User(email=address, name=name.strip(), created_at=now)
    user.grants = [UserRole(role=role) for role in dict.fromkeys(roles)]
    if password is not None:
        set_password(user, password)
    db.session.add(user)
    db.session.flush()
    return user


def create_robot(name: str, role: str, now: dt.datetime) -> User:
    """Open an account that no person has: it sees what its role may, and cannot log in."""
    user = User(
        email=f"{secrets.token_hex(6)}@{ROBOT_DOMAIN}",
        name=name.strip(),
        kind=ROBOT,
        created_at=now,
        active=True,
        grants=[UserRole(role=role)],
    )
    db.session.add(user)
    db.session.flush()
    return user


def set_password(user: User, password: str) -> None:
    """Replace the password and end every session of this person."""
    passwords.check_password(password, user.email)
    user.password_hash = HASHER.hash(password)
    if user.id:
        note_event("password.set", "user", user.id, {"name": user.name})
        end_sessions(user)


def password_link(user: User, now: dt.datetime) -> str:
    """A fresh one-time token for the page that sets the password; older ones end."""
    db.session.execute(sa.delete(PasswordLink).where(PasswordLink.user_id == user.id))
    note_event("user.link", "user", user.id, {"name": user.name})
    token = secrets.token_urlsafe(32)
    db.session.add(
        PasswordLink(token_hash=hashed(token), user_id=user.id, expires_at=now + LINK_LIFE)
    )
    return token


def use_password_link(token: str, password: str, now: dt.datetime) -> User:
    """Set the password through a link. Raises InputError `link.invalid` when it is spent."""
    link = queries.usable_link(hashed(token), now)
    if link is None:
        raise InputError("link.invalid")
    user = db.session.get_one(User, link.user_id)
    set_password(user, password)
    link.used_at = now
    return user


def log_in(email: str, password: str, ip: str, agent: str, now: dt.datetime) -> str | None:
    """Check the password; answer a new session's token, or None when it is wrong.

    Failures are counted in the database by account and by address, so that the limit holds
    across processes. Raises Throttled when the next try comes too soon.
    """
    address = email.strip().lower()
    keys = (f"account:{address}|{ip}", f"account:{address}", f"ip:{ip}")
    serialise(*keys[1:])  # guesses sent at once are counted one after another
    _refuse_when_throttled(keys, now)
    user = queries.by_email(address)
    able = user is not None and user.active and not user.robot
    stored = (able and user and user.password_hash) or NOBODY
    if not _matches(stored, password) or stored is NOBODY or user is None:
        db.session.execute(sa.delete(LoginFailure).where(LoginFailure.at < now - passwords.WINDOW))
        db.session.add_all(LoginFailure(key=key, at=now) for key in keys)
        # The address as it was typed is not kept: people type passwords there.
        note_event("session.refused", "user", user.id if user else None, {})
        return None
    db.session.execute(sa.delete(LoginFailure).where(LoginFailure.key == keys[0]))
    note_event("session.log_in", "user", user.id, {"name": user.name}, by=user)
    if HASHER.check_needs_rehash(stored):
        user.password_hash = HASHER.hash(password)
    return start_session(user, ip, agent, now)


def _refuse_when_throttled(keys: tuple[str, str, str], now: dt.datetime) -> None:
    # A stranger's guesses should not lock the owner out: the pair of account and address has the
    # strict limit, the account as a whole a wider one, an office's shared address the widest.
    for key, divisor in zip(keys, (1, 3, 20), strict=True):
        failures, latest = queries.failures(key, now - passwords.WINDOW)
        if latest is None:
            continue
        wait = latest + passwords.wait_after(failures // divisor) - now
        if wait > dt.timedelta(0):
            raise Throttled(wait)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def start_session(user: User, ip: str, agent: str, now: dt.datetime) -> str:
    """Open a server-side session; the token goes to the cookie, its hash to the table."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=hashed(token),
            user_id=user.id,
            started_at=now,
            seen_at=now,
            ip=ip,
            user_agent=agent[:200],
        )
    )
    return token


def end_session(token: str) -> None:
    """Log out."""
    db.session.execute(sa.delete(UserSession).where(UserSession.token_hash == hashed(token)))


def end_sessions(user: User, but: str = "") -> None:
    """End every session of a person, but the one with this hash."""
    note_event("session.end", "user", user.id, {"name": user.name})
    db.session.execute(
        sa.delete(UserSession).where(UserSession.user_id == user.id, UserSession.token_hash != but)
    )


def forget_ended(now: dt.datetime, idle: dt.timedelta, longest: dt.timedelta) -> None:
    """Let go of sessions that have ended and of one-time links that are spent."""
    ended = queries.session_ended(now, idle, longest)
    db.session.execute(sa.delete(UserSession).where(ended))
    db.session.execute(sa.delete(PasswordLink).where(queries.link_spent(now)))


def set_roles(user: User, roles: Iterable[str]) -> None:
    """Give a person exactly these roles; their sessions end.

    Raises InputError `role.unknown`, or `admin.last` when nobody would be left to give roles.
    """
    wanted = list(dict.fromkeys(roles))
    unknown = [role for role in wanted if role not in policy.ROLES]
    if unknown:
        raise InputError("role.unknown", value=unknown[0])
    if ADMIN not in wanted:
        _keep_an_administrator(user)
    user.grants = [grant for grant in user.grants if grant.role in wanted] + [
        UserRole(role=role) for role in wanted if role not in user.roles
    ]
    end_sessions(user)


def _keep_an_administrator(but: User) -> None:
    if ADMIN in but.roles and not queries.others_with(ADMIN, but):
        raise InputError("admin.last")


def enable(user: User, now: dt.datetime) -> str:
    """Open a closed account again, with the roles it had; answers the one-time token with which its
    person sets a new password: nobody comes back with the old one."""
    user.active = True
    user.password_hash = None
    return password_link(user, now)


def disable(user: User) -> None:
    """Close an account; its sessions end at once. Raises InputError `admin.last`."""
    _keep_an_administrator(user)
    user.active = False
    end_sessions(user)
