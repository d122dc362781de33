"""Evidence that goes where the claim goes that it proves."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from portfolio.chokepoint.models import TagEvidence
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, one_of
from portfolio.kernel.parts import in_parts
from portfolio.taxonomies.moving import Effect, Step

OWN = frozenset(("id", "technology", "recorded_at", "superseded_at"))
CARRIED = tuple(c.key for c in sa.inspect(TagEvidence).column_attrs if c.key not in OWN)
Steps = Mapping[int, Sequence[Step]]


def follow(steps: Steps, now: dt.datetime) -> None:
    """Copy the evidence of tags to where they went, and close it where they are no more."""
    ways: dict[tuple[int, str], list[Step]] = {}
    for company_id, of in steps.items():
        for step in of:
            if step.source is not None and step.becomes not in {"", step.technology}:
                ways.setdefault((company_id, step.technology), []).append(step)
    for row in _evidence(
        {company_id for company_id, _ in ways}, TagEvidence.superseded_at.is_(None)
    ):
        for step in ways.get((row.company_id, row.technology), ()):
            _copy(row, step.becomes, now)
            row.superseded_at = now if step.closes else row.superseded_at
    db.session.flush()


def come_back(steps: Steps, taken: TaxonomyEdition, live: frozenset[str], now: dt.datetime) -> None:
    """Put evidence back where an edition had taken it from; what was added since goes along where
    its technology is no more."""
    back: dict[int, list[Step]] = {}
    for company_id, of in steps.items():
        if found := [step for step in of if step.effect is Effect.RETURNS and step.becomes]:
            back[company_id] = found
    known = sa.or_(
        TagEvidence.superseded_at.is_(None),
        sa.and_(
            TagEvidence.superseded_at == taken.published_at, TagEvidence.withdrawn_by_id.is_(None)
        ),
    )
    for row in _evidence(back, known):
        there = {step.becomes for step in back[row.company_id] if step.made}
        origins = {step.technology for step in back[row.company_id]}
        if row.superseded_at is not None:
            if row.technology in there:
                _copy(row, row.technology, now)
        elif row.technology in origins - there:
            later = row.recorded_at != taken.published_at
            for name in there if later and row.technology not in live else ():
                _copy(row, name, now)
            if not later or row.technology not in live:
                row.superseded_at = now
    db.session.flush()


def _evidence(company_ids: Iterable[int], condition: sa.ColumnElement[bool]) -> list[TagEvidence]:
    found: list[TagEvidence] = []
    for part in in_parts(company_ids):
        query = sa.select(TagEvidence).where(one_of(TagEvidence.company_id, part), condition)
        found.extend(db.session.scalars(query.order_by(TagEvidence.id)))
    return found


def _copy(row: TagEvidence, technology: str, now: dt.datetime) -> None:
    values = {name: getattr(row, name) for name in CARRIED}
    db.session.add(TagEvidence(**values, technology=technology, recorded_at=now))
