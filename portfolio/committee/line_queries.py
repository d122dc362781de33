"""Deals with everything that their rows of the committee list show, a chunk at a time."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.standing import holds
from portfolio.companies import queries as companies
from portfolio.companies.models import Figure
from portfolio.extensions import db
from portfolio.kernel.dates import local_date, reported_year
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal, DealGrant, GrantKind
from portfolio.readiness import queries as readiness

CHUNK = 500


@dataclass
class Line:
    """One deal with everything its row shows."""

    number: int
    deal: Deal
    pipeline: Pipeline
    now: dt.datetime
    terms: bool
    figures: dict[tuple[str, int | None], Figure] = field(default_factory=dict)
    tags: list[Tag] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    recused: list[str] = field(default_factory=list)

    def figure(self, metric: str, back: int = 0) -> int | None:
        """A figure in millionths of its unit, of last year or so many years before it.

        The year stands in the heading: an older one in its place would be taken for it.
        """
        row = self.figures.get((metric, reported_year(local_date(self.now)) - back))
        return row.micro if row else None


def lines(ids: Sequence[int], user: User | None, now: dt.datetime) -> Iterator[Line]:
    """The rows of these deals in their order, a chunk at a time; terms only where this person
    may read them (without a person, as on the command line, everywhere)."""
    pipelines = pipeline.pipelines()
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        readable = set(part) if user is None else sight.ids_with(user, "deal.terms", part)
        yield from _chunk(part, start, pipelines, readable, now)
        db.session.expunge_all()


def _chunk(
    part: Sequence[int],
    start: int,
    pipelines: dict[int, Pipeline],
    readable: set[int],
    now: dt.datetime,
) -> Iterator[Line]:
    rows = {deal.id: deal for deal in _deals(part)}
    owned = [deal.company_id for deal in rows.values() if deal.company_id is not None]
    figures: dict[int, dict[tuple[str, int | None], Figure]] = {}
    for (company_id, metric, year), row in companies.current_rows(owned).items():
        figures.setdefault(company_id, {})[(metric, year)] = row
    tags = chokepoint.tags_of(owned)
    outcomes = readiness.statuses(owned)
    recused = _recused(part)
    for number, deal_id in enumerate(part, start=start + 1):
        deal = rows.get(deal_id)
        if deal is None:
            continue
        company_id = deal.company_id or 0
        yield Line(
            number,
            deal,
            pipelines[deal.pipeline_id],
            now,
            deal.id in readable,
            figures.get(company_id, {}),
            [t for t in tags.get(company_id, []) if holds(t, local_date(now), ladder())],
            outcomes.get(company_id, {}),
            recused.get(deal_id, []),
        )


def _deals(ids: Sequence[int]) -> Sequence[Deal]:
    return db.session.scalars(
        sa.select(Deal)
        .where(Deal.id.in_(ids))
        .options(
            joinedload(Deal.company),
            joinedload(Deal.owner),
            joinedload(Deal.vehicle),
            joinedload(Deal.target_vehicle),
        )
    ).all()


def _recused(ids: Sequence[int]) -> dict[int, list[str]]:
    rows = db.session.execute(
        sa.select(DealGrant.deal_id, User.name)
        .join(User, User.id == DealGrant.user_id)
        .where(DealGrant.deal_id.in_(ids), DealGrant.kind == GrantKind.RECUSED.value)
        .order_by(User.name)
    )
    found: dict[int, list[str]] = {}
    for deal_id, name in rows:
        found.setdefault(deal_id, []).append(name)
    return found
