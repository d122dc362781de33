"""Reads of the texts that suggestions rest on, for many companies at once.

Only what everybody may read who reads the company: what hangs on a deal may stand behind a wall,
and is none of these texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.sources import (
    DESCRIPTION,
    NOTE,
    PATENT,
    PRODUCTS,
    Source,
    Text,
    book,
    bounded,
)
from portfolio.companies.merge_queries import unmerged
from portfolio.companies.models import Activity, Company, Document
from portfolio.extensions import db, one_of

# Of sources whose texts are rows of their own: the text, and what is the newest.
ROWS: Mapping[str, tuple[Any, Any, Sequence[Any]]] = {
    PATENT: (Document, Document.title, (Document.id,)),
    NOTE: (Activity, Activity.text, (Activity.happened_at, Activity.id)),
}


def texts_of(company_ids: Iterable[int]) -> dict[int, list[Text]]:
    """The texts of these companies, in the order of the sources; none of those that are part of
    another company."""
    ids = list(company_ids)
    query = sa.select(Company.id, Company.description, Company.products)
    rows = db.session.execute(query.where(one_of(Company.id, ids), unmerged()).order_by(Company.id))
    sources = book().sources
    found = {
        number: [
            *bounded(sources[DESCRIPTION], [description]),
            *bounded(sources[PRODUCTS], [products]),
        ]
        for number, description, products in rows
    }
    for key in ROWS:
        for number, texts in _rows(sources[key], list(found)).items():
            found[number] += bounded(sources[key], texts)
    return found


def _rows(source: Source, ids: Sequence[int]) -> dict[int, list[str]]:
    """The newest texts of one source by company."""
    model, text, newest = ROWS[source.key]
    order = [column.desc() for column in newest]
    place = sa.func.row_number().over(partition_by=model.company_id, order_by=order)
    of_companies = sa.and_(one_of(model.company_id, ids), model.deal_id.is_(None))
    ranked = (
        sa.select(model.company_id, text.label("text"), place.label("place"))
        .where(of_companies, model.kind.in_(source.kinds))
        .subquery()
    )
    chosen = sa.select(ranked).where(ranked.c.place <= source.newest)
    found: dict[int, list[str]] = {}
    for row in db.session.execute(chosen.order_by(ranked.c.company_id, ranked.c.place)):
        found.setdefault(row.company_id, []).append(row.text)
    return found
