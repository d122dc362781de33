"""The deals of a company and what the fund holds of it, as a section of its page, now or as known on a past day."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from portfolio.companies.models import Company
from portfolio.companies.sections import Section
from portfolio.people.models import User
from portfolio.pipeline import board_queries, holding_queries, past_queries, queries
from portfolio.pipeline import sight_queries as sight


def company_section(company: Company, user: User, known_at: dt.datetime | None) -> Section | None:
    """The company's deals that this person may see, and its holdings; nothing for those who read no deals."""
    if not user.may("deal.read"):
        return None
    deals: Sequence[Any]
    if known_at is None:
        deals = board_queries.of_company(user, company.id)
    else:
        deals = past_queries.deals_of_company_then(user, company.id, known_at)
    context = {
        "company": company,
        "deals": deals,
        "pipelines": queries.pipelines() if deals else {},
        "terms": sight.among_seen(user, "deal.terms", [deal.id for deal in deals]),
        "past": known_at is not None,
        "held": holding_queries.of_company(user, company.id, known_at),
    }
    return Section("deals", _("Deals"), "pipeline/_company.html", context, order=10, as_known=True)
