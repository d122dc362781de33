"""The versions of the rulebooks, and who gains and who loses where one steps into the place of another:
before it does, and looked back at."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from portfolio.companies import queries as companies
from portfolio.people import access
from portfolio.readiness import foresight_operations as operations
from portfolio.readiness import foresight_queries as queries
from portfolio.readiness import jobs
from portfolio.readiness.foreseeing import EFFECTS
from portfolio.readiness.foresight_queries import Row, Wanted
from portfolio.readiness.foresight_sheets import Side, Told
from portfolio.readiness.library_views import further, whose
from portfolio.readiness.models import Foresight
from portfolio.readiness.near import Near
from portfolio.readiness.results import Verdict
from portfolio.readiness.successions import (
    Succession,
    coming,
    past,
    phase_of,
    rules_mark,
    succession_of,
)
from portfolio.readiness.targets import target_of
from portfolio.readiness.views import blueprint, line_of
from portfolio.rulebook.engine import PASS
from portfolio.rulebook.loader import library
from portfolio.rulebook.model import Rulebook
from portfolio.web.downloads import beyond
from portfolio.web.formatting import title_of, today, url_with
from portfolio.web.paging import DEEPEST, PER_PAGE, Page, page_of

PATH = "/readiness/versions/<key>"
LABELS = {"target": _l("Target"), "effect": _l("Effect"), "industry": _l("Industry")}


@dataclass(frozen=True)
class Shown:
    """A succession for reading, with how many outcomes of whom one may see change by it; without a
    foresight nobody asked for it yet."""

    succession: Succession
    foresight: Foresight | None
    counts: Mapping[str, int]

    @property
    def book(self) -> Rulebook:
        """The rulebook that begins, or ends for good."""
        return library()[self.succession.book]

    @property
    def replaced(self) -> Sequence[Rulebook]:
        """The rulebooks in whose place it steps."""
        return [library()[name] for name in self.succession.replaced]

    @property
    def known_at(self) -> dt.datetime | None:
        """By what was known when it is computed; None while it is not."""
        return self.foresight.known_at if self.foresight else None

    @property
    def waiting(self) -> bool:
        """Whether it was asked for and is being computed."""
        return self.foresight is not None and self.foresight.known_at is None


@blueprint.get("/readiness/versions")
@access.permit("company.read")
def versions() -> str:
    """Every version of every rulebook, what is coming, and which replaced which."""
    known = queries.foresights()
    ahead, behind = coming(today()), past(today())
    ids = [known[one.key].id for one in (*ahead, *behind) if one.key in known]
    counts = queries.counts(ids, whose()) if ids else {}
    books = sorted(library().values(), key=lambda book: book.in_force_from, reverse=True)
    return render_template(
        "readiness/versions.html",
        coming=[_shown(one, known.get(one.key), counts) for one in ahead],
        past=[_shown(one, known.get(one.key), counts) for one in behind],
        books=[(book, phase_of(book, today())) for book in books],
        effects=EFFECTS,
        day=today(),
    )


def _shown(
    one: Succession, row: Foresight | None, counts: Mapping[int, Mapping[str, int]]
) -> Shown:
    return Shown(one, row, counts.get(row.id, {}) if row else {})


@blueprint.get(PATH)
@access.permit("company.read")
def version(key: str) -> str:
    """Who gains and who loses by one of them, under which target, decided by which clause."""
    one = succession_or_404(key)
    row, wanted = queries.foresight_of(one), wanted_of(one)
    by_target: Mapping[str, Mapping[str, int]] = {}
    page = Page([], 1, 0)
    if row is not None and row.known_at is not None:
        by_target = queries.counts_by_target(row, whose())
        ids, number, total = page_of(queries.ids_of(row, wanted, whose()))
        page = Page([*map(told_of, queries.rows_of(ids))], number, total, PER_PAGE)
    sums = {e: sum(effects.get(e, 0) for effects in by_target.values()) for e in EFFECTS}
    return render_template(
        "readiness/version.html",
        shown=Shown(one, row, sums),
        lines=[(target_of(name), effects) for name, effects in by_target.items()],
        page=page,
        wanted=wanted,
        companies=queries.how_many(row, whose()) if row is not None and row.known_at else 0,
        effects=EFFECTS,
        effect_choices=[(key, title_of(effect)) for key, effect in EFFECTS.items()],
        industries=companies.industries(access.me()),
        further=[(filter, filter.choices()) for filter in further()],
        chips=[
            (f"{label}: {value}", url_with(**{name: None, "page": None}))
            for name, label, value in conditions(wanted)
        ],
        stale=row is not None and row.known_at is not None and row.rules != rules_mark(one),
        coming=one.day > today(),
        beyond=beyond() if page.total > DEEPEST else "",
    )


@blueprint.post(PATH)
@access.permit("company.write")
def foresee(key: str) -> Response:
    """Have it computed, or computed anew by what is known now."""
    one = succession_or_404(key)
    row = queries.foresight_of(one)
    if row is None or row.known_at is not None:
        with access.writing(operations.ACTION):
            operations.ask(one)
        jobs.start_foreseeing(current_app._get_current_object())  # type: ignore[attr-defined]
    return redirect(url_for("readiness.version", key=one.key))


def told_of(row: Row) -> Told:
    """A row in the reader's words."""
    return Told(
        row.company_id,
        row.name,
        row.industry,
        row.target,
        title_of(target_of(row.target)),
        row.effect,
        title_of(row.effect),
        _("text not verified") if row.unverified else "",
        *map(_side, (row.before, row.after)),
    )


def _side(near: Near | None) -> Side | None:
    if near is None:
        return None
    line, verdict = line_of(near), title_of(Verdict._value2member_map_[near.status])
    if near.status == PASS:
        return Side(near.status, verdict, "", "")
    return Side(near.status, verdict, line.clause, "" if line.words == verdict else line.words)


def succession_or_404(key: str) -> Succession:
    """The one that an address means."""
    return succession_of(key) or abort(404)


def wanted_of(one: Succession) -> Wanted:
    """The filter of the address; what it cannot mean asks for nothing."""
    given = {name: request.args.get(name, "").strip() for name in LABELS}
    if given["target"] not in one.targets:
        given["target"] = ""
    if given["effect"] not in EFFECTS:
        given["effect"] = ""
    return Wanted(**given, text=request.args.get("q", "").strip())


def conditions(wanted: Wanted) -> list[tuple[str, str, str]]:
    """The filter in words: argument, label and value."""
    found = [("q", _("Search"), wanted.text)] if wanted.text else []
    words: dict[str, Any] = {
        "target": lambda key: title_of(target_of(key)),
        "effect": lambda key: title_of(EFFECTS[key]),
        "industry": str,
    }
    for name, label in LABELS.items():
        if value := getattr(wanted, name):
            found.append((name, str(label), words[name](value)))
    for filter in further():
        titles = dict(filter.choices())
        for value in request.args.getlist(filter.key):
            if value in titles:
                found.append((filter.key, str(filter.title), titles[value]))
    return found
