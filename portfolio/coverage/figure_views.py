"""The page of coverage: shares of the pipeline and of money invested, by domain, at month ends."""

import datetime as dt

from flask import abort, render_template, request
from flask_babel import gettext as _

from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies.models import Company
from portfolio.coverage import figure_queries, kept_queries
from portfolio.coverage.figures import month_ends, per_cent
from portfolio.coverage.views import blueprint
from portfolio.extensions import db, one_of
from portfolio.kernel.dates import parse_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import board_queries, queries
from portfolio.web.formatting import title_of, today
from portfolio.web.paging import Page, page_of
from portfolio.web.past import end_of

MONTHS = 12
WHATS = (figure_queries.DEALS, figure_queries.COMPANIES)
ALL, ANY = "all", "any"


@blueprint.get("/chokepoints/coverage")
@access.permit("company.read")
def figures() -> str:
    """The figures of today, each of which opens the list behind it; those of month ends follow."""
    user = access.me()
    return render_template(
        "coverage/figures.html",
        now=kept_queries.covered(user, today()),
        domains=taxonomy().domains.values(),
        per_cent=per_cent,
        amounts=user.may("deal.terms"),
    )


@blueprint.get("/chokepoints/coverage/months")
@access.permit("company.read")
def months() -> str:
    """The figures of the last month ends: a page of its own, and a part that the other one loads.
    The first look at them takes seconds in a large library."""
    user = access.me()
    past = kept_queries.past(user, month_ends(today(), MONTHS))
    while past and past[0].empty:
        past.pop(0)
    return render_template(
        "coverage/months.html",
        past=past[::-1],
        domains=taxonomy().domains.values(),
        per_cent=per_cent,
        amounts=user.may("deal.terms"),
    )


@blueprint.get("/chokepoints/coverage/rows")
@access.permit("company.read")
def rows() -> str:
    """The deals or the companies behind a figure of a month end."""
    day, what, of = _day(), request.args.get("what", ""), request.args.get("of", ANY)
    domains = taxonomy().domains
    if day is None or what not in WHATS or of not in {ALL, ANY, *domains}:
        abort(404)
    domain = None if of == ALL else "" if of == ANY else of
    query = figure_queries.behind(access.me(), what, domain, day, end_of(day))
    ids, number, total = page_of(query)
    deals = board_queries.by_ids(ids) if what == figure_queries.DEALS else ()
    firms = _firms(list(ids)) if what == figure_queries.COMPANIES else ()
    return render_template(
        "coverage/rows.html",
        page=Page(deals or firms, number, total),
        what=what,
        day=day,
        of=_("All") if of == ALL else _("All domains") if of == ANY else title_of(domains[of]),
        pipelines=queries.pipelines(),
    )


def _firms(ids: list[int]) -> list[Company]:
    found = {row.id: row for row in db.session.query(Company).filter(one_of(Company.id, ids))}
    return [found[number] for number in ids if number in found]


def _day() -> dt.date | None:
    try:
        day = parse_date(request.args.get("day", ""))
    except InputError:
        return None
    return day if day < today() else None
