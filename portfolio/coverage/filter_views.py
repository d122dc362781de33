"""Chokepoint technology as a filter of the lists of deals and companies: the lists behind figures."""

from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.chokepoint import queries as chokepoint
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce, taxonomy
from portfolio.companies.models import Company
from portfolio.companies.sections import Filter
from portfolio.coverage import queries
from portfolio.people import access
from portfolio.pipeline.models import Deal, Holding
from portfolio.web.formatting import title_of, today

ANY, NONE = "any", "none"


def _choices() -> list[tuple[str, str]]:
    """Any technology and none, the domains, and each technology."""
    book = taxonomy()
    return [
        (ANY, _("Any, counted in statistics")),
        (NONE, _("No technology that counts")),
        *((domain.id, title_of(domain)) for domain in book.domains.values()),
        *((each.id, title_of(each)) for each in book.technologies.values()),
    ]


def _tagged(names: Collection[str] | None = None) -> sa.Select[int]:
    """The companies with a tag that counts in statistics, of any technology or of some."""
    query = sa.select(Tag.company_id).where(chokepoint.counts_in_statistics(today()))
    return query if names is None else query.where(Tag.technology.in_(names))


def _among(column: Any, chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    known = TechnologiesInForce()
    names = {name for name in known if name in chosen or known[name].domain in chosen}
    found = [column.in_(_tagged(names))]
    if ANY in chosen:
        found.append(column.in_(_tagged()))
    if NONE in chosen:
        found.append(column.not_in(_tagged()))
    return sa.or_(*found)


def _deals(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Deal.company_id.is_not(None), _among(Deal.company_id, chosen))


def _companies(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    return _among(Company.id, chosen)


def _invested(chosen: Sequence[str]) -> sa.ColumnElement[bool]:
    """Companies of which a vehicle holds something that the reader may know of."""
    held = sa.select(Holding.company_id).where(
        Holding.superseded_at.is_(None), queries.held(access.me())
    )
    return Company.id.in_(held)


def _yes(title: str) -> list[tuple[str, str]]:
    return [("yes", title)]


DEAL_FILTERS = (
    Filter("chokepoint", _l("Chokepoint technology"), _choices, _deals),
    Filter(
        "open",
        _l("Pipeline of companies"),
        lambda: _yes(_("Before the investment")),
        lambda chosen: queries.in_pipeline(),
    ),
)
COMPANY_FILTERS = (
    Filter("chokepoint", _l("Chokepoint technology"), _choices, _companies),
    Filter("invested", _l("Invested"), lambda: _yes(_("Held by a vehicle")), _invested),
)
