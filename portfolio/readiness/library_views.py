"""The library under all targets: at a glance, filtered row by row, and as a file."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.audit import operations as audit
from portfolio.companies import queries as companies
from portfolio.companies.sections import Filter
from portfolio.people import access, policy
from portfolio.readiness import library_queries as queries
from portfolio.readiness import recognition_queries, run_operations
from portfolio.readiness.library import NEAR, WITHIN, Asked, Glance, asked_by, inputs, place_of
from portfolio.readiness.library_queries import Row
from portfolio.readiness.library_sheets import COLUMNS, Told
from portfolio.readiness.results import Verdict
from portfolio.readiness.successions import Succession, coming
from portfolio.readiness.targets import plan, target_of
from portfolio.readiness.views import blueprint, line_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.model import Rulebook
from portfolio.web.downloads import XLSX, Share, beyond
from portfolio.web.formatting import title_of, today, url_with
from portfolio.web.i18n import language
from portfolio.web.paging import DEEPEST, PER_PAGE
from portfolio.web.sheets import Sheet, write_csv, write_xlsx

AT_A_GLANCE = 12
SOON = dt.timedelta(days=183)
LABELS = {
    "target": _l("Target"),
    "verdict": _l("Verdict"),
    "far": _l("Distance"),
    "missing": _l("Missing input"),
    "industry": _l("Industry"),
}


def further() -> Sequence[Filter]:
    """Filters that slices above hand in."""
    filters: Sequence[Filter] = current_app.extensions.get("library_filters", ())
    return filters


def _asked() -> Asked:
    return asked_by(request.args)


def whose(permission: str = "company.read") -> sa.ColumnElement[bool]:
    """The condition on companies that the address asks for, among those the reader may see."""
    found = [companies.visible(access.me(), permission)]
    for one in further():
        if chosen := [value for value in request.args.getlist(one.key) if value]:
            found.append(one.clause(chosen))
    return sa.and_(*found)


def _words(name: str, value: str) -> str:
    """What a chosen value is called."""
    if name == "target":
        return title_of(target_of(value))
    if name == "verdict":
        return title_of(Verdict._value2member_map_[value])
    if name == "missing":
        return title_of(dictionary()[value])
    if name == "far":
        return dict(distances())[value]
    return value


def distances() -> list[tuple[str, str]]:
    """How far away one may ask for."""
    within = [(n, _("Within %(percent)s%% of a clause", percent=n)) for n in WITHIN]
    return [(NEAR, _("One clause away")), *within]


def _conditions(asked: Asked) -> list[tuple[str, str, str]]:
    """The filter in words: argument, label and value."""
    found = [("q", _("Search"), asked.text)] if asked.text else []
    for name, label in LABELS.items():
        if value := getattr(asked, name):
            found.append((name, str(label), _words(name, value)))
    for one in further():
        titles = dict(one.choices())
        for value in request.args.getlist(one.key):
            if value in titles:
                found.append((one.key, str(one.title), titles[value]))
    return found


@blueprint.get("/readiness")
@access.permit("company.read")
def index() -> str:
    """The library under all targets; with a filter the rows that it asks for."""
    asked, conditions = _asked(), _conditions(_asked())
    behind = place_of(request.args.get("behind", ""))
    shown = asked if conditions else Asked(far=NEAR)
    overview = not conditions and behind is None
    most = AT_A_GLANCE if overview else PER_PAGE
    keys = queries.keys_of(shown, whose(), most + 1, behind)
    rows = queries.rows_of(keys[:most])
    last = keys[most - 1] if len(keys) > most else None
    glance, granted = _glance() if overview else (None, {})
    return render_template(
        "readiness/index.html",
        glance=glance,
        granted=granted,
        families=plan().families,
        asked=asked,
        chips=[
            (f"{label}: {value}", url_with(**{name: None, "behind": None}))
            for name, label, value in conditions
        ],
        rows=[(row, line_of(row.near) if row.near else None) for row in rows],
        more=f"{last.distance}.{last.company_id}.{last.target}" if last else "",
        begun=behind is not None,
        choices=_choices(),
        run=run_operations.last_run(),
        owing=run_operations.owing(),
        coming=_soon(),
        beyond=beyond() if last and not overview else "",
        day=today(),
    )


def _soon() -> Sequence[tuple[Succession, Rulebook]]:
    """The rulebooks that begin to apply, or end for good, before long."""
    ahead = [one for one in coming(today()) if one.day <= today() + SOON]
    return [(one, library()[one.book]) for one in ahead]


def _glance() -> tuple[Glance, Mapping[str, int]]:
    if policy.ALL in access.me().scopes("company.read"):
        return queries.glance_of_all(today())
    return queries.glance(whose()), recognition_queries.counts(whose(), today())


def _choices() -> dict[str, Any]:
    """What each part of the filter may be."""
    return {
        "distances": distances(),
        "inputs": sorted(((m.id, title_of(m)) for m in inputs()), key=lambda one: one[1]),
        "industries": companies.industries(access.me()),
        "further": [(one, one.choices()) for one in further()],
    }


def _told(rows: Iterable[Row]) -> Iterable[Told]:
    for row in rows:
        line = line_of(row.near) if row.near else None
        target = target_of(row.key.target)
        short = row.near is not None and row.near.hardest.gap
        yield Told(
            row.key.company_id,
            row.name,
            row.industry,
            title_of(target),
            title_of(Verdict._value2member_map_[row.near.status]) if row.near else "",
            row.key.distance,
            line.clause if line else "",
            line.words if line and short else "",
            title_of(library()[row.near.book]) if row.near else "",
        )


def _chosen() -> tuple[Iterable[Told], Share]:
    """The rows that may leave the house, and what that is of the list; kept in the trail."""
    asked = _asked()
    found = queries.keys_of(asked, whose("export"), DEEPEST + 1)
    keys, cut = found[:DEEPEST], len(found) > DEEPEST
    left_out = 0 if cut else len(queries.keys_of(asked, whose(), DEEPEST)) - len(keys)
    share = Share(len(keys), left_out, cut)
    said = {"rows": share.rows, "left_out": share.left_out, "query": request.query_string.decode()}
    with access.writing("readiness.export"):
        audit.record(audit.Entry("readiness.export", "company", None, after=said))
    parts = (keys[start : start + PER_PAGE] for start in range(0, len(keys), PER_PAGE))
    return _told(row for part in parts for row in queries.rows_of(part)), share


@blueprint.get("/readiness.csv")
@access.permit("export")
def as_csv() -> Response:
    """The rows that the filter asks for as CSV, streamed."""
    rows, share = _chosen()
    body = stream_with_context(write_csv(COLUMNS, rows, language()))
    headers = share.headers("readiness", "csv", dt.datetime.now(dt.UTC))
    return Response(body, mimetype="text/csv", headers=headers)


@blueprint.get("/readiness.xlsx")
@access.permit("export")
def as_xlsx() -> Response:
    """The rows that the filter asks for as a workbook, with a sheet that says what it holds."""
    rows, share = _chosen()
    now, target = dt.datetime.now(dt.UTC), io.BytesIO()
    conditions = [(label, value) for _name, label, value in _conditions(_asked())]
    notes = [
        (_("Pre-assessment"), _("from the figures on record; no recognition, no legal advice"))
    ]
    about = share.about(access.me().name, now, conditions, notes)
    write_xlsx(target, [Sheet(_("Readiness"), COLUMNS, list(rows)), about], language())
    headers = share.headers("readiness", "xlsx", now)
    return Response(target.getvalue(), mimetype=XLSX, headers=headers)
