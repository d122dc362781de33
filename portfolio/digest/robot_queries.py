"""Reads of robots: all of them, one, whether an address is known, and what they sent."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from portfolio.digest.models import DigestMessage, DigestRun
from portfolio.digest.robot_models import ChatRobot
from portfolio.extensions import db
from portfolio.people.models import User

MESSAGES_SHOWN = 20


def robots() -> Sequence[ChatRobot]:
    """All robots, those that are on first, by name."""
    query = sa.select(ChatRobot).join(ChatRobot.user).order_by(User.active.desc(), User.name)
    return db.session.scalars(query).all()


def of_account(user_id: int) -> ChatRobot | None:
    """The robot that speaks for an account."""
    return db.session.scalar(sa.select(ChatRobot).where(ChatRobot.user_id == user_id))


def platform_of(user: User) -> str:
    """The platform of the robot that speaks for an account; "" for a person."""
    robot = of_account(user.id) if user.robot else None
    return robot.platform if robot else ""


def with_fingerprint(fingerprint: str) -> ChatRobot | None:
    """The robot whose address this is."""
    return db.session.scalar(sa.select(ChatRobot).where(ChatRobot.fingerprint == fingerprint))


def _messages() -> sa.Select[DigestMessage]:
    return sa.select(DigestMessage).options(
        joinedload(DigestMessage.run).joinedload(DigestRun.schedule), defer(DigestMessage.mime)
    )


def messages_of(robot: ChatRobot) -> Sequence[DigestMessage]:
    """The newest messages of a robot, without what they say."""
    query = _messages().where(DigestMessage.recipient_id == robot.user_id)
    return db.session.scalars(query.order_by(DigestMessage.id.desc()).limit(MESSAGES_SHOWN)).all()


def last_messages(user_ids: Collection[int]) -> dict[int, DigestMessage]:
    """The newest message of each account."""
    newest = (
        sa.select(sa.func.max(DigestMessage.id))
        .where(DigestMessage.recipient_id.in_(list(user_ids)))
        .group_by(DigestMessage.recipient_id)
    )
    rows = db.session.scalars(_messages().where(DigestMessage.id.in_(newest)))
    return {row.recipient_id: row for row in rows}
