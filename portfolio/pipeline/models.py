"""Rows of deals: pipelines with their version, vehicles, deals, stage events, terms, holdings."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.companies.models import Company, DocumentVersion, Round
from portfolio.extensions import Base
from portfolio.kernel.titles import TitledEnum
from portfolio.people.models import User
from portfolio.pipeline.kinds import MoveKind as MoveKind
from portfolio.pipeline.kinds import Status as Status

CURRENT = sa.text("superseded_at IS NULL")
IN_FORCE = sa.text("current")
DELETED = sa.text("deleted_at IS NOT NULL")


class GrantKind(TitledEnum):
    """Why one person stands in a special relation to one deal."""

    AGENDA = "agenda", "上会", "On the agenda"
    RECUSED = "recused", "回避", "Recused"
    OPENED = "opened", "应急查阅", "Break-glass"


class VehicleKind(TitledEnum):
    """What invests."""

    MOTHER = "mother", "母基金", "Mother fund"
    SUBFUND = "subfund", "子基金", "Sub-fund"


KINDS = {kind.value: kind for kind in VehicleKind}


class PipelineVersion(Base):
    """One version of a pipeline; `definition` is its JSON. Deals keep the version they are in.

    Versions that came with the house have no `published_at`; who published the others stands in
    `published_by_id`.
    """

    __tablename__ = "pipeline_version"
    __audit__ = "pipeline_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    version: Mapped[int]
    definition: Mapped[str]
    current: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[dt.datetime | None]
    published_by_id: Mapped[int | None]

    __table_args__ = (
        sa.UniqueConstraint("key", "version"),
        sa.Index(
            "uq_pipeline_version_current",
            "key",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )


class Vehicle(Base):
    """The mother fund or a sub-fund: what invests, and what is committed to."""

    __tablename__ = "vehicle"
    __audit__ = "vehicle"
    __audit_enums__ = {"kind": VehicleKind}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name_zh: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str] = mapped_column(default="")
    manager_name: Mapped[str] = mapped_column(default="")
    size_fen: Mapped[int | None] = mapped_column(sa.BigInteger)

    @property
    def zh(self) -> str:
        """The Chinese title."""
        return self.name_zh

    @property
    def en(self) -> str:
        """The English title, the Chinese one where there is none."""
        return self.name_en or self.name_zh


BOARD = ("pipeline_id", "status", "stage", "stage_entered_at", "id")
SUMS = ("pipeline_id", "status", "walled", "stage")
SEEN = ("walled", "deleted_at")
OWNED = ("owner_id", "status", "stage_entered_at", "id")
# A deal or a holding is of a company or of a sub-fund; of neither while its company is deleted.
AT_MOST_ONE_TARGET = "company_id IS NULL OR target_vehicle_id IS NULL"


def post_money(pre_money_fen: int | None, round_size_fen: int | None) -> int | None:
    """In fen; unknown unless both are known."""
    if pre_money_fen is None or round_size_fen is None:
        return None
    return pre_money_fen + round_size_fen


class Deal(Base):
    """One possible investment by one vehicle in one company in one round, or one commitment to
    a sub-fund (`target_vehicle_id`); of neither when its company was deleted by somebody who could
    not know of it (`DealDetachment`). Stage and status are two columns: a rejected deal keeps the
    stage in which it was rejected. The terms repeat the newest row of `DealTerms`. A deal with
    `deleted_at` is hidden from everybody; its events are never rewritten, so it stays a row.
    """

    __tablename__ = "deal"
    __audit__ = "deal"
    __audit_skip__ = ("version", "updated_at")
    __audit_terms__ = ("round_size_fen", "amount_fen", "pre_money_fen", "lead_investor")
    __audit_enums__ = {"status": Status, "round": Round}

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    target_vehicle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("vehicle.id"))
    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("vehicle.id"))
    pipeline_id: Mapped[int] = mapped_column(sa.ForeignKey("pipeline_version.id"))
    stage: Mapped[str]
    status: Mapped[str] = mapped_column(default=Status.ACTIVE.value)
    stage_entered_at: Mapped[dt.datetime]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    walled: Mapped[bool] = mapped_column(default=False)
    co_investment: Mapped[bool] = mapped_column(default=False)
    round: Mapped[str] = mapped_column(default="")
    round_size_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    amount_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    pre_money_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    lead_investor: Mapped[str] = mapped_column(default="")
    trl: Mapped[int | None]
    risks: Mapped[str] = mapped_column(default="")
    pre_review: Mapped[str] = mapped_column(default="")
    next_step: Mapped[str] = mapped_column(default="")
    next_step_on: Mapped[dt.date | None]
    revisit_on: Mapped[dt.date | None]
    withdrawn_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    deleted_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    company: Mapped[Company | None] = relationship(lazy="raise_on_sql")
    owner: Mapped[User] = relationship(lazy="raise_on_sql")
    pipeline: Mapped[PipelineVersion] = relationship(lazy="raise_on_sql")
    vehicle: Mapped[Vehicle] = relationship(foreign_keys=[vehicle_id], lazy="raise_on_sql")
    target_vehicle: Mapped[Vehicle | None] = relationship(
        foreign_keys=[target_vehicle_id], lazy="raise_on_sql"
    )
    members: Mapped[list["DealMember"]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        # A column of the board in its order, and its counts and sums, read from the index alone.
        # Each ends with what says that a deal was deleted.
        sa.Index("ix_deal_board", *BOARD, "walled", "deleted_at"),
        sa.Index("ix_deal_sums", *SUMS, "amount_fen", "deleted_at"),
        # What lists filter by.
        sa.Index("ix_deal_stage", "stage", "status", "walled", "deleted_at"),
        sa.Index("ix_deal_owner", *OWNED, "walled", "deleted_at"),
        sa.Index("ix_deal_walled", "walled", "id", "deleted_at"),
        # What is in the bin, which is little.
        sa.Index(
            "ix_deal_deleted",
            "deleted_at",
            sqlite_where=DELETED,
            postgresql_where=DELETED,
        ),
        # What the clock looks for.
        sa.Index("ix_deal_revisit_on", "revisit_on", "id"),
        # What lists are sorted by, with what says who may see a deal: a page far down a list passes
        # by thousands of rows without reading one.
        sa.Index("ix_deal_updated_at", "updated_at", "id", *SEEN),
        sa.Index("ix_deal_name", "name", "id", *SEEN),
        sa.Index("ix_deal_amount", "amount_fen", "id", *SEEN),
        sa.Index("ix_deal_entered", "stage_entered_at", "id", *SEEN),
        sa.Index("ix_deal_created_at", "created_at", "id", *SEEN),
        sa.CheckConstraint(AT_MOST_ONE_TARGET, name="at_most_one_target"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def post_money_fen(self) -> int | None:
        """Pre-money plus the whole round (not our part of it), when both are known."""
        return post_money(self.pre_money_fen, self.round_size_fen)


class DealDetachment(Base):
    """That a confidential deal lost its company, which was deleted by somebody from whom the deal is
    hidden. The company is named as it was called; its number finds it again when it is restored.
    `tasks` is JSON: the numbers of the tasks that tell the team."""

    __tablename__ = "deal_detachment"
    __audit__ = "deal_detachment"
    __audit_skip__ = ("tasks",)

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"), unique=True)
    # Not called company_id: the trail would tell of it under the company, to those who deleted it.
    former_number: Mapped[int] = mapped_column(index=True)
    former_name: Mapped[str]
    tasks: Mapped[str]
    detached_at: Mapped[dt.datetime]


class DealMember(Base):
    """A person on the deal's team; the owner always is."""

    __tablename__ = "deal_member"
    __audit__ = "deal_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))

    __table_args__ = (
        sa.UniqueConstraint("deal_id", "user_id"),
        sa.Index("ix_deal_member_user_id_deal_id", "user_id", "deal_id"),
    )


class DealGrant(Base):
    """A special relation of one person to one deal: on their agenda, recused, or opened."""

    __tablename__ = "deal_grant"
    __audit__ = "deal_grant"
    __audit_enums__ = {"kind": GrantKind}

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    kind: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    granted_at: Mapped[dt.datetime]
    until: Mapped[dt.datetime | None]

    __table_args__ = (sa.UniqueConstraint("user_id", "kind", "deal_id"),)


class StageEvent(Base):
    """One change of stage or status. Never rewritten; the deal's columns repeat the newest.

    An event that takes another one back names it in `undoes_id`: together they did not happen.
    """

    __tablename__ = "stage_event"
    __audit__ = "stage_event"
    __audit_enums__ = {"kind": MoveKind, "from_status": Status, "to_status": Status}

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"))
    kind: Mapped[str]
    from_stage: Mapped[str | None]
    to_stage: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    happened_at: Mapped[dt.datetime] = mapped_column(index=True)
    recorded_at: Mapped[dt.datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    reason_code: Mapped[str] = mapped_column(default="")
    # Codes beside the main one, as a JSON list; "" for none.
    other_reasons: Mapped[str] = mapped_column(default="", server_default="")
    note: Mapped[str] = mapped_column(default="")
    revisit_on: Mapped[dt.date | None]
    # The conditions left open when a partner moved on or skipped, as JSON; "" for other moves.
    overridden: Mapped[str] = mapped_column(default="")
    # What was new when a rejected deal was reopened.
    evidence: Mapped[str] = mapped_column(default="")
    evidence_version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document_version.id"))
    undoes_id: Mapped[int | None]

    __table_args__ = (
        sa.Index("ix_stage_event_deal_id_id", "deal_id", "id"),
        sa.Index("ix_stage_event_recorded_at", "recorded_at"),
        sa.Index("ix_stage_event_undoes_id", "undoes_id", unique=True),
    )


class DealCheck(Base):
    """What was said of one item of a checklist; a change is a new row, the old one is superseded.

    `recorded_by_id` says so; another person who checked it stands in `verified_by_id`.
    """

    __tablename__ = "deal_check"
    __audit__ = "deal_check"
    __audit_terms_of_deal__ = ("note", "link")

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"))
    item: Mapped[str]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    link: Mapped[str] = mapped_column(default="")
    document_version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("document_version.id"))
    verified_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    verified_at: Mapped[dt.datetime | None]
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]

    document_version: Mapped[DocumentVersion | None] = relationship(lazy="raise_on_sql")

    __table_args__ = (
        sa.Index(
            "uq_deal_check_current",
            "deal_id",
            "item",
            unique=True,
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        sa.Index("ix_deal_check_deal_id", "deal_id", "id"),
    )


class DealTerms(Base):
    """The terms of a deal as stated at a time; appended, the newest is current."""

    __tablename__ = "deal_terms"
    __audit__ = "deal_terms"
    __audit_enums__ = {"round": Round}
    __audit_terms__ = ("round_size_fen", "amount_fen", "pre_money_fen", "lead_investor")

    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    round: Mapped[str] = mapped_column(default="")
    round_size_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    amount_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    pre_money_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    lead_investor: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class Holding(Base):
    """What a vehicle owns of a company or sub-fund after closing, as stated at a time.

    `stake_micro` is its part in millionths of a percent.
    """

    __tablename__ = "holding"
    __audit__ = "holding"
    __audit_terms__ = ("cost_fen", "value_fen", "stake_micro")

    id: Mapped[int] = mapped_column(primary_key=True)
    vehicle_id: Mapped[int] = mapped_column(sa.ForeignKey("vehicle.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    target_vehicle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("vehicle.id"))
    deal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    acquired_on: Mapped[dt.date | None]
    cost_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    value_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    stake_micro: Mapped[int | None] = mapped_column(sa.BigInteger)
    as_of: Mapped[dt.date | None]
    source: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]

    __table_args__ = (sa.CheckConstraint(AT_MOST_ONE_TARGET, name="at_most_one_target"),)
