"""Reads of batches of reports."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.people.models import User
from portfolio.reports.kinds import kept_for
from portfolio.reports.models import PaperState, ReportBatch, ReportPaper

MOST_LISTED = 20


def recent(user: User) -> Sequence[ReportBatch]:
    """A person's own batches, the newest first."""
    own = sa.select(ReportBatch).where(ReportBatch.created_by_id == user.id)
    return db.session.scalars(own.order_by(ReportBatch.id.desc()).limit(MOST_LISTED)).all()


def own_batch(user: User, batch_id: int) -> ReportBatch | None:
    """A batch, unless it is somebody else's."""
    batch = db.session.get(ReportBatch, batch_id)
    return batch if batch is not None and batch.created_by_id == user.id else None


def papers(batch_id: int) -> Sequence[ReportPaper]:
    """The papers of a batch, in their order."""
    query = sa.select(ReportPaper).where(ReportPaper.batch_id == batch_id)
    return db.session.scalars(query.order_by(ReportPaper.id)).all()


def counted(batch_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """How many papers stand how, by batch and state."""
    query = (
        sa.select(ReportPaper.batch_id, ReportPaper.state, sa.func.count())
        .where(ReportPaper.batch_id.in_(batch_ids))
        .group_by(ReportPaper.batch_id, ReportPaper.state)
    )
    return {(batch, state): count for batch, state, count in db.session.execute(query)}


def free(now: dt.datetime) -> sa.ColumnElement[bool]:
    """Papers that wait, or whose maker is gone."""
    return sa.or_(
        ReportPaper.state == PaperState.WAITING.value,
        sa.and_(ReportPaper.state == PaperState.MAKING.value, ReportPaper.lease_until < now),
    )


def waiting(now: dt.datetime) -> bool:
    """Whether a paper should be made."""
    return db.session.scalar(sa.select(ReportPaper.id).where(free(now)).limit(1)) is not None


def forgotten(now: dt.datetime) -> Sequence[ReportBatch]:
    """The batches that were kept long enough."""
    old = sa.select(ReportBatch).where(ReportBatch.created_at <= now - kept_for())
    return db.session.scalars(old.order_by(ReportBatch.id)).all()
