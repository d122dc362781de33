"""Rows of readiness: how each company stands under each target, what led there, and what was
supposed."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base

CURRENT = sa.text("superseded_at IS NULL")
ONE_AWAY = sa.text("open_tests = 1")


class ReadinessState(Base):
    """One company under all targets; a new row only when an outcome changed.

    `outcomes` is JSON: the fields of `stored.Stored` for each target that applied, `mark` a short
    mark of them. `verdicts` has a letter for each target of the plan of that version
    (`stored.STANDS`). What it was assessed by are the figures and the region that were known at
    `computed_at`, of which `inputs` is a mark, under the rulebooks of the day `as_of`. `latest_year`
    alone goes with the figures though no outcome changes.
    """

    __tablename__ = "readiness_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    plan: Mapped[int]
    verdicts: Mapped[str]
    outcomes: Mapped[str]
    mark: Mapped[str]
    region: Mapped[str | None]
    latest_year: Mapped[int | None]
    inputs: Mapped[str]
    as_of: Mapped[dt.date]
    computed_at: Mapped[dt.datetime]
    superseded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_readiness_state_current",
            "company_id",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        sa.Index("ix_readiness_state_company", "company_id", "computed_at"),
        sa.Index("ix_readiness_state_computed", "computed_at", "company_id"),
        # Who lacks an input is asked of all companies: their rows are wide, this is not.
        sa.Index(
            "ix_readiness_state_year",
            "company_id",
            "latest_year",
            "superseded_at",
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
    )


class Assessment(Base):
    """How one company stands under one target now, to filter and sort by; it repeats a part of the
    company's current state."""

    __tablename__ = "assessment"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    target: Mapped[str]
    status: Mapped[str]
    open_tests: Mapped[int]
    distance: Mapped[int] = mapped_column(sa.BigInteger)

    __table_args__ = (
        sa.Index("uq_assessment_company_target", "company_id", "target", unique=True),
        sa.Index("ix_assessment_nearest", "target", "distance", "status", "company_id"),
        sa.Index("ix_assessment_status", "target", "status", "distance", "company_id"),
        sa.Index(
            "ix_assessment_near",
            "distance",
            "company_id",
            "target",
            sqlite_where=ONE_AWAY,
            postgresql_where=ONE_AWAY,
        ),
    )


class ReadinessOwed(Base):
    """A company whose outcomes are still to be stored: figures of very many were stated at once.

    One that is owed twice is settled once.
    """

    __tablename__ = "readiness_owed"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))

    __table_args__ = (sa.Index("ix_readiness_owed_company_id", "company_id"),)


class ReadinessRun(Base):
    """When the library was looked through, by the plan of which version: what a day changes by
    itself is stored up to that day."""

    __tablename__ = "readiness_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date]
    plan: Mapped[int]
    ended_at: Mapped[dt.datetime]
    companies: Mapped[int]
    changed: Mapped[int]


class Foresight(Base):
    """What is foreseen of a `successions.Succession`, named by its key: by what was known at `known_at`
    and by the rules that have the mark `rules`. Without `known_at` it was asked for and is not
    computed yet, and what is stored of it is not whole.

    `newest_figure` is the number of the latest figure that was looked at.
    """

    __tablename__ = "foresight"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    rules: Mapped[str] = mapped_column(default="")
    known_at: Mapped[dt.datetime | None]
    newest_figure: Mapped[int] = mapped_column(default=0)


class ForeseenOutcome(Base):
    """One company that will stand otherwise under one target. Its company is named and not referred
    to: what is foreseen follows from other rows and holds none of them back.

    `before` and `after` are JSON, the fields of `stored.Stored`; empty where no rulebook applies.
    """

    __tablename__ = "foreseen_outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    foresight_id: Mapped[int] = mapped_column(sa.ForeignKey("foresight.id"))
    company_id: Mapped[int]
    target: Mapped[str]
    effect: Mapped[str]
    unverified: Mapped[bool]
    before: Mapped[str]
    after: Mapped[str]

    __table_args__ = (
        sa.UniqueConstraint("foresight_id", "company_id", "target"),
        sa.Index("ix_foreseen_outcome_shown", "foresight_id", "effect", "target", "company_id"),
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

    __table_args__ = (
        sa.UniqueConstraint("company_id", "name"),
        {"sqlite_autoincrement": True},
    )
    __mapper_args__ = {"version_id_col": version}
