"""The audit page: who changed what and when, masked by the reader's own rights."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _

from portfolio.audit import kind_queries, operations, queries, sheets, titles
from portfolio.audit import past_queries as past
from portfolio.audit.check_operations import examined
from portfolio.audit.runs import runs
from portfolio.audit.words import QUERY, Filter, Words, people_in, things_in
from portfolio.extensions import db
from portfolio.kernel.dates import parse_date, start_of
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.downloads import Share
from portfolio.web.formatting import zone
from portfolio.web.i18n import language
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, count_of, page_of
from portfolio.web.sheets import write_csv

blueprint = Blueprint("audit", __name__)

blueprint.add_app_template_filter(
    lambda action: titles.action_title(action, language()), "action_title"
)
blueprint.add_app_template_filter(lambda kind: titles.kind_title(kind, language()), "kind_title")
blueprint.add_app_template_filter(
    lambda column: titles.column_title(column, language()), "column_title"
)

DAY = dt.timedelta(days=1)
CHUNK = 500
MOST_EXPORTED = 100_000
DEAL_CODE = re.compile(r"P[0-9]{4}-0*([0-9]{1,9})", re.IGNORECASE)


def _day(name: str, errors: dict[str, str]) -> dt.datetime | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        day = parse_date(text)
    except InputError as error:
        errors[name] = text_of(error)
        return None
    return start_of(day)


def _object(errors: dict[str, str]) -> dict[str, Any]:
    """The kind and number asked for. The code of a deal asks for all that belongs to it, or what of
    it is of that kind."""
    kind, text = request.args.get("object", "").strip(), request.args.get("id", "").strip()
    if code := DEAL_CODE.fullmatch(text):
        return {"object_type": kind, "deal_id": int(code[1])}
    number = short_number(text)
    if text and number is None:
        errors["id"] = _("“%(value)s” is no number of an object.", value=text)
    return {"object_type": kind, "object_id": number}


def _search(errors: dict[str, str]) -> queries.Search:
    since, until = _day("since", errors), _day("until", errors)
    if since and until and since > until:
        errors["until"] = _("The end lies before the beginning.")
    return queries.Search(
        actor_id=short_number(request.args.get("person", "")),
        **_object(errors),
        action=request.args.get("action", "").strip(),
        since=since,
        until=until + DAY if until else None,
    )


def _known_deals() -> Any:
    return current_app.extensions["known_deals"](access.me())


def _found(search: queries.Search) -> Any:
    return queries.found(search, _known_deals())


def _lines(seqs: Sequence[int]) -> tuple[list[queries.Line], Words, dict[str, Any]]:
    """Entries as this reader may see them, the words for their values, and their rights."""
    entries = queries.by_seqs(seqs)
    user = access.me()
    deals = {entry.deal_id for entry in entries if entry.deal_id is not None}
    companies = {entry.company_id for entry in entries if entry.company_id is not None}
    rights = {
        "deals": current_app.extensions["readable_deals"](user, deals),
        "companies": current_app.extensions["readable_companies"](user, companies),
        "there": past.present("company", companies),
    }
    rows = queries.lines(entries, rights["deals"], queries.terms_by_type(), rights["companies"])
    return rows, _words(rows), rights


def _words(rows: Sequence[queries.Line]) -> Words:
    ids = {person for row in rows for person in people_in(row.changes)}
    more = {key: read() for key, read in current_app.extensions["audit_titles"].items()}
    known = {**titles.PREFERENCES, **kind_queries.enums_by_type(), **more}
    things = current_app.extensions["audit_names"](access.me(), things_in(rows))
    asked = {row.object_type for row in rows if any(name == QUERY for name, *_ in row.changes)}
    readers = {"audit_list": filter_reader, **current_app.extensions["audit_filters"]}
    filters = {kind: readers[kind]() for kind in asked & readers.keys()}
    tellers = current_app.extensions["audit_tellers"]
    return Words(language(), zone(), people.names_of(ids), known, things, filters, tellers)


def filter_reader() -> Filter:
    """Puts the filters of this page into words, for the entries about its files."""
    return partial(_filter_words, people.names())


def _filter_words(
    names: Mapping[int, str], arguments: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    asked = {name: values[0].strip() for name, values in arguments.items()}
    person, kind, action = (asked.get(name, "") for name in ("person", "object", "action"))
    number = short_number(person)
    found = [
        (_("Person"), _("System") if person == "0" else names.get(number or 0, person)),
        (_("Object"), titles.kind_title(kind, language())),
        (_("Its number"), asked.get("id", "")),
        (_("Action"), titles.action_title(action, language())),
        (_("From"), asked.get("since", "")),
        (_("Until"), asked.get("until", "")),
    ]
    return [(label, value) for label, value in found if value]


@blueprint.get("/audit")
@access.permit("audit.read")
def index() -> Any:
    """The newest entries first, filtered by person, object, action and time."""
    errors: dict[str, str] = {}
    search = _search(errors)
    everything = search == queries.Search()
    count = queries.count_of_known(_known_deals()) if everything else None
    found, number, total = page_of(_found(search), count)
    rows, words, rights = _lines(found)
    page = render_template(
        "audit/index.html",
        page=Page(rows, number, total),
        runs=runs(rows),
        words=words,
        rights=rights,
        people=people.names(),
        # Every kind there is: those that occur would tell of what this reader may not know of.
        objects=titles.KINDS,
        actions=titles.ACTIONS,
        errors=errors,
        filtered=not everything,
        checks=queries.last_checks(),
        most=MOST_EXPORTED,
    )
    return (page, 422) if errors else page


@blueprint.get("/audit.csv")
@access.permit("audit.export")
def as_csv() -> Any:
    """The entries that the page finds, the newest first and at most so many, as this reader may
    see them; itself an entry."""
    errors: dict[str, str] = {}
    search = _search(errors)
    if errors:
        return redirect(url_for("audit.index") + "?" + request.query_string.decode())
    kept = db.session.scalars(_found(search).limit(MOST_EXPORTED)).all()
    left_out = count_of(_found(search)) - len(kept)
    said = {"rows": len(kept), "query": request.query_string.decode()}
    with access.writing("audit.export"):
        operations.record(operations.Entry("audit.export", "audit_list", None, after=said))
    body = stream_with_context(write_csv(sheets.columns(), _rows(kept), language()))
    headers = Share(len(kept), left_out).headers("audit", "csv", dt.datetime.now(dt.UTC))
    return Response(body, mimetype="text/csv", headers=headers)


def _rows(seqs: Sequence[int]) -> Iterator[sheets.Seen]:
    for start in range(0, len(seqs), CHUNK):
        rows, words, _rights = _lines(seqs[start : start + CHUNK])
        for row in rows:
            yield row, words
        db.session.expunge_all()


@blueprint.post("/audit/chain")
@access.permit("audit.read")
def chain() -> Any:
    """Check the chain: all of it, or what came since the last check of all that found it whole."""
    whole = request.form.get("scope") == "all"
    finding = examined(whole, access.me().name, dt.datetime.now(dt.UTC))
    with access.writing("audit.check"):
        db.session.add(finding)
    return redirect(url_for("audit.index"))
