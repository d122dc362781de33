"""What a person calls the things that the audit trail knows by number, as far as they may know."""

from collections.abc import Callable, Collection, Mapping

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import Company, Document, DocumentVersion
from portfolio.companies.paper_queries import known
from portfolio.extensions import db
from portfolio.meetings import history_queries as meetings
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal, PipelineVersion, Vehicle
from portfolio.web.formatting import title_of

Names = dict[int, str]


def names(user: User, wanted: Mapping[str, Collection[int]]) -> dict[str, Names]:
    """Names by kind and number: a query or a few for each kind, whatever the number of ids."""
    return {kind: NAMERS[kind](user, ids) for kind, ids in wanted.items() if ids and kind in NAMERS}


def _companies(user: User, ids: Collection[int]) -> Names:
    seen = companies.readable(user, ids)
    rows = db.session.scalars(sa.select(Company).where(Company.id.in_(seen)))
    return {row.id: row.display_name for row in rows}


def _deals(user: User, ids: Collection[int]) -> Names:
    query = sa.select(Deal.id, Deal.name).where(Deal.id.in_(ids), sight.visible(user))
    return {row.id: row.name for row in db.session.execute(query)}


def _vehicles(user: User, ids: Collection[int]) -> Names:
    return {v.id: title_of(v) for v in db.session.scalars(_of(Vehicle, ids))}


def _of(model: type[Vehicle], ids: Collection[int]) -> sa.Select[Vehicle]:
    return sa.select(model).where(model.id.in_(ids))


def _versions_of_pipelines(user: User, ids: Collection[int]) -> Names:
    rows = db.session.scalars(sa.select(PipelineVersion).where(PipelineVersion.id.in_(ids)))
    return {row.id: f"{title_of(pipeline.pipeline_of(row))} v{row.version}" for row in rows}


def _documents(user: User, ids: Collection[int]) -> Names:
    rows = db.session.scalars(sa.select(Document).where(Document.id.in_(ids)))
    return {row.id: row.title for row in known(user, rows)}


def _versions_of_documents(user: User, ids: Collection[int]) -> Names:
    rows = db.session.execute(
        sa.select(DocumentVersion.id, DocumentVersion.document_id, DocumentVersion.number).where(
            DocumentVersion.id.in_(ids)
        )
    ).all()
    titles = _documents(user, {row.document_id for row in rows})
    return {
        row.id: f"{titles[row.document_id]} v{row.number}"
        for row in rows
        if row.document_id in titles
    }


NAMERS: dict[str, Callable[[User, Collection[int]], Names]] = {
    "company": _companies,
    "deal": _deals,
    "meeting": meetings.names,
    "vehicle": _vehicles,
    "pipeline_version": _versions_of_pipelines,
    "document": _documents,
    "document_version": _versions_of_documents,
}
