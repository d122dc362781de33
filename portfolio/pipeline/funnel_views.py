"""The funnel of a pipeline: by cohort, from the event log alone, with the deals behind each number."""

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext as _

from portfolio.audit import operations as audit
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people.models import User
from portfolio.pipeline import board_queries, funnel_queries, funnel_sheets, queries
from portfolio.pipeline.cohorts import Cohort, cohort_keys, cohort_of
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.funnel import (
    Funnel,
    Ledger,
    asked_deals,
    first_day,
    funnel_of,
)
from portfolio.pipeline.models import Status
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.downloads import XLSX, Share
from portfolio.web.formatting import now, title_of, today
from portfolio.web.i18n import language
from portfolio.web.messages import text_of
from portfolio.web.paging import PER_PAGE, Page, page_number
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

WHATS = ("entered", "reached", "left", "here")


@dataclass(frozen=True)
class Asked:
    """What the address asks for, over the deals that a person holds a permission over."""

    pipeline: Pipeline
    cohort: Cohort
    ledger: Ledger
    everything: Sequence[int]
    deal_ids: list[int]

    def funnel(self) -> Funnel:
        """The funnel of these deals."""
        return funnel_of(
            self.ledger,
            self.deal_ids,
            self.pipeline,
            {s.key: s for s in queries.stages_in_order(self.pipeline.key)},
        )


def _asked(user: User, permission: str = "deal.read", cohort: Cohort | None = None) -> Asked:
    row = queries.current_pipeline(request.args.get("pipeline", "direct")) or abort(404)
    cohort, ledger = cohort or _cohort() or abort(404), funnel_queries.ledger()
    deals = funnel_queries.deals_of(user, row.key, permission)
    return Asked(queries.pipeline_of(row), cohort, ledger, deals, cohort.of(ledger, deals))


def _cohort() -> Cohort | None:
    """The cohort that the address asks for; None when there is none such."""
    try:
        return cohort_of(request.args.get("cohort", ""))
    except InputError:
        return None


def filter_reader() -> Callable[[Mapping[str, Sequence[str]]], list[tuple[str, str]]]:
    """Puts into words which funnel a file is of."""
    flows = {p.key: p for p in queries.current_pipelines()}

    def read(arguments: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
        key, cohort = (arguments.get(name, [""])[0] for name in ("pipeline", "cohort"))
        return _conditions(title_of(flows.get(key or "direct")) or key, cohort)

    return read


def _conditions(pipeline: str, cohort: str) -> list[tuple[str, str]]:
    return [(_("Pipeline"), pipeline), (_("Cohort"), cohort_title(cohort))]


def cohort_title(key: str) -> str:
    """A cohort in words."""
    if not key:
        return _("All deals")
    if key[4:5] == "H":
        first = key[5] == "1"
        return (
            _("First half of %(year)s", year=key[:4])
            if first
            else _("Second half of %(year)s", year=key[:4])
        )
    if key[4:5] == "Q":
        return _("Quarter %(number)s of %(year)s", number=key[5], year=key[:4])
    return _("Year %(year)s", year=key)


@blueprint.get("/funnel")
@access.permit("deal.read")
def funnel() -> Answer:
    """The table with its bars; for a time that there is none of, what is wrong in its place."""
    cohort, wrong = Cohort(), ""
    try:
        cohort = cohort_of(request.args.get("cohort", ""))
    except InputError as error:
        wrong = text_of(error)
    asked = _asked(access.me(), cohort=cohort)
    first = first_day(asked.ledger, asked.everything)
    keys = cohort_keys(first, today()) if first else []
    page = render_template(
        "pipeline/funnel.html",
        wrong=wrong,
        funnel=asked.funnel(),
        pipeline=asked.pipeline,
        pipelines=queries.current_pipelines(),
        cohort=asked.cohort,
        cohorts={key: cohort_title(key) for key in ("", *keys)},
    )
    return page, 422 if wrong else 200


@blueprint.get("/funnel/deals")
@access.permit("deal.read")
def funnel_deals() -> str:
    """The deals behind one number of the funnel."""
    user = access.me()
    asked = _asked(user)
    what, stage = request.args.get("what", "entered"), request.args.get("stage", "")
    if what not in (*WHATS, *(status.value for status in Status)):
        abort(404)
    stages = queries.stage_titles(asked.pipeline.key)
    if what != "entered" and stage not in stages:
        abort(404)
    ids = asked_deals(asked.ledger, asked.deal_ids, what, stage)
    number = min(page_number(), max(1, -(-len(ids) // PER_PAGE)))
    rows = board_queries.by_ids(ids[(number - 1) * PER_PAGE : number * PER_PAGE])
    return render_template(
        "pipeline/funnel_deals.html",
        page=Page(rows, number, len(ids)),
        pipeline=asked.pipeline,
        pipelines=queries.pipelines(),
        cohort=asked.cohort,
        cohort_title=cohort_title(asked.cohort.key),
        what=what,
        stage=stages.get(stage),
    )


def _file(user: User) -> tuple[Asked, Share]:
    """What may leave the house, and how many deals of the page that leaves out."""
    asked = _asked(user, "export")
    seen = len(_asked(user).deal_ids)
    return asked, Share(len(asked.deal_ids), seen - len(asked.deal_ids))


def _record(share: Share, content: bytes) -> None:
    said = {"rows": share.rows, "left_out": share.left_out, "query": request.query_string.decode()}
    digest = hashlib.sha256(content).hexdigest()
    with access.writing("deal.export"):
        audit.record(audit.Entry("deal.export", "funnel", None, after={**said, "sha256": digest}))


@blueprint.get("/funnel/export-share")
@access.permit("export")
def funnel_share() -> str:
    """Over how many deals a file would count, asked for when somebody opens the choice."""
    return render_template("components/share.html", share=_file(access.me())[1])


@blueprint.get("/funnel.csv")
@access.permit("export")
def funnel_csv() -> Response:
    """The table as CSV, over the deals that the person may export."""
    asked, share = _file(access.me())
    found = asked.funnel()
    written = write_csv(funnel_sheets.columns(found, asked.pipeline), found.rows, language())
    content = b"".join(written)
    _record(share, content)
    return Response(content, mimetype="text/csv", headers=share.headers("funnel", "csv", now()))


@blueprint.get("/funnel.xlsx")
@access.permit("export")
def funnel_xlsx() -> Response:
    """The table as a workbook, with a sheet that says what was counted and how."""
    user, moment = access.me(), now()
    asked, share = _file(user)
    found = asked.funnel()
    conditions = _conditions(title_of(asked.pipeline), asked.cohort.key)
    book = [
        Sheet(_("Funnel"), funnel_sheets.columns(found, asked.pipeline), found.rows),
        share.about(user.name, moment, conditions, _notes()),
    ]
    target = io.BytesIO()
    write_xlsx(target, book, language())
    _record(share, target.getvalue())
    headers = share.headers("funnel", "xlsx", moment)
    return Response(target.getvalue(), mimetype=XLSX, headers=headers)


def _notes() -> list[tuple[str, Any]]:
    return [
        (_("Rows"), _("are the deals that were counted")),
        (
            _("Stays"),
            _("time on hold or at rest is no part of them; a skipped stage was not reached"),
        ),
        (_("Percentiles"), _("by nearest rank: always a stay that there was")),
    ]
