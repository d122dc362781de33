"""The lists of companies as files: the same rows as on the screen, within the right to export."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.audit import operations as audit
from portfolio.companies import queries, sheets
from portfolio.companies.listing import read_listing
from portfolio.companies.views import asked_listing, blueprint
from portfolio.extensions import db
from portfolio.kernel.records import LeadSource
from portfolio.people import access, policy
from portfolio.web.downloads import XLSX, Share
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language
from portfolio.web.paging import count_of
from portfolio.web.sheets import Column, Sheet, write_csv, write_xlsx

REACH = {
    policy.AGENDA: _l("Your role may export the companies of the deals on your agendas."),
    policy.TEAM: _l("Your role may export the companies of your own and your team's deals."),
}


FIGURES = "figures"  # what the trail says of a file that holds those of the list's companies


@blueprint.app_context_processor
def _reach() -> dict[str, Any]:
    return {"company_reach": reach}


def reach() -> list[str]:
    """Why a file may hold less than the list, in words; empty where it always holds all of it."""
    user = access.me()
    held = user.scopes("export")
    if held >= user.scopes("company.read"):
        return []
    return [str(words) for scope, words in REACH.items() if scope in held]


def conditions(arguments: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """The filter that the query arguments stand for, in words."""
    filters = current_app.extensions["company_filters"]
    listing = read_listing(arguments, [f.key for f in filters])
    sources = [title_of(LeadSource._value2member_map_.get(v)) or v for v in listing.sources]
    found = [
        (_("Contents"), [_("Yearly figures")] if FIGURES in arguments else []),
        (_("Search"), [listing.text] if listing.text else []),
        (_("Place"), listing.places),
        (_("Industry"), listing.industries),
        (_("Source"), sources),
    ]
    by_key = {f.key: f for f in filters}
    for key, values in listing.extra:
        titles = dict(by_key[key].choices())
        found.append((str(by_key[key].title), [titles.get(v, v) for v in values]))
    return [(label, ", ".join(values)) for label, values in found if values]


def _share(rows: int) -> Share:
    """What a file of so many rows leaves out of the list asked for."""
    filters = current_app.extensions["company_filters"]
    total = count_of(queries.listed(access.me(), asked_listing(), filters))
    return Share(rows, total - rows)


def _exportable() -> Any:
    filters = current_app.extensions["company_filters"]
    return queries.listed(access.me(), asked_listing(), filters, "export")


@blueprint.get("/companies/export-share")
@access.permit("export")
def share() -> str:
    """How many rows of the list a file would hold, asked for when somebody opens the choice."""
    return render_template("components/share.html", share=_share(count_of(_exportable())))


def _chosen(what: str = "") -> tuple[list[int], Share]:
    """The ids that may leave the house, and what that is of the list; kept in the trail, with what
    of them is written."""
    ids = list(db.session.scalars(_exportable()))
    share = _share(len(ids))
    query = "&".join(filter(None, (what, request.query_string.decode())))
    said = {"rows": share.rows, "left_out": share.left_out, "query": query}
    with access.writing("company.export"):
        audit.record(audit.Entry("company.export", "company", None, after=said))
    return ids, share


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _as_csv(name: str, columns: Sequence[Column], rows: Iterable[Any], share: Share) -> Response:
    body = stream_with_context(write_csv(columns, rows, language()))
    return Response(body, mimetype="text/csv", headers=share.headers(name, "csv", _now()))


def _as_xlsx(name: str, sheet: Sheet, share: Share) -> Response:
    """A workbook with a further sheet that says what it holds."""
    now, maker = _now(), access.me().name
    target = io.BytesIO()
    notes = [(_("Amounts"), _("in 10,000 CNY, exact; empty means unknown"))]
    about = share.about(maker, now, conditions(request.args.to_dict(flat=False)), notes)
    write_xlsx(target, [sheet, about], language())
    headers = share.headers(name, "xlsx", now)
    return Response(target.getvalue(), mimetype=XLSX, headers=headers)


@blueprint.get("/companies.csv")
@access.permit("export")
def as_csv() -> Response:
    """The list as CSV, streamed."""
    ids, share = _chosen()
    columns = sheets.company_columns(language())
    return _as_csv("companies", columns, sheets.companies_in_order(ids), share)


@blueprint.get("/companies.xlsx")
@access.permit("export")
def as_xlsx() -> Response:
    """The list as a workbook."""
    ids, share = _chosen()
    columns = sheets.company_columns(language())
    rows = sheets.companies_in_order(ids)
    return _as_xlsx("companies", Sheet(_("Companies"), columns, rows), share)


@blueprint.get("/companies/figures.csv")
@access.permit("export")
def figures_as_csv() -> Response:
    """The yearly figures of the list's companies as CSV, streamed."""
    ids, share = _chosen(FIGURES)
    return _as_csv("figures", sheets.figure_columns(), sheets.year_rows(ids), share)


@blueprint.get("/companies/figures.xlsx")
@access.permit("export")
def figures_as_xlsx() -> Response:
    """The yearly figures of the list's companies as a workbook."""
    ids, share = _chosen(FIGURES)
    sheet = Sheet(_("Yearly figures"), sheets.figure_columns(), sheets.year_rows(ids))
    return _as_xlsx("figures", sheet, share)
