"""Rows of people: users, their roles, server-side sessions, log-in failures, password links."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.extensions import Base
from portfolio.people import policy

PERSON, ROBOT = "person", "robot"


class User(Base):
    """A person with an account. `locale` is "zh" or "en", empty until chosen."""

    __tablename__ = "user"
    __audit__ = "user"
    __audit_skip__ = ("password_hash", "version")

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="")
    theme: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=1)
    # "robot" for an account that no person has: it reads for a group chat and cannot log in.
    kind: Mapped[str] = mapped_column(default=PERSON, server_default=PERSON)
    grants: Mapped[list["UserRole"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", lazy="selectin"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def robot(self) -> bool:
        """Whether no person has this account."""
        return self.kind == ROBOT

    @property
    def roles(self) -> frozenset[str]:
        """The keys of the roles held."""
        return frozenset(grant.role for grant in self.grants)

    def may(self, permission: str, relation: policy.Relation | None = None) -> bool:
        """Whether this person may do it, over a deal when the relation to it is given."""
        return self.active and policy.allows(self.roles, permission, relation)

    def scopes(self, permission: str) -> frozenset[str]:
        """In which scopes this person holds the permission."""
        return policy.scopes(self.roles, permission) if self.active else frozenset()


class UserRole(Base):
    """One role of one person."""

    __tablename__ = "user_role"
    __audit__ = "user_role"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    role: Mapped[str]
    user: Mapped[User] = relationship(back_populates="grants")

    __table_args__ = (sa.UniqueConstraint("user_id", "role"),)


class UserSession(Base):
    """A log-in on one device; only the hash of its random id is kept."""

    __tablename__ = "user_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    started_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    ip: Mapped[str] = mapped_column(default="")
    user_agent: Mapped[str] = mapped_column(default="")


class LoginFailure(Base):
    """A failed log-in, counted by account and by address across all processes."""

    __tablename__ = "login_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    at: Mapped[dt.datetime]

    __table_args__ = (sa.Index("ix_login_failure_key_at", "key", "at"),)


class PasswordLink(Base):
    """A one-time link to set a password; only its hash is kept."""

    __tablename__ = "password_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
