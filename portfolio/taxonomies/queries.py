"""Reads of taxonomies being edited: the draft on its edition, runs, effects, and what tags went
where."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.taxonomy import Taxonomy
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.companies import queries as companies
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Company
from portfolio.extensions import db, one_of
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.taxonomies.changes import Change, stacked
from portfolio.taxonomies.models import (
    TagMove,
    TaxonomyDraft,
    TaxonomyEffect,
    TaxonomyPublication,
    TaxonomyRun,
)
from portfolio.taxonomies.moving import Held, Moved


def draft() -> TaxonomyDraft | None:
    """The draft, if there is one."""
    return db.session.scalar(sa.select(TaxonomyDraft))


def publishing() -> TaxonomyPublication | None:
    """What is being published, if anything is."""
    going = sa.select(TaxonomyPublication).where(TaxonomyPublication.ended_at.is_(None))
    return db.session.scalar(going.limit(1))


def last_publication() -> TaxonomyPublication | None:
    """What was asked to be published last."""
    query = sa.select(TaxonomyPublication).order_by(TaxonomyPublication.id.desc())
    return db.session.scalar(query.limit(1))


@dataclass(frozen=True)
class Drafted:
    """The taxonomy in force, the draft's changes, what they come to, and those that do not fit."""

    row: TaxonomyDraft | None
    base: Taxonomy
    changes: Sequence[Change]
    book: Taxonomy
    faults: Mapping[int, InputError]

    @property
    def moves(self) -> list[Mapping[str, Any]]:
        """Where tags go by it."""
        return [change["move"] for change in self.changes if "move" in change]

    @property
    def mark(self) -> str:
        """What tells it from any other draft, on whatever edition."""
        said = json.dumps([taxonomy_queries.latest(), self.changes], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def drafted(row: TaxonomyDraft | None = None) -> Drafted:
    """The draft on top of the taxonomy in force."""
    row = row or draft()
    base = taxonomy_queries.taxonomy()
    changes = json.loads(row.changes) if row else []
    book, faults = stacked(base, changes)
    return Drafted(row, base, changes, book, faults)


def overtaking(row: TaxonomyDraft) -> Sequence[TaxonomyEdition]:
    """The editions that came in force since the draft was begun, the newest first."""
    return [edition for edition in taxonomy_queries.editions() if edition.number > row.base]


def preview_of(mark: str) -> TaxonomyRun | None:
    """The run that shows what a draft does."""
    query = sa.select(TaxonomyRun).where(TaxonomyRun.mark == mark, TaxonomyRun.mark != "")
    return db.session.scalar(query.order_by(TaxonomyRun.id.desc()).limit(1))


def settling() -> Mapping[int, TaxonomyRun]:
    """The runs in which suggestions follow an edition, by the edition's id."""
    runs = db.session.scalars(sa.select(TaxonomyRun).where(TaxonomyRun.edition_id.is_not(None)))
    return {run.edition_id: run for run in runs if run.edition_id}


def counts(run: TaxonomyRun) -> list[tuple[str, str, str, int]]:
    """How many tags and suggestions meet which effect, from which technology to which."""
    columns = (TaxonomyEffect.effect, TaxonomyEffect.technology, TaxonomyEffect.becomes)
    query = sa.select(*columns, sa.func.count()).where(TaxonomyEffect.run_id == run.id)
    rows = db.session.execute(query.group_by(*columns).order_by(*columns))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def effects(
    user: User, run: TaxonomyRun, effect: str, technology: str | None, becomes: str | None
) -> sa.Select[int]:
    """The ids of effects on companies that the person may see."""
    seen = sa.select(Company.id).where(companies.visible(user))
    query = sa.select(TaxonomyEffect.id).where(
        TaxonomyEffect.run_id == run.id,
        TaxonomyEffect.effect == effect,
        TaxonomyEffect.company_id.in_(seen),
    )
    if technology is not None:
        query = query.where(TaxonomyEffect.technology == technology)
    if becomes is not None:
        query = query.where(TaxonomyEffect.becomes == becomes)
    return query.order_by(TaxonomyEffect.company_id, TaxonomyEffect.id)


def shown(ids: Sequence[int]) -> list[tuple[TaxonomyEffect, Company]]:
    """Effects with their companies, in order."""
    query = (
        sa.select(TaxonomyEffect, Company)
        .join(Company, Company.id == TaxonomyEffect.company_id)
        .where(one_of(TaxonomyEffect.id, ids))
    )
    rows = {row[0].id: (row[0], row[1]) for row in db.session.execute(query)}
    return [rows[i] for i in ids if i in rows]


def standing(company_ids: Iterable[int]) -> dict[int, dict[str, Held]]:
    """What stands about companies, by technology."""
    columns = (Tag.company_id, Tag.id, Tag.technology, Tag.state, Tag.level)
    query = sa.select(*columns).where(
        one_of(Tag.company_id, company_ids), Tag.superseded_at.is_(None)
    )
    found: dict[int, dict[str, Held]] = {}
    for company_id, tag_id, technology, state, level in db.session.execute(query):
        found.setdefault(company_id, {})[technology] = Held(tag_id, technology, state, level)
    return found


def moved_by(edition_id: int, company_ids: Iterable[int]) -> dict[int, list[Moved]]:
    """What an edition did to the tags of companies."""
    columns = (TagMove, Tag.state, Tag.level)
    query = (
        sa.select(*columns)
        .join(Tag, Tag.id == TagMove.old_tag_id)
        .where(TagMove.edition_id == edition_id, one_of(TagMove.company_id, company_ids))
        .order_by(TagMove.id)
    )
    found: dict[int, list[Moved]] = {}
    for move, state, level in db.session.execute(query):
        old = Held(move.old_tag_id, move.technology, state, level)
        moved = Moved(move.technology, move.becomes, old, move.new_tag_id, move.made)
        found.setdefault(move.company_id, []).append(moved)
    return found


def touched(technologies: Iterable[str], edition_id: int | None) -> list[int]:
    """The companies that have something under technologies, or whose tags an edition had moved."""
    tagged = sa.select(Tag.company_id).where(
        one_of(Tag.technology, technologies), Tag.superseded_at.is_(None)
    )
    moved = sa.select(TagMove.company_id).where(TagMove.edition_id == (edition_id or 0))
    there = sa.select(Company.id).where(
        unmerged(), sa.or_(Company.id.in_(tagged), Company.id.in_(moved))
    )
    return list(db.session.scalars(there.order_by(Company.id)))


def part_of(last_id: int, most: int) -> Sequence[int]:
    """The next companies."""
    query = sa.select(Company.id).where(Company.id > last_id, unmerged())
    return db.session.scalars(query.order_by(Company.id).limit(most)).all()


def how_many() -> int:
    """How many companies there are."""
    return db.session.scalar(sa.select(sa.func.count(Company.id)).where(unmerged())) or 0


def with_changes(
    editions: Iterable[TaxonomyEdition],
) -> list[tuple[TaxonomyEdition, Sequence[Change]]]:
    """Editions with the changes that they are made of."""
    return [(edition, json.loads(edition.changes)) for edition in editions]


def hits_of(run: TaxonomyRun) -> Mapping[str, int]:
    """In how many descriptions each new word stands."""
    found: Mapping[str, int] = json.loads(run.hits)
    return found


def count_of_effect(
    run: TaxonomyRun, effect: str, technology: str | None, becomes: str | None
) -> int:
    """How many tags or suggestions meet an effect, whoever may see them."""
    return sum(
        number
        for name, before, after, number in counts(run)
        if name == effect and technology in {None, before} and becomes in {None, after}
    )
