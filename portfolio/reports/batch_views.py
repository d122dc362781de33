"""Reports of many companies at once: ordered from the list as it is filtered, left running, taken
home as one file."""

from typing import Any

import sqlalchemy as sa
from flask import Response as FlaskResponse
from flask import abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portfolio.audit import operations as audit
from portfolio.companies import queries as companies
from portfolio.companies.listing import read_listing
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.reports import jobs, operations, queries
from portfolio.reports.kinds import kept_for, kinds
from portfolio.reports.models import ENDED, PaperState, ReportBatch
from portfolio.reports.views import blueprint
from portfolio.web.formatting import now, today
from portfolio.web.i18n import language
from portfolio.web.messages import text_of
from portfolio.web.paging import count_of
from portfolio.web.paths import url_asking

Answer = str | Response | tuple[str, int]


@blueprint.get("/reports")
@access.permit("export")
def index() -> Answer:
    """One's own batches, and the form for the companies of the list that one came from."""
    return _page()


@blueprint.post("/reports")
@access.permit("export")
def order() -> Answer:
    """Order a report of each company of the list."""
    kind = request.form.get("kind", "")
    if kind not in kinds():
        abort(400)
    ids = list(db.session.scalars(_listed().limit(operations.MOST + 1)))
    try:
        with access.writing("report.order"):
            batch = operations.order(kind, ids, today(), language(), access.me(), now())
    except InputError as error:
        return _page(text_of(error)), 422
    jobs.start(current_app._get_current_object())  # type: ignore[attr-defined]
    return redirect(url_for("reports.batch", batch_id=batch.id))


@blueprint.get("/reports/<int:batch_id>")
@access.permit("export")
def batch(batch_id: int) -> Answer:
    """How far a batch is, paper by paper."""
    found = _batch(batch_id)
    return render_template(
        "reports/batch.html",
        batch=found,
        kind=kinds()[found.kind],
        until=local_date(found.created_at + kept_for()),
        **_progress(found),
    )


@blueprint.get("/reports/<int:batch_id>/progress")
@access.permit("export")
def progress(batch_id: int) -> Answer:
    """How far it is; the page loads anew when it has ended."""
    found = _batch(batch_id)
    told = _progress(found)
    if not told["open"]:
        return FlaskResponse("", headers={"HX-Refresh": "true"})
    return render_template("reports/_progress.html", batch=found, **told)


@blueprint.get("/reports/<int:batch_id>.zip")
@access.permit("export")
def as_zip(batch_id: int) -> Response:
    """The papers as one file; kept in the trail with how many they are."""
    found = _batch(batch_id)
    content, taken = operations.archive(found, access.me())
    with access.writing("report.take"):
        said = {"name": found.kind, "as_of": found.day.isoformat(), "rows": len(taken)}
        audit.record(audit.Entry("report.take", "company", None, after=said))
    name = f"{found.kind}_{found.day:%Y%m%d}_{len(taken)}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return FlaskResponse(content, mimetype="application/zip", headers=headers)


def _batch(batch_id: int) -> ReportBatch:
    return queries.own_batch(access.me(), batch_id) or abort(404)


def _listed() -> sa.Select[int]:
    """The companies of the list that the address asks for, as far as one may take them home."""
    filters = current_app.extensions["company_filters"]
    listing = read_listing(request.args.to_dict(flat=False), [f.key for f in filters])
    return companies.listed(access.me(), listing, filters, "export")


def _page(error: str = "") -> str:
    batches = queries.recent(access.me())
    counts = queries.counted([batch.id for batch in batches])
    totals = {b.id: sum(n for (of, _s), n in counts.items() if of == b.id) for b in batches}
    made = {b.id: counts.get((b.id, PaperState.MADE.value), 0) for b in batches}
    return render_template(
        "reports/index.html",
        batches=batches,
        kinds=kinds(),
        totals=totals,
        made=made,
        number=count_of(_listed()),
        most=operations.MOST,
        kept_days=kept_for().days,
        action=url_asking("reports.order", request.args.to_dict(flat=False)),
        back=url_asking("companies.index", request.args.to_dict(flat=False)),
        error=error,
    )


def _progress(found: ReportBatch) -> dict[str, Any]:
    papers = queries.papers(found.id)
    ended = sum(paper.state in ENDED for paper in papers)
    return {
        "papers": papers,
        "states": PaperState._value2member_map_,
        "done": ended,
        "open": ended < len(papers),
        "made": sum(paper.state == PaperState.MADE.value for paper in papers),
    }
