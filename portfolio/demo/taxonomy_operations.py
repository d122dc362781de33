"""The taxonomy edited in use: one edition of the fund in force, and a draft that splits a technology."""

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.taxonomy import Note, Taxonomy
from portfolio.demo.walk_operations import DAY
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.taxonomies import editing, moving, operations, queries, run_operations
from portfolio.taxonomies.changes import Kind, change
from portfolio.taxonomies.models import TaxonomyRun

FILE = Path(__file__).with_name("taxonomy.toml")


def edit_taxonomy(admin: User, now: dt.datetime) -> None:
    """Publish an edition with a new technology and a note of how far another one is made at home;
    then draft a split, with its preview."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    at = now - told["days_ago"] * DAY
    new, noted = told["technology"], told["note"]
    values = {name: value for name, value in new.items() if name != "id"}
    _draft(
        Kind.ADD, new["id"], lambda b: editing.with_technology(b, new["id"], **values), admin, at
    )
    _draft(Kind.EDIT, noted["technology"], lambda b: _noted(b, noted, at), admin, at)
    _preview(admin, at)
    with unit_of_work("taxonomy.publish", admin, at=at):
        found = queries.drafted()
        row = operations.check_ready(found, found.mark, told["why"])
        operations.publish(found, row, told["why"], admin, at, lambda done: None)
    _go_through()
    split = told["split"]
    parts = [editing.Part(p["id"], p["zh"], p["en"], tuple(p["aliases"])) for p in split["part"]]
    move: dict[str, Any] = {
        "kind": moving.SPLIT,
        "from": [split["technology"]],
        "to": [p.id for p in parts],
    }
    move |= {"rule": moving.Rule.TEXT.value, "hand": {}}
    at = now - split["days_ago"] * DAY
    _draft(Kind.SPLIT, split["technology"], lambda b: _parted(b, split, parts), admin, at, move)
    _preview(admin, at)


def _parted(book: Taxonomy, told: Mapping[str, Any], parts: Sequence[editing.Part]) -> Taxonomy:
    return editing.split(book, told["technology"], parts)


def _noted(book: Taxonomy, told: Mapping[str, Any], at: dt.datetime) -> Taxonomy:
    """A technology as it is, with a note of the year before."""
    known = book.technologies[told["technology"]]
    kept = {
        name: getattr(known, name)
        for name in ("domain", "zh", "en", "aliases", "loose", "exclude", "lists")
    }
    note = Note(told["text"], told["share_micro"], at.year - 1, told["source"])
    return editing.edited(book, known.id, **kept, note=note)


def _draft(
    kind: Kind,
    about: str,
    make: Callable[[Taxonomy], Taxonomy],
    admin: User,
    at: dt.datetime,
    move: Mapping[str, Any] | None = None,
) -> None:
    with unit_of_work("taxonomy.draft", admin, at=at):
        row = queries.draft()
        found = operations.locked(row.version if row else 0)
        made = change(kind, about, found.book, make(found.book), move)
        operations.add(found, made, admin, at)


def _preview(admin: User, at: dt.datetime) -> None:
    with unit_of_work(run_operations.ACTION, admin, at=at):
        operations.ask_for_preview(queries.drafted(), at)
    _go_through()


def _go_through() -> None:
    waiting = sa.select(TaxonomyRun.id).where(TaxonomyRun.ended_at.is_(None))
    for run_id in db.session.scalars(waiting.order_by(TaxonomyRun.id)).all():
        run_operations.go_through(run_id)
