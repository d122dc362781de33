"""Rows of robots: the webhook of a group chat, kept beside the account that it speaks for."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.extensions import Base
from portfolio.people.models import User


class ChatRobot(Base):
    """A robot of a group chat. What it tells is what its account's role may see.

    Token and secret are sealed; pages and the trail know their last four characters. The
    fingerprint finds an address that was entered before.
    """

    __tablename__ = "chat_robot"
    __audit__ = "chat_robot"
    __audit_skip__ = ("token_sealed", "secret_sealed", "fingerprint", "version")

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), unique=True)
    platform: Mapped[str]
    host: Mapped[str]
    token_sealed: Mapped[str]
    token_end: Mapped[str]
    secret_sealed: Mapped[str] = mapped_column(default="")
    secret_end: Mapped[str] = mapped_column(default="")
    fingerprint: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)

    __mapper_args__ = {"version_id_col": version}
