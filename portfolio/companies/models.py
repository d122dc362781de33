"""Rows of companies: names, codes, people, figures, rounds, documents, activities and tasks."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.extensions import Base
from portfolio.kernel.records import ActivityKind, LeadSource, PaperKind
from portfolio.kernel.titles import TitledEnum


class NameKind(TitledEnum):
    """Names besides the present full one."""

    FORMER = "former", "曾用名", "Former name"
    ALIAS = "alias", "别名", "Also known as"


class Round(TitledEnum):
    """Financing rounds."""

    SEED = "seed", "种子", "Seed"
    ANGEL = "angel", "天使", "Angel"
    PRE_A = "pre_a", "Pre-A", "Pre-A"
    A = "a", "A", "A"
    A_PLUS = "a_plus", "A+", "A+"
    B = "b", "B", "B"
    C = "c", "C", "C"
    LATER = "later", "C轮以后", "Later"


class Company(Base):
    """A start-up, identified by its credit code when known. Never a deal: it may have many.

    `region_code` is a six-digit administrative code (370212); `place` is text for people.
    `latest_revenue_fen` repeats the newest current revenue, so that lists sort by it.
    """

    __tablename__ = "company"
    __audit__ = "company"
    __audit_enums__ = {"lead_source": LeadSource}
    __audit_skip__ = ("version", "updated_at", "latest_revenue_fen", "latest_revenue_year")

    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str] = mapped_column(index=True)
    name_en: Mapped[str] = mapped_column(default="")
    short_name: Mapped[str] = mapped_column(default="")
    uscc: Mapped[str | None] = mapped_column(unique=True)
    uscc_missing_reason: Mapped[str] = mapped_column(default="")
    region_code: Mapped[str] = mapped_column(default="", index=True)
    place: Mapped[str] = mapped_column(default="", index=True)
    industry: Mapped[str] = mapped_column(default="", index=True)
    founded_on: Mapped[dt.date | None] = mapped_column(index=True)
    website: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    products: Mapped[str] = mapped_column(default="", server_default="")
    lead_source: Mapped[str] = mapped_column(default="")
    lead_source_note: Mapped[str] = mapped_column(default="")
    latest_revenue_fen: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)
    latest_revenue_year: Mapped[int | None]
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[dt.datetime] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)

    names: Mapped[list["CompanyName"]] = relationship(
        cascade="all, delete-orphan", order_by="CompanyName.id"
    )
    stock_codes: Mapped[list["StockCode"]] = relationship(
        cascade="all, delete-orphan", order_by="StockCode.id"
    )
    contacts: Mapped[list["Contact"]] = relationship(
        cascade="all, delete-orphan", order_by="Contact.id"
    )

    __mapper_args__ = {"version_id_col": version}

    @property
    def display_name(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name_zh


# `display_name` as the database says it.
SHOWN_NAME = sa.func.coalesce(sa.func.nullif(Company.short_name, ""), Company.name_zh)


class CompanyName(Base):
    """A former or other name."""

    __tablename__ = "company_name"
    __audit__ = "company_name"
    __audit_enums__ = {"kind": NameKind}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=NameKind.FORMER.value)


class StockCode(Base):
    """Six digits of a listing on NEEQ, BSE or another board."""

    __tablename__ = "stock_code"
    __audit__ = "stock_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    board: Mapped[str] = mapped_column(default="")
    listed_on: Mapped[dt.date | None]


class Contact(Base):
    """A founder or another person at the company."""

    __tablename__ = "contact"
    __audit__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    name: Mapped[str]
    position: Mapped[str] = mapped_column(default="")
    founder: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")


CURRENT = "superseded_at IS NULL AND disputed = false"


class Figure(Base):
    """One figure or fact as somebody stated it. Appended, never overwritten.

    `metric` is an id of the metric dictionary, `fiscal_year` None for dated facts. Numbers are
    `micro`: millionths of the dictionary's unit, which for 万元 is the fen. Flags ("true",
    "false") and enumerations stand in `choice`. A row is current from `recorded_at` until
    `superseded_at`, the only column ever set later. A `disputed` row is a differing value that
    nobody has decided on: it is kept beside the current one and never is current itself. What a
    person judged may hold until a day, `valid_until`; from the next on it counts as not known.
    """

    __tablename__ = "figure"
    __audit__ = "figure"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    metric: Mapped[str]
    fiscal_year: Mapped[int | None]
    micro: Mapped[int | None] = mapped_column(sa.BigInteger)
    choice: Mapped[str | None]
    as_of: Mapped[dt.date | None]
    source: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = mapped_column(default="")
    valid_until: Mapped[dt.date | None]
    audited: Mapped[bool | None]
    disputed: Mapped[bool] = mapped_column(default=False)
    batch_id: Mapped[int | None] = mapped_column(index=True)
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index("ix_figure_company_metric", "company_id", "metric", "fiscal_year"),
        # At most one current row: of a metric and year, and of a fact.
        sa.Index(
            "uq_figure_current_year",
            "company_id",
            "metric",
            "fiscal_year",
            unique=True,
            sqlite_where=sa.text(CURRENT + " AND fiscal_year IS NOT NULL"),
            postgresql_where=sa.text(CURRENT + " AND fiscal_year IS NOT NULL"),
        ),
        sa.Index(
            "uq_figure_current_fact",
            "company_id",
            "metric",
            unique=True,
            sqlite_where=sa.text(CURRENT + " AND fiscal_year IS NULL"),
            postgresql_where=sa.text(CURRENT + " AND fiscal_year IS NULL"),
        ),
        sa.CheckConstraint("micro IS NULL OR choice IS NULL", name="one_value"),
    )

    def key_of(self) -> tuple[int, str, int | None]:
        """What the row is about: company, metric and fiscal year."""
        return self.company_id, self.metric, self.fiscal_year


class EquityRound(Base):
    """A financing round and its valuation as somebody stated it; appended like figures."""

    __tablename__ = "equity_round"
    __audit__ = "equity_round"
    __audit_terms__ = ("amount_fen", "pre_money_fen", "post_money_fen", "lead_investor")
    __audit_enums__ = {"round": Round}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    round: Mapped[str]
    closed_on: Mapped[dt.date | None]
    amount_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    pre_money_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    post_money_fen: Mapped[int | None] = mapped_column(sa.BigInteger)
    lead_investor: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]


# The kind of a document that holds the terms of a deal: for those alone who may read terms.
TERMS, PATENT = PaperKind.TERMS.value, PaperKind.PATENT.value


class Document(Base):
    """A document of a company, or of one deal when `deal_id` is set; versions hold the files.

    A line of a register has no version: `link` or `note` say where the paper is, `dated_on` is
    the day it bears.
    """

    __tablename__ = "document"
    __audit__ = "document"
    __audit_enums__ = {"kind": PaperKind}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(default="")
    dated_on: Mapped[dt.date | None]
    link: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    versions: Mapped[list["DocumentVersion"]] = relationship(
        back_populates="document",
        cascade="all, delete-orphan",
        order_by="DocumentVersion.number",
    )


class DocumentVersion(Base):
    """One uploaded file, named by the SHA-256 of its content."""

    __tablename__ = "document_version"
    __audit__ = "document_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id"), index=True)
    number: Mapped[int]
    sha256: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    filename: Mapped[str]
    media_type: Mapped[str] = mapped_column(default="application/octet-stream")
    uploaded_at: Mapped[dt.datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    document: Mapped[Document] = relationship(back_populates="versions")

    __table_args__ = (sa.UniqueConstraint("document_id", "number"),)

    @property
    def company_id(self) -> int | None:
        """The company of the document: the audit trail masks by it."""
        return self.document.company_id

    @property
    def deal_id(self) -> int | None:
        """The deal of the document: the audit trail masks by it."""
        return self.document.deal_id


class Activity(Base):
    """A contact or note about a company, or about one deal when `deal_id` is set."""

    __tablename__ = "activity"
    __audit__ = "activity"
    __audit_enums__ = {"kind": ActivityKind}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    kind: Mapped[str] = mapped_column(default=ActivityKind.NOTE.value)
    happened_at: Mapped[dt.datetime]
    text: Mapped[str]
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))


class Task(Base):
    """Something a person has to do by a day, for a company or one deal; `promised` to its founder."""

    __tablename__ = "task"
    __audit__ = "task"
    __audit_skip__ = ("version",)

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    deal_id: Mapped[int | None] = mapped_column(sa.ForeignKey("deal.id"), index=True)
    title: Mapped[str]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    due_on: Mapped[dt.date | None]
    promised: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    done_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (sa.Index("ix_task_owner_due", "owner_id", "done_at", "due_on"),)
    __mapper_args__ = {"version_id_col": version}


class CompanySearch(Base):
    """The tokens a company is found by; the database's full-text index stands over them."""

    __tablename__ = "company_search"

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    folded: Mapped[str] = mapped_column(default="")
    tokens: Mapped[str]


class CompanyKey(Base):
    """What a company is told from likely duplicates by (`likeness.keys_of`)."""

    __tablename__ = "company_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    kind: Mapped[str]
    value: Mapped[str]

    __table_args__ = (
        sa.Index("ix_company_key_kind_value", "kind", "value", "company_id"),
        {"sqlite_autoincrement": True},
    )


class CompanyDistinction(Base):
    """Two companies that somebody said are not the same, however alike; `one_id` is the smaller."""

    __tablename__ = "company_distinction"
    __audit__ = "company_distinction"

    id: Mapped[int] = mapped_column(primary_key=True)
    one_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    decided_at: Mapped[dt.datetime]
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    __table_args__ = (
        sa.UniqueConstraint("one_id", "other_id"),
        sa.CheckConstraint("one_id < other_id", name="in_order"),
        {"sqlite_autoincrement": True},
    )

    @property
    def company_id(self) -> int:
        """The company whose history tells of it."""
        return self.one_id


class CompanyMerge(Base):
    """A company that was merged into another one; its own row stays, for old links.

    `uscc` is the credit code that was not taken over: the survivor is found by it still. `moved`
    is JSON: by table the ids of the rows that went over, of those whose moves the trail does not
    tell one by one.
    """

    __tablename__ = "company_merge"
    __audit__ = "company_merge"
    __audit_skip__ = ("moved",)

    id: Mapped[int] = mapped_column(primary_key=True)
    merged_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), unique=True)
    survivor_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    uscc: Mapped[str | None] = mapped_column(unique=True)
    moved: Mapped[str] = mapped_column(default="{}")
    merged_at: Mapped[dt.datetime]
    merged_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    __table_args__ = ({"sqlite_autoincrement": True},)

    @property
    def company_id(self) -> int:
        """The company whose history tells of it."""
        return self.survivor_id
