"""Rows of tags: the claim that a company develops a technology, from when until when."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base
from portfolio.kernel.titles import TitledEnum


class TagState(TitledEnum):
    """What became of a suggestion."""

    SUGGESTED = "suggested", "建议", "Suggested"
    CONFIRMED = "confirmed", "已确认", "Confirmed"
    REJECTED = "rejected", "已否定", "Rejected"


class Evidence(TitledEnum):
    """The evidence ladder: claimed below E2, verified from E3."""

    E0 = "E0", "企业自称", "The company's claim"
    E1 = "E1", "公开报道或专家意见", "Public article or expert opinion"
    E2 = "E2", "第三方检测或专利分析", "Third-party test or patent analysis"
    E3 = "E3", "下游用户验证", "Validation by a downstream user"
    E4 = "E4", "重复订单或官方清单", "Repeat orders or an official list"


CURRENT = sa.text("superseded_at IS NULL")


class Tag(Base):
    """One statement about one technology of one company; a change is a new row.

    `words` are the words a suggestion rests on, `text_hash` names the text they stand in: a
    rejected suggestion does not come back before the text changes.
    """

    __tablename__ = "chokepoint_tag"
    __audit__ = "chokepoint_tag"
    __audit_enums__ = {"state": TagState, "level": Evidence}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    technology: Mapped[str]
    state: Mapped[str]
    level: Mapped[str] = mapped_column(default=Evidence.E0.value)
    evidence: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    confidence_micro: Mapped[int | None]
    text_hash: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_chokepoint_tag_current",
            "company_id",
            "technology",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        sa.Index("ix_chokepoint_tag_technology", "technology", "state", "company_id"),
    )
