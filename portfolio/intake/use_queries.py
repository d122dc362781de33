"""What uses the companies and the deals that an import entered, and so keeps it from going."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from portfolio.audit.titles import KINDS, kind_title
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import TagState
from portfolio.companies.models import (
    Company,
    CompanyKey,
    CompanyName,
    CompanySearch,
    Document,
    Figure,
    StockCode,
)
from portfolio.extensions import Base, db, one_of
from portfolio.intake.models import BatchState, ImportBatch, ImportChange
from portfolio.journal.models import Act
from portfolio.kernel.parts import in_parts
from portfolio.people.models import User
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.detach_operations import hidden_from
from portfolio.pipeline.models import Deal, DealMember, DealTerms, StageEvent
from portfolio.readiness.models import Assessment, ReadinessOwed, ReadinessState
from portfolio.web.i18n import language

# Rows that an entered company has of itself. Whatever else names it is somebody's use of it.
OWN = (
    *(Assessment, ReadinessState, ReadinessOwed),
    *(Figure, StockCode, CompanyName, CompanyKey, CompanySearch),
)
# What the system read from the texts of a company, and nobody has decided on.
UNDECIDED = sa.and_(
    Tag.state == TagState.SUGGESTED.value,
    Tag.recorded_by_id.is_(None),
    Tag.first_reader_id.is_(None),
)
OWN_OF_DEALS = {StageEvent.__tablename__, DealTerms.__tablename__, DealMember.__tablename__}


@dataclass(frozen=True)
class Obstacle:
    """Why an import can no longer be taken back: which record, and `changed`, `used` or `gone`.

    `by` names what uses it, as far as the reader may know of it: the deal `deal_id`, or something
    of the company `company_id`; `binned` says that this lies in the bin.
    """

    name: str
    what: str
    by: str = ""
    deal_id: int | None = None
    company_id: int | None = None
    binned: bool = False


def used_companies(batch: ImportBatch, entered: Sequence[int], user: User) -> Iterator[Obstacle]:
    """Companies that the import entered and that other records name by now, with what does. What
    an import left that was taken back itself does not count."""
    passed = [deal.id for deal in (*hidden_from(user, entered), *left_by_undone(entered))]
    for part in in_parts(entered):
        found = [*_deals(part, passed, user), *_binned(part, passed, user)]
        told = {company_id for company_id, *_ in found}
        found += [(i, {"by": by}) for i, by in _rows(part, passed, batch) if i not in told or by]
        names = _names(i for i, _ in found)
        for company_id, why in sorted(found, key=itemgetter(0)):  # one database keeps no order
            if company_id in names:  # one that is gone is told as gone
                yield Obstacle(names[company_id], "used", company_id=company_id, **why)


Use = tuple[int, dict[str, Any]]


def _names(ids: Iterable[int]) -> dict[int, str]:
    query = sa.select(Company.id, Company.name_zh).where(one_of(Company.id, set(ids)))
    return {row.id: row.name_zh for row in db.session.execute(query)}


def _deals(part: Sequence[int], passed: Collection[int], user: User) -> Iterator[Use]:
    """The deals of these companies; by name those that the reader may know of."""
    query = sa.select(Deal).where(Deal.company_id.in_(part), Deal.id.not_in(passed))
    deals = db.session.scalars(query.order_by(Deal.id)).all()
    unknown = sight.unknown_ids(user, {deal.id for deal in deals})
    for deal in deals:
        assert deal.company_id is not None  # noqa: S101 - they were found by it
        binned = deal.deleted_at is not None
        told = {"by": f"{deal.code} {deal.name}", "deal_id": deal.id, "binned": binned}
        yield deal.company_id, {} if deal.id in unknown else told


def _binned(part: Sequence[int], passed: Collection[int], user: User) -> Iterator[Use]:
    """Of what something lies in the bin: without the company it could never come back. A deal
    itself is found by its row, the title of a paper may be a secret."""
    query = sa.select(Act).where(
        Act.company_id.in_(part),
        Act.action.endswith(".delete"),
        Act.object_type != Deal.__audit__,
        sa.func.coalesce(Act.deal_id, 0).not_in(passed),
    )
    acts = db.session.scalars(query.order_by(Act.id)).all()
    unknown = sight.unknown_ids(user, {act.deal_id for act in acts if act.deal_id is not None})
    for act in acts:
        assert act.company_id is not None  # noqa: S101 - they were found by it
        kind = kind_title(act.object_type, language())
        label = "" if act.object_type == Document.__audit__ else act.label
        told = {"by": f"{kind} {label}".strip(), "binned": True}
        yield act.company_id, {} if act.deal_id in unknown else told


def _rows(
    part: Sequence[int], passed: Collection[int], batch: ImportBatch
) -> Iterator[tuple[int, str]]:
    """Which companies other rows name, and the kind of these; none of what is tied to a deal or
    may be a secret, as papers may."""
    own = {model.__tablename__ for model in OWN} | {Deal.__tablename__}
    for table, column in referring(Company.__tablename__):
        if table.name not in own:
            secret = table.name == Document.__tablename__ or table.name not in KINDS
            tied = table.c.deal_id.is_not(None) if "deal_id" in table.c else sa.false()
            query = sa.select(column, tied).where(column.in_(part), _known(table, passed))
            if table.name == Tag.__tablename__:
                query = query.where(sa.not_(UNDECIDED))
            for company_id, of_deal in db.session.execute(query.distinct()):
                yield company_id, "" if of_deal or secret else kind_title(table.name, language())
    undone = sa.select(ImportBatch.id).where(ImportBatch.state == BatchState.UNDONE.value)
    left = sa.and_(Figure.batch_id.in_(undone), Figure.superseded_at.is_not(None))
    others = Figure.batch_id.is_distinct_from(batch.id), sa.not_(left)
    stated = sa.select(Figure.company_id).where(Figure.company_id.in_(part), *others).distinct()
    yield from ((i, kind_title(Figure.__audit__, language())) for i in db.session.scalars(stated))


def left_by_undone(company_ids: Iterable[int]) -> list[Deal]:
    """The deals of these companies that an import opened and its undo put into the bin, where they
    have lain since."""
    found: list[Deal] = []
    opened = sa.and_(
        ImportChange.object_type == Deal.__audit__,
        ImportChange.object_id == Deal.id,
        ImportChange.created,
    )
    undone = sa.and_(
        ImportBatch.id == ImportChange.batch_id,
        ImportBatch.state == BatchState.UNDONE.value,
        ImportBatch.undone_at == Deal.deleted_at,
    )
    query = sa.select(Deal).join(ImportChange, opened).join(ImportBatch, undone)
    for part in in_parts(company_ids):
        found += db.session.scalars(query.where(Deal.company_id.in_(part)).order_by(Deal.id))
    return found


def _known(table: sa.Table, passed: Collection[int]) -> sa.ColumnElement[bool]:
    """The condition that a row is of none of these deals."""
    column = table.c.get("deal_id")
    return sa.true() if column is None else sa.func.coalesce(column, 0).not_in(passed)


def referring(table_name: str) -> Iterator[tuple[sa.Table, sa.Column[Any]]]:
    """Every column that names a row of a table: what is added to the model later is known too."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name == table_name:
                yield table, key.parent


def used_deals(created: Iterable[int], but: Collection[str] = ()) -> set[int]:
    """Deals that the import opened and that other records name by now, those of the tables in
    `but` left out."""
    used: set[int] = set()
    for part in in_parts(created):
        for table, column in referring(Deal.__tablename__):
            if table.name not in OWN_OF_DEALS and table.name not in but:
                used.update(db.session.scalars(sa.select(column).where(column.in_(part))))
    return used
