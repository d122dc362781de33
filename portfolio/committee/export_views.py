"""The committee's files: the deals of a list as CSV and XLSX."""

import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from portfolio.audit import operations as audit
from portfolio.audit.words import MASK
from portfolio.committee import line_queries, sheets
from portfolio.committee.views import blueprint
from portfolio.coverage.figures import Coverage
from portfolio.coverage.kept_queries import covered
from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.people import access, policy
from portfolio.people import queries as people
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.listing import DealListing, read_deal_listing
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.stages import Stage
from portfolio.web.downloads import XLSX, Share, units
from portfolio.web.formatting import listed, title_of
from portfolio.web.i18n import language
from portfolio.web.paging import count_of
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

REACH = {
    policy.AGENDA: _l("Your role may export the deals on your agendas."),
    policy.TEAM: _l("Your role may export your own and your team's deals."),
}


@blueprint.app_context_processor
def _reach() -> dict[str, Any]:
    return {"deal_reach": reach}


def reach() -> list[str]:
    """Why a file may hold less than the list, in words; empty where it always holds all of it."""
    user = access.me()
    held = user.scopes("export")
    if held >= user.scopes("deal.read"):
        return []
    return [str(words) for scope, words in REACH.items() if scope in held]


def _listing(arguments: Mapping[str, Sequence[str]]) -> DealListing:
    return read_deal_listing(arguments, [f.key for f in current_app.extensions["deal_filters"]])


def _arguments() -> dict[str, list[str]]:
    return request.args.to_dict(flat=False)


def filter_reader() -> Callable[[Mapping[str, Sequence[str]]], list[tuple[str, str]]]:
    """Puts filters into words, with what they name looked up once for all of them."""
    flows = {p.key: p for p in queries.current_pipelines()}
    return partial(_conditions, flows, cache(queries.stage_titles), people.names())


def _conditions(
    pipelines: Mapping[str, Pipeline],
    stage_titles: Callable[[str], Mapping[str, Stage]],
    names: Mapping[int, str],
    arguments: Mapping[str, Sequence[str]],
) -> list[tuple[str, str]]:
    """The filter that the query arguments stand for, in words."""
    listing = _listing(arguments)
    stages = {**stage_titles(""), **stage_titles(listing.pipeline)}
    chosen = pipelines.get(listing.pipeline)
    found: list[tuple[str, list[str]]] = [
        (_("Search"), [listing.text] if listing.text else []),
        (_("Pipeline"), [title_of(chosen) or listing.pipeline] if listing.pipeline else []),
        (_("Stage"), [title_of(stages.get(key)) or key for key in listing.stages]),
        (_("Status"), [_status(key) for key in listing.statuses]),
        (_("Owner"), [names.get(owner, str(owner)) for owner in listing.owners]),
    ]
    by_key = {f.key: f for f in current_app.extensions["deal_filters"]}
    for key, values in listing.extra:
        titles = dict(by_key[key].choices())
        found.append((str(by_key[key].title), [titles.get(v, v) for v in values]))
    return [(label, ", ".join(values)) for label, values in found if values]


def _status(key: str) -> str:
    return title_of(Status._value2member_map_.get(key)) or key


def _rows(permission: str = "deal.read") -> sa.Select[int]:
    filters = current_app.extensions["deal_filters"]
    return board_queries.listed(access.me(), _listing(_arguments()), filters, permission)


@blueprint.get("/deals/export-share")
@access.permit("export")
def share() -> str:
    """How many rows of the list a file would hold, asked for when somebody opens the choice."""
    rows = count_of(_rows("export"))
    return render_template("components/share.html", share=Share(rows, count_of(_rows()) - rows))


def _chosen() -> tuple[list[int], Share]:
    """The ids that may leave the house, and what that is of the list."""
    ids = list(db.session.scalars(_rows("export")))
    return ids, Share(len(ids), count_of(_rows()) - len(ids))


def _record(ids: Sequence[int], share: Share, digest: str = "") -> None:
    """Every export is in the trail, with what it held. A walled deal's own trail has it too, and
    that alone what was searched for: it may be the deal's name."""
    everything = db.session.scalars(
        sa.select(Deal.id).where(Deal.walled, sight.visible(access.me()))
    )
    walled = sorted(set(everything) & set(ids))
    query = request.query_string.decode()
    said = {"rows": share.rows, "left_out": share.left_out, "sha256": digest}
    with access.writing("deal.export"):
        open_query = _without_search() if walled else query
        audit.record(
            audit.Entry("deal.export", "deal_list", None, after={**said, "query": open_query})
        )
        for deal_id in walled:
            audit.record(
                audit.Entry("deal.export", "deal", deal_id, after={"query": query}, deal_id=deal_id)
            )


def _without_search() -> str:
    arguments = _arguments()
    if arguments.get("q"):
        arguments["q"] = [MASK]
    return urlencode(arguments, doseq=True, safe="*")


@blueprint.get("/deals.csv")
@access.permit("export")
def as_csv() -> Response:
    """The list as CSV, streamed: recorded before the first row leaves, with its hash after the
    last one has."""
    ids, share = _chosen()
    now = dt.datetime.now(dt.UTC)
    rows = line_queries.lines(ids, access.me(), now)
    header = language()
    _record(ids, share)

    def body() -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in write_csv(sheets.columns(ids, now), rows, header):
            digest.update(piece)
            yield piece
        with access.writing("deal.export_sent"):
            sent = {"rows": len(ids), "sha256": digest.hexdigest()}
            audit.record(audit.Entry("deal.export_sent", "deal_list", None, after=sent))

    headers = share.headers("deals", "csv", now)
    return Response(stream_with_context(body()), mimetype="text/csv", headers=headers)


def _covered(found: Coverage) -> str:
    """How far what the maker may see is in chokepoint technology."""
    deals, firms = found.pipeline, found.invested
    said = [
        _(
            "%(part)d of %(whole)d deals in the pipeline",
            part=deals.part.count,
            whole=deals.whole.count,
        ),
        _(
            "%(part)d of %(whole)d companies invested in",
            part=firms.part.count,
            whole=firms.whole.count,
        ),
        ngettext("%(num)d domain covered", "%(num)d domains covered", found.fields),
    ]
    return listed(said)


@blueprint.get("/deals.xlsx")
@access.permit("export")
def as_xlsx() -> Response:
    """The list as a workbook, with a sheet that says what it holds."""
    ids, share = _chosen()
    user, now = access.me(), dt.datetime.now(dt.UTC)
    target = io.BytesIO()
    columns = sheets.columns(ids, now)
    notes = [
        *units(columns, language()),
        (_("Amounts"), _("in 10,000 CNY, exact; empty means unknown or not for the maker")),
        (_("Readiness"), _("a pre-assessment from the figures on record, no recognition")),
    ]
    found = covered(user, local_date(now))
    if not found.empty:
        notes.append((_("Chokepoint technology"), _covered(found)))
    book = [
        Sheet(_("Items"), columns, line_queries.lines(ids, user, now)),
        share.about(user.name, now, filter_reader()(_arguments()), notes),
    ]
    write_xlsx(target, book, language())
    content = target.getvalue()
    _record(ids, share, hashlib.sha256(content).hexdigest())
    return Response(content, mimetype=XLSX, headers=share.headers("deals", "xlsx", now))
