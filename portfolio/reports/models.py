"""Rows of reports: batches of papers that are made one after the other."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base
from portfolio.kernel.titles import TitledEnum


class PaperState(TitledEnum):
    """How far one paper is."""

    WAITING = "waiting", "等待中", "Waiting"
    MAKING = "making", "生成中", "Being made"
    MADE = "made", "已生成", "Made"
    HIDDEN = "hidden", "已无权导出", "May not be taken any more"
    FAILED = "failed", "未能生成", "Could not be made"


ENDED = frozenset(state.value for state in (PaperState.MADE, PaperState.HIDDEN, PaperState.FAILED))


class ReportBatch(Base):
    """Reports of one kind that somebody asked for, in one language, by the rules of one day."""

    __tablename__ = "report_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    language: Mapped[str]
    day: Mapped[dt.date]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    created_at: Mapped[dt.datetime]


class ReportPaper(Base):
    """One paper of a batch. Its company is named and not referred to: it may be deleted or merged
    while the paper stays."""

    __tablename__ = "report_paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("report_batch.id"), index=True)
    company_id: Mapped[int]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=PaperState.WAITING.value)
    lease_until: Mapped[dt.datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)

    __table_args__ = (sa.Index("ix_report_paper_state", "state", "lease_until"),)
