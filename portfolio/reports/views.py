"""A company's reports in the browser: which there are, one as a page, the same as a PDF."""

import datetime as dt

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from portfolio.audit import operations as audit
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.kernel.dates import parse_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.reports.content_views import content_of
from portfolio.reports.kinds import Kind, kinds
from portfolio.reports.paper import pdf
from portfolio.web.formatting import today

blueprint = Blueprint("reports", __name__)
PDF = "application/pdf"


@blueprint.get("/companies/<int:company_id>/reports/<key>")
@access.permit("company.read")
def report(company_id: int, key: str) -> str:
    """A report as a page, by the rules of the day asked for."""
    company, kind = _company(company_id), _kind(key)
    return render_template(
        "reports/report.html",
        company=company,
        kind=kind,
        kinds=kinds().values(),
        report=content_of(company, kind, _day()),
        day=_day(),
        takes=companies.get_visible(access.me(), company.id, "export") is not None,
    )


@blueprint.get("/companies/<int:company_id>/reports/<key>.pdf")
@access.permit("export")
def as_pdf(company_id: int, key: str) -> Response:
    """The same as a paper, for who may take this company's data home; kept in the trail."""
    kind = _kind(key)
    company = companies.get_visible(access.me(), company_id, "export") or abort(404)
    made = pdf(content_of(company, kind, _day()), _day())
    with access.writing("report.take"):
        said = {"name": kind.key, "as_of": _day().isoformat()}
        audit.record(audit.Entry("report.take", "company", company.id, after=said))
    name = f"{kind.key}_{company.id}_{_day():%Y%m%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(made, mimetype=PDF, headers=headers)


def _company(company_id: int) -> Company:
    return companies.get_visible(access.me(), company_id) or abort(404)


def _kind(key: str) -> Kind:
    return kinds().get(key) or abort(404)


def _day() -> dt.date:
    """The day whose rules are asked for; one that is no day is today."""
    try:
        return parse_date(request.args["on"])
    except (KeyError, InputError):
        return today()
