"""The committee's files: the deals of a list as CSV and XLSX."""

import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext as _

from portfolio.audit import operations as audit
from portfolio.committee import sheets
from portfolio.extensions import db
from portfolio.people import access
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline.listing import read_deal_listing
from portfolio.pipeline.models import Deal
from portfolio.web.formatting import local_dt, today
from portfolio.web.i18n import language
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

blueprint = Blueprint("committee", __name__)

STAGE = "ic"
MOST_ROWS = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _chosen() -> tuple[list[int], int]:
    """The ids that may leave the house, and how many rows of the list stay behind."""
    filters = current_app.extensions["deal_filters"]
    listing = read_deal_listing(request.args.to_dict(flat=False), [f.key for f in filters])
    user = access.me()
    ids = list(db.session.scalars(board_queries.listed(user, listing, filters, "export")))
    everything = board_queries.listed(user, listing, filters).order_by(None).subquery()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(everything)) or 0
    return ids, total - len(ids)


def _record(ids: list[int], left_out: int, digest: str = "") -> None:
    """Every export is in the trail, with what it held; a walled deal's own trail has it too."""
    query = request.query_string.decode()
    said = {"rows": len(ids), "left_out": left_out, "query": query, "sha256": digest}
    walled = db.session.scalars(sa.select(Deal.id).where(Deal.id.in_(ids[:500]), Deal.walled))
    with access.writing("deal.export"):
        audit.record(audit.Entry("deal.export", "deal_list", None, after=said))
        for deal_id in walled.all():
            audit.record(audit.Entry("deal.export", "deal", deal_id, deal_id=deal_id))


def _headers(ending: str, rows: int, left_out: int) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="deals_{today():%Y%m%d}.{ending}"',
        "X-Rows": str(rows),
        "X-Rows-Left-Out": str(left_out),
    }


@blueprint.get("/committee")
@access.permit("committee.read")
def index() -> str:
    """The deals before the committee, those longest there first, with their files."""
    user = access.me()
    row = queries.current_pipeline("direct")
    deals = board_queries.cards(user, row.id, STAGE, limit=MOST_ROWS) if row else []
    return render_template(
        "committee/index.html",
        deals=deals,
        stage=STAGE,
        more=len(deals) == MOST_ROWS,
        terms=queries.among_seen(user, "deal.terms", [deal.id for deal in deals]),
    )


@blueprint.get("/deals.csv")
@access.permit("export")
def as_csv() -> Response:
    """The list as CSV, streamed: recorded before the first row leaves, with its hash after the
    last one has."""
    ids, left_out = _chosen()
    rows = sheets.lines(ids, access.me(), dt.datetime.now(dt.UTC))
    header = language()
    _record(ids, left_out)

    def body() -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in write_csv(sheets.columns(), rows, header):
            digest.update(piece)
            yield piece
        with access.writing("deal.export_sent"):
            sent = {"rows": len(ids), "sha256": digest.hexdigest()}
            audit.record(audit.Entry("deal.export_sent", "deal_list", None, after=sent))

    headers = _headers("csv", len(ids), left_out)
    return Response(stream_with_context(body()), mimetype="text/csv", headers=headers)


@blueprint.get("/deals.xlsx")
@access.permit("export")
def as_xlsx() -> Response:
    """The list as a workbook, with a sheet that says what it holds."""
    ids, left_out = _chosen()
    user, now = access.me(), dt.datetime.now(dt.UTC)
    target = io.BytesIO()
    book = [
        Sheet(_("Items"), sheets.columns(), sheets.lines(ids, user, now)),
        Sheet(_("About this file"), sheets.NOTES, _notes(user.name, now, len(ids), left_out)),
    ]
    write_xlsx(target, book, language())
    content = target.getvalue()
    _record(ids, left_out, hashlib.sha256(content).hexdigest())
    return Response(content, mimetype=XLSX, headers=_headers("xlsx", len(ids), left_out))


def _notes(name: str, now: dt.datetime, rows: int, left_out: int) -> list[Any]:
    return [
        (_("Made by"), name),
        (_("Made at"), local_dt(now)),
        (_("Filter"), request.query_string.decode() or _("none")),
        (_("Rows"), str(rows)),
        (_("Rows of the list left out, which may not be exported"), str(left_out)),
        (_("Amounts"), _("in 10,000 CNY, exact; empty means unknown or not for the maker")),
        (_("Readiness"), _("a pre-assessment from the figures on record, no recognition")),
    ]
