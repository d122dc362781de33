"""Rows of tags: the claim that a company develops a technology, what it says and what shows it."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portfolio.chokepoint import claims
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.standing import TagState
from portfolio.extensions import Base

CURRENT = sa.text("superseded_at IS NULL")
# Suggestions that wait, in the order in which they are judged: the surest first.
WAITING = sa.text("superseded_at IS NULL AND state = 'suggested'")
SURE = (sa.text("coalesce(confidence_micro, 0) DESC"), sa.text("id DESC"))


class TagCard(Base):
    """What a claim says (`claims.Card`); never changed: another version is another card."""

    __tablename__ = "chokepoint_card"
    __audit__ = "chokepoint_card"
    __audit_enums__ = {
        "choked_kind": ladder().choked.values(),
        "basis_kind": ladder().bases.values(),
        "substitute": ladder().substitutes.values(),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    choked_kind: Mapped[str]
    choked: Mapped[str]
    node: Mapped[str]
    basis_kind: Mapped[str]
    basis: Mapped[str]
    basis_number: Mapped[str]
    basis_on: Mapped[dt.date | None]
    foreign_micro: Mapped[int | None]
    domestic_micro: Mapped[int | None]
    share_year: Mapped[int | None]
    share_source: Mapped[str]
    suppliers: Mapped[int | None]
    substitute: Mapped[str]
    validator: Mapped[str]
    validation: Mapped[str]
    impact: Mapped[str]
    official: Mapped[str]

    incumbents: Mapped[list["TagIncumbent"]] = relationship(order_by="TagIncumbent.id")

    __table_args__ = ({"sqlite_autoincrement": True},)

    def value(self) -> claims.Card:
        """The card as a value, to compare and to show."""
        said = {name: getattr(self, name) for name in claims.CARD_COLUMNS}
        return claims.Card(**said, incumbents=tuple(row.value() for row in self.incumbents))


class TagIncumbent(Base):
    """One of those abroad who hold the market that a card is about."""

    __tablename__ = "chokepoint_incumbent"
    __audit__ = "chokepoint_incumbent"

    id: Mapped[int] = mapped_column(primary_key=True)
    card_id: Mapped[int] = mapped_column(sa.ForeignKey("chokepoint_card.id"), index=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), index=True)
    name: Mapped[str]
    country: Mapped[str]
    share_micro: Mapped[int | None]
    year: Mapped[int | None]
    source: Mapped[str]

    __table_args__ = ({"sqlite_autoincrement": True},)

    def value(self) -> claims.Incumbent:
        """The incumbent as a value."""
        return claims.Incumbent(**{name: getattr(self, name) for name in claims.INCUMBENT_COLUMNS})


class Tag(Base):
    """One statement about one technology of one company; a change is a new row.

    `words` are the words a suggestion rests on, `sources` the kinds of texts that claim it and
    `text_hash` the texts that name it: a rejected suggestion does not come back before one of these
    changes or another comes. Two people stand behind a
    claim: who read the evidence first and, where the level asks for it, another one, of words that
    changed since until `reread_by`. A claim holds through `recheck_on`. `evidence` is the text of
    rows from before evidence had rows of its own.
    """

    __tablename__ = "chokepoint_tag"
    __audit__ = "chokepoint_tag"
    __audit_enums__ = {
        "state": TagState,
        "level": ladder().levels.values(),
        "reason_code": terms().reasons.values(),
    }

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    technology: Mapped[str]
    state: Mapped[str]
    level: Mapped[str] = mapped_column(default=next(iter(ladder().levels)))
    evidence: Mapped[str] = mapped_column(default="")
    words: Mapped[str] = mapped_column(default="")
    confidence_micro: Mapped[int | None]
    text_hash: Mapped[str] = mapped_column(default="")
    sources: Mapped[str] = mapped_column(default="", server_default="")
    reason_code: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str] = mapped_column(default="")
    card_id: Mapped[int | None] = mapped_column(sa.ForeignKey("chokepoint_card.id"))
    counter_evidence: Mapped[str] = mapped_column(default="", server_default="")
    recheck_on: Mapped[dt.date | None]
    first_reader_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    first_read_at: Mapped[dt.datetime | None]
    second_reader_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    second_read_at: Mapped[dt.datetime | None]
    reread_by: Mapped[dt.date | None]
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]

    card: Mapped[TagCard | None] = relationship()

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
        sa.Index(
            "ix_chokepoint_tag_claims",
            "state",
            "recheck_on",
            sqlite_where=CURRENT,
            postgresql_where=CURRENT,
        ),
        *(
            sa.Index(name, *columns, sqlite_where=WAITING, postgresql_where=WAITING)
            for name, columns in (
                ("ix_chokepoint_tag_sure", ("state", *SURE)),
                (
                    "ix_chokepoint_tag_alike",
                    ("state", "technology", *SURE, "company_id", "superseded_at"),
                ),
            )
        ),
    )


class TagEvidence(Base):
    """One piece of evidence that a company develops a technology, and the level that it supports.

    What was withdrawn stays, with who withdrew it and why. `document_id` names a document of the
    company's register without holding it there: one that is deleted is told as gone.
    """

    __tablename__ = "chokepoint_evidence"
    __audit__ = "chokepoint_evidence"
    __audit_enums__ = {"kind": ladder().kinds.values(), "level": ladder().levels.values()}

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    technology: Mapped[str]
    kind: Mapped[str]
    level: Mapped[str]
    text: Mapped[str]
    link: Mapped[str]
    document_id: Mapped[int | None]
    patent: Mapped[str]
    issuer: Mapped[str]
    dated_on: Mapped[dt.date | None]
    recorded_at: Mapped[dt.datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    superseded_at: Mapped[dt.datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        sa.Index("ix_chokepoint_evidence_company", "company_id", "technology"),
        {"sqlite_autoincrement": True},
    )

    def value(self) -> claims.Piece:
        """The evidence as a value."""
        return claims.Piece(**{name: getattr(self, name) for name in claims.PIECE_COLUMNS})


# What belongs to a claim, in the order in which rows may go.
PARTS: tuple[type[Base], ...] = (Tag, TagEvidence, TagIncumbent, TagCard)
