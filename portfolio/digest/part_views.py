"""Pages that list all of a part, a number or an event of a mail, as whoever opens one may know it now."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import abort, render_template, request

from portfolio.digest import content_queries, event_queries, fund_queries, windows
from portfolio.digest.compose import Cut, Part
from portfolio.digest.events import events
from portfolio.digest.line_letters import said
from portfolio.digest.readers import menu_of
from portfolio.digest.shared_queries import Asked
from portfolio.digest.views import blueprint
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.web.paging import PER_PAGE, Page, page_number


@blueprint.get("/digests/parts/<key>")
@access.signed_in
def part(key: str) -> str:
    """A part of my mails, for a time."""
    me = access.me()
    kind = next((k for k in menu_of(me.roles).parts if k.key == key), None) or abort(404)
    if kind.needs and not me.may(kind.needs):
        abort(404)
    return _page(kind, lambda asked: content_queries.whole_part(kind, asked))


@blueprint.get("/digests/numbers/<key>")
@access.signed_in
def number(key: str) -> str:
    """What one of the numbers of my mails counts, for a time."""
    kind = next((k for k in menu_of(access.me().roles).numbers if k.key == key), None)
    kind = kind or abort(404)
    return _page(kind, lambda asked: fund_queries.numbered(asked, kind))


@blueprint.get("/digests/events/<key>")
@access.signed_in
def event(key: str) -> str:
    """What of an event I am told at once, for a time."""
    found = events().get(key)
    if found is None or found not in event_queries.offered(access.me()):
        abort(404)
    return _page(found.kind, lambda asked: event_queries.part_of_event(found, asked))


def _page(kind: Any, ask: Callable[[Asked], Part]) -> str:
    since, until = _window()
    at = page_number()
    cut = Cut((at - 1) * PER_PAGE, PER_PAGE)
    found = ask(content_queries.asked_by(access.me(), since, until, cut))
    return render_template(
        "digest/part.html",
        kind=kind,
        since=since,
        until=until,
        found=found,
        page=Page([said(line) for line in found.lines], at, found.total + found.heads),
    )


def _window() -> tuple[dt.datetime, dt.datetime]:
    try:
        return windows.read(request.args.get("since", ""), request.args.get("until", ""))
    except InputError:
        abort(404)
