"""Who gains and who loses by another rulebook, as a file."""

import io
from collections.abc import Iterable

from flask import Response, abort, request, stream_with_context
from flask_babel import gettext as _

from portfolio.audit import operations as audit
from portfolio.extensions import db
from portfolio.people import access
from portfolio.readiness import foresight_queries as queries
from portfolio.readiness.foresight_sheets import COLUMNS, Told
from portfolio.readiness.foresight_views import (
    PATH,
    conditions,
    succession_or_404,
    told_of,
    wanted_of,
)
from portfolio.readiness.library_views import whose
from portfolio.readiness.successions import Succession
from portfolio.readiness.views import blueprint
from portfolio.rulebook.citations import cited
from portfolio.rulebook.loader import library
from portfolio.web.downloads import XLSX, Share
from portfolio.web.formatting import listed, local_dt, now, title_of
from portfolio.web.i18n import language
from portfolio.web.paging import DEEPEST, PER_PAGE
from portfolio.web.sheets import Sheet, write_csv, write_xlsx


@blueprint.get(f"{PATH}/companies.csv")
@access.permit("export")
def version_as_csv(key: str) -> Response:
    """The companies that the filter asks for as CSV, streamed."""
    rows, share = _chosen(succession_or_404(key))
    body = stream_with_context(write_csv(COLUMNS, rows, language()))
    return Response(body, mimetype="text/csv", headers=share.headers(_stem(key), "csv", now()))


@blueprint.get(f"{PATH}/companies.xlsx")
@access.permit("export")
def version_as_xlsx(key: str) -> Response:
    """The companies that the filter asks for as a workbook, with a sheet that says what it holds."""
    one = succession_or_404(key)
    rows, share = _chosen(one)
    target = io.BytesIO()
    said = [(label, value) for _name, label, value in conditions(wanted_of(one))]
    about = share.about(access.me().name, now(), said, _notes(one))
    write_xlsx(target, [Sheet(_("Readiness"), COLUMNS, list(rows)), about], language())
    headers = share.headers(_stem(key), "xlsx", now())
    return Response(target.getvalue(), mimetype=XLSX, headers=headers)


def _stem(key: str) -> str:
    return f"readiness_{key.replace('.', '_')}"


def _notes(one: Succession) -> list[tuple[str, str]]:
    row = queries.foresight_of(one)
    known_at = row.known_at if row is not None else None
    return [
        (
            _("Rulebook"),
            f"{title_of(library()[one.book])} {cited(library()[one.book].document, language())}",
        ),
        (_("In the place of"), listed(title_of(library()[name]) for name in one.replaced)),
        (_("Day of effect"), one.day.isoformat()),
        (_("By what was known at"), local_dt(known_at)),
        (_("Pre-assessment"), _("from the figures on record; no recognition, no legal advice")),
    ]


def _chosen(one: Succession) -> tuple[Iterable[Told], Share]:
    """The rows that may leave the house, and what that is of the list; kept in the trail."""
    row, wanted = queries.foresight_of(one), wanted_of(one)
    if row is None or row.known_at is None:
        abort(404)
    mine = queries.ids_of(row, wanted, whose("export")).limit(DEEPEST + 1)
    found = db.session.scalars(mine).all()
    ids, cut = found[:DEEPEST], len(found) > DEEPEST
    seen = db.session.scalars(queries.ids_of(row, wanted, whose()).limit(DEEPEST)).all()
    share = Share(len(ids), 0 if cut else max(0, len(seen) - len(ids)), cut)
    said = {
        "name": one.key,
        "rows": share.rows,
        "left_out": share.left_out,
        "query": request.query_string.decode(),
    }
    with access.writing("readiness.export"):
        audit.record(audit.Entry("readiness.export", "company", None, after=said))
    parts = (ids[start : start + PER_PAGE] for start in range(0, len(ids), PER_PAGE))
    return (told_of(row) for part in parts for row in queries.rows_of(part)), share
