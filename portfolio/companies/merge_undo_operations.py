"""Taking a merge back, for as long as neither side was changed since."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask import current_app

from portfolio.audit import queries as audit
from portfolio.companies.merge_queries import merge_of
from portfolio.companies.models import Company, CompanyMerge, Document, DocumentVersion, Figure
from portfolio.companies.signals import companies_parted, figures_stated
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.journal import operations as journal
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

Steps = Sequence[Sequence[Any]]
# Told in the merge's own entry: a company has hundreds of them.
UNTOLD = (Figure.__tablename__,)


def state_of(company_ids: Sequence[int]) -> str:
    """A digest of all that companies have of themselves. What is computed from it and what hangs
    on a deal is left out: a deal goes its own way, and may be hidden from who asks."""
    said = hashlib.sha256()
    for table, condition in _own_rows(company_ids):
        key = next(iter(table.primary_key.columns))
        columns = [c for c in table.c if c.name != "version"]
        for row in db.session.execute(sa.select(*columns).where(condition).order_by(key)):
            said.update(json.dumps([table.name, *row], default=str).encode())
    return said.hexdigest()


def _own_rows(ids: Sequence[int]) -> Iterator[tuple[sa.Table, sa.ColumnElement[bool]]]:
    left_out = {model.__tablename__ for model in computed()} | {"deal"}
    company = db.metadata.tables[Company.__tablename__]
    yield company, company.c.id.in_(ids)
    for table in db.metadata.sorted_tables:
        keys = [k.parent for k in table.foreign_keys if k.column.table is company]
        if not keys or table.name in left_out:
            continue
        mine = sa.or_(*(key.in_(ids) for key in keys))
        yield table, mine if "deal_id" not in table.c else sa.and_(mine, table.c.deal_id.is_(None))
    version = db.metadata.tables[DocumentVersion.__tablename__]
    own = sa.select(Document.id).where(Document.company_id.in_(ids), Document.deal_id.is_(None))
    yield version, version.c.document_id.in_(own)


def computed() -> Sequence[Any]:
    """The models whose rows follow from others; the composition root names them."""
    models: Sequence[Any] = current_app.extensions.get("company_computed", ())
    return models


def check_merge(act: Act, payload: Any, actor: User) -> None:
    """Raise InputError `undo.parent_gone` when the company that stayed is in the bin, and ChangedBy,
    or Changed, when either side was changed since."""
    both = [int(act.company_id or 0), int(payload["merged"])]
    if db.session.get(Company, both[0]) is None:
        raise InputError("undo.parent_gone")
    if state_of(both) != payload["state"]:
        raise _who_changed(act, both)


def undo_merge(act: Act, payload: Any, actor: User, now: dt.datetime) -> None:
    """Make two companies of one again, with every row as it was."""
    survivor_id, merged_id = int(act.company_id or 0), int(payload["merged"])
    told, tied, derived = _sorted(payload["steps"])
    _return(tied, survivor_id, merged_id)
    as_computed = images.changed_since(derived) is None
    images.put_back([*told, *derived] if as_computed else told, untold=UNTOLD)
    told_of = companies_parted if as_computed else figures_stated
    told_of.send({survivor_id, merged_id}, now=now)


def _sorted(steps: Steps) -> tuple[list[Any], list[Any], list[Any]]:
    """The steps of the companies' own rows, of those tied to deals, and of computed ones."""
    derived = {model.__tablename__ for model in computed()}
    kinds: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for step in steps:
        if step[0] in derived:
            kinds[2].append(step)
        else:
            kinds[1 if _is_tied(*step[:2]) else 0].append(step)
    return kinds


def _is_tied(name: str, row_id: int) -> bool:
    if name == "deal":
        return True
    table = db.metadata.tables[name]
    if "deal_id" not in table.c:
        return False
    key = next(iter(table.primary_key.columns))
    return db.session.scalar(sa.select(table.c.deal_id).where(key == row_id)) is not None


def _return(tied: Steps, survivor_id: int, merged_id: int) -> None:
    """Give back what hangs on deals, whatever became of the deals meanwhile."""
    ids: dict[str, list[int]] = {}
    for name, row_id, *_ in tied:
        ids.setdefault(name, []).append(row_id)
    models = images.models()
    for name, rows in ids.items():
        model = models[name]
        there = sa.and_(model.id.in_(rows), model.company_id == survivor_id)
        images.update_where(model, there, {"company_id": merged_id})


def _who_changed(act: Act, both: Iterable[int]) -> images.Changed:
    """Who changed one of the two after the merge, where the trail tells."""
    for entry in audit.of_companies(list(both), limit=50):
        if entry.at > act.at and entry.action != "company.merge":
            return journal.ChangedBy(entry.actor_name, entry.at)
    later = db.session.scalar(
        sa.select(CompanyMerge).where(
            CompanyMerge.survivor_id.in_(both), CompanyMerge.merged_at > act.at
        )
    ) or merge_of(int(act.company_id or 0))
    if later is not None:
        author = db.session.get(User, later.merged_by_id or 0)
        return journal.ChangedBy(author.name if author else "", later.merged_at)
    return images.Changed("company", int(act.company_id or 0))
