"""The lists of companies as files: the same rows as on the screen, within the right to export."""

import io

from flask import Response, current_app, request, stream_with_context

from portfolio.audit import operations as audit
from portfolio.companies import queries, sheets
from portfolio.companies.views import asked_listing, blueprint
from portfolio.extensions import db
from portfolio.people import access
from portfolio.web.formatting import today
from portfolio.web.i18n import language
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _chosen() -> tuple[list[int], int]:
    """The ids that may leave the house, and how many rows of the list stay behind."""
    filters = current_app.extensions["company_filters"]
    user, listing = access.me(), asked_listing()
    ids = list(db.session.scalars(queries.listed(user, listing, filters, "export")))
    left_out = sheets.count(queries.listed(user, listing, filters)) - len(ids)
    with access.writing("company.export"):
        audit.record(
            audit.Entry(
                "company.export",
                "company",
                None,
                after={
                    "rows": len(ids),
                    "left_out": left_out,
                    "query": request.query_string.decode(),
                },
            )
        )
    return ids, left_out


def _named(response: Response, ending: str, rows: int, left_out: int) -> Response:
    name = f"companies_{today():%Y%m%d}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Rows"] = str(rows)
    response.headers["X-Rows-Left-Out"] = str(left_out)
    return response


@blueprint.get("/companies.csv")
@access.permit("export")
def as_csv() -> Response:
    """The list as CSV, streamed."""
    ids, left_out = _chosen()
    rows = sheets.companies_in_order(ids)
    body = stream_with_context(write_csv(sheets.COMPANY_COLUMNS, rows, language()))
    return _named(Response(body, mimetype="text/csv"), "csv", len(ids), left_out)


@blueprint.get("/companies.xlsx")
@access.permit("export")
def as_xlsx() -> Response:
    """The list as a workbook."""
    ids, left_out = _chosen()
    target = io.BytesIO()
    sheet = Sheet("companies", sheets.COMPANY_COLUMNS, sheets.companies_in_order(ids))
    write_xlsx(target, [sheet], language())
    return _named(Response(target.getvalue(), mimetype=XLSX), "xlsx", len(ids), left_out)
