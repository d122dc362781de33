"""Rows of readiness: what a pre-assessment said, from when until when, and what was supposed."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base

CURRENT = sa.text("superseded_at IS NULL")


class Assessment(Base):
    """One company under one target; a new row only when the outcome changed.

    `outcome` is JSON: the status, value, threshold and gap of each clause, as computed then.
    `distance` repeats in one number how far it is from being met (`nearness.distance`); None until
    the first refresh after an upgrade.
    """

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    target: Mapped[str]
    book: Mapped[str]
    status: Mapped[str]
    outcome: Mapped[str]
    distance: Mapped[int | None] = mapped_column(sa.BigInteger)
    as_of: Mapped[dt.date]
    computed_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_assessment_current",
            "company_id",
            "target",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        sa.Index(
            "ix_assessment_nearest",
            "target",
            "distance",
            "company_id",
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        sa.Index("ix_assessment_target_status", "target", "status", "company_id"),
    )


class Scenario(Base):
    """Figures of a company changed in thought, and how they are assumed to go on, by name.

    `changes` and `growth` are JSON: texts exactly as typed, by the names of `whatif.Key` and
    `courses.name_of`. No figure is read from here.
    """

    __tablename__ = "readiness_scenario"
    __audit__ = "scenario"
    __audit_skip__ = ("version", "updated_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    name: Mapped[str]
    changes: Mapped[str]
    growth: Mapped[str]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (sa.UniqueConstraint("company_id", "name"),)
    __mapper_args__ = {"version_id_col": version}
