"""The audit page: who changed what and when, masked by the reader's own rights."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Blueprint, current_app, render_template, request

from portfolio.audit import queries, titles
from portfolio.audit.models import AuditEntry
from portfolio.extensions import db
from portfolio.kernel.dates import parse_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.i18n import language
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, page_of

blueprint = Blueprint("audit", __name__)

blueprint.add_app_template_filter(
    lambda action: titles.action_title(action, language()), "action_title"
)
blueprint.add_app_template_filter(lambda kind: titles.kind_title(kind, language()), "kind_title")
blueprint.add_app_template_filter(
    lambda column: titles.column_title(column, language()), "column_title"
)

DAY = dt.timedelta(days=1)


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _day(name: str, errors: dict[str, str]) -> dt.datetime | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        day = parse_date(text)
    except InputError as error:
        errors[name] = text_of(error)
        return None
    zone = ZoneInfo(current_app.config["TZ_DISPLAY"])
    return dt.datetime.combine(day, dt.time(), zone)


def _search(errors: dict[str, str]) -> queries.Search:
    until = _day("until", errors)
    return queries.Search(
        actor_id=_number("person"),
        object_type=request.args.get("object", "").strip(),
        object_id=_number("id"),
        action=request.args.get("action", "").strip(),
        since=_day("since", errors),
        until=until + DAY if until else None,
    )


@blueprint.get("/audit")
@access.permit("audit.read")
def index() -> Any:
    """The newest entries first, filtered by person, object, action and time."""
    errors: dict[str, str] = {}
    search = _search(errors)
    ids = sa.select(AuditEntry.seq).where(search.condition()).order_by(AuditEntry.seq.desc())
    found, number, total = page_of(ids)
    entries = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.seq.in_(found)).order_by(AuditEntry.seq.desc())
    ).all()
    deals = {entry.deal_id for entry in entries if entry.deal_id is not None}
    readable = current_app.extensions["readable_deals"](access.me(), deals)
    rows = queries.lines(entries, readable, queries.terms_by_type())
    objects, actions = queries.kinds()
    page = render_template(
        "audit/index.html",
        page=Page(rows, number, total),
        people=people.active_names(),
        objects=objects,
        actions=actions,
        errors=errors,
    )
    return (page, 422) if errors else page


@blueprint.get("/audit/chain")
@access.permit("audit.read")
def chain() -> str:
    """Whether the chain is whole; asked for, because it reads every entry."""
    count, broken = queries.verify()
    return render_template("audit/chain.html", count=count, broken=broken)
