"""Rows of taxonomies being edited: the draft, runs over the library, and which tags went where."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from portfolio.extensions import Base


class TaxonomyDraft(Base):
    """What becomes the next edition; there is one at a time. `changes` is JSON in the shape of
    `changes`, put on top of the edition of the number `base`."""

    __tablename__ = "taxonomy_draft"
    __audit__ = "taxonomy_draft"
    __audit_skip__ = ("only", "changes", "updated_at", "version")

    id: Mapped[int] = mapped_column(primary_key=True)
    only: Mapped[bool] = mapped_column(default=True, unique=True)
    base: Mapped[int]
    changes: Mapped[str]
    takes_back_id: Mapped[int | None] = mapped_column(sa.ForeignKey("taxonomy_edition.id"))
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[dt.datetime]
    updated_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = {"sqlite_autoincrement": True}
    __mapper_args__ = {"version_id_col": version}


class TaxonomyRun(Base):
    """One way through the library: a preview of the draft that has the mark, or the suggestions
    that follow an edition. It goes on behind `last_id` when whoever did it is gone.

    `hits` is JSON: in how many descriptions each new word stands.
    """

    __tablename__ = "taxonomy_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str]
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("taxonomy_edition.id"))
    asked_at: Mapped[dt.datetime]
    lease_until: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    last_id: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    hits: Mapped[str] = mapped_column(default="{}")

    __table_args__ = {"sqlite_autoincrement": True}


class TaxonomyPublication(Base):
    """A draft on its way to become an edition: the one of this mark and version, as it was asked
    for. `refusal` is JSON: what stood against it in the end, as a code and what fills its sentence.
    """

    __tablename__ = "taxonomy_publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    mark: Mapped[str]
    draft_version: Mapped[int]
    note: Mapped[str]
    asked_at: Mapped[dt.datetime]
    asked_by_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    lease_until: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("taxonomy_edition.id"))
    refusal: Mapped[str]

    __table_args__ = {"sqlite_autoincrement": True}


class TaxonomyEffect(Base):
    """What a draft would do to one tag or suggestion. Its company is named and not referred to."""

    __tablename__ = "taxonomy_effect"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("taxonomy_run.id"))
    company_id: Mapped[int]
    effect: Mapped[str]
    technology: Mapped[str]
    becomes: Mapped[str]

    __table_args__ = (
        sa.Index(
            "ix_taxonomy_effect_shown", "run_id", "effect", "technology", "becomes", "company_id"
        ),
    )


class TagMove(Base):
    """A tag that went elsewhere by an edition: the row that closed and the one that stands in its
    place, `made` if that was made for it. Companies and tags are named and not referred to."""

    __tablename__ = "taxonomy_tag_move"

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(sa.ForeignKey("taxonomy_edition.id"))
    company_id: Mapped[int]
    technology: Mapped[str]
    becomes: Mapped[str]
    old_tag_id: Mapped[int]
    new_tag_id: Mapped[int | None]
    made: Mapped[bool]

    __table_args__ = (sa.Index("ix_taxonomy_tag_move_edition", "edition_id", "company_id"),)
