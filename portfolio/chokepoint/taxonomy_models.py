"""Rows of the taxonomy's editions: what the fund changed in what came with the program."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class TaxonomyEdition(Base):
    """One edition, counted on from the first, which comes with the program and has no row.

    `changes` is JSON: a list of changes, each with its kind and what it was about (`taxonomies`
    says which there are) and its `differences`. `takes_back_id` is the edition that it takes back.
    `settled_at` is when the suggestions of the whole library followed it.
    """

    __tablename__ = "taxonomy_edition"
    __audit__ = "taxonomy_edition"
    __audit_skip__ = ("changes", "settled_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    note: Mapped[str]
    changes: Mapped[str]
    takes_back_id: Mapped[int | None] = mapped_column(sa.ForeignKey("taxonomy_edition.id"))
    published_at: Mapped[dt.datetime]
    published_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    settled_at: Mapped[dt.datetime | None]

    __table_args__ = {"sqlite_autoincrement": True}
