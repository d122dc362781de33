"""The pages on which two companies become one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.audit.titles import column_title
from portfolio.companies import duplicate_queries as duplicates
from portfolio.companies import merge_operations as operations
from portfolio.companies import portrait_queries as portrait
from portfolio.companies import queries
from portfolio.companies.forms import texts_of
from portfolio.companies.identity_queries import marks
from portfolio.companies.merging import (
    BOTH,
    MINE,
    THEIRS,
    Choices,
    Difference,
    FigureKey,
    differing,
    two_entities,
)
from portfolio.companies.models import Company, Figure
from portfolio.companies.operations import Conflict
from portfolio.companies.views import Answer, blueprint, company_or_404, led_on
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.kernel.records import LeadSource
from portfolio.people import access
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number

MEANT = "meant"  # the box by which somebody confirms that two legal entities are to be one


@dataclass(frozen=True)
class Clash:
    """A figure of which both have a current value, and not the same one."""

    key: FigureKey
    metric: Metric
    mine: Figure
    theirs: Figure
    chosen: str

    @property
    def name(self) -> str:
        """The name of its field in the form."""
        return _figure_name(self.key)


def _figure_name(key: FigureKey) -> str:
    return f"figure-{key[0]}-{key[1] or ''}"


def _mergeable(company_id: int) -> Company:
    company = company_or_404(company_id)
    if queries.get_visible(access.me(), company.id, "company.merge") is None:
        abort(403)
    return company


@blueprint.get("/companies/<int:company_id>/merge")
@access.permit("company.merge")
def merge_with(company_id: int) -> str:
    """Which other company this one is to be merged with: likely ones, and those that a text finds."""
    company = _mergeable(company_id)
    text = request.args.get("q", "")[:100]
    keys = duplicates.keys_kept([company.id]).get(company.id, set())
    return render_template(
        "companies/merge_with.html",
        company=company,
        alike=duplicates.alike(access.me(), keys, but=company.id),
        text=text,
        found=[c for c in queries.found(access.me(), text) if c.id != company.id],
    )


@blueprint.route("/companies/<int:company_id>/merge/<int:other_id>", methods=["GET", "POST"])
@access.permit("company.merge")
def merge(company_id: int, other_id: int) -> Answer:
    """Both side by side: which values count, and what goes over. The first one stays."""
    if (led := led_on(other_id, "other_id")) is not None:
        return led
    survivor, other = _mergeable(company_id), _mergeable(other_id)
    if request.method == "GET":
        return _page(survivor, other)
    before = survivor.name_zh, other.name_zh
    seen = (sent_number("version") or 0, sent_number("other_version") or 0)
    try:
        if two_entities(survivor.uscc, other.uscc) and not request.form.get(MEANT):
            raise InputError("merge.two_entities")
        with access.writing("company.merge"):
            kept = operations.merge(
                survivor, other, _chosen(), seen, access.me(), dt.datetime.now(dt.UTC)
            )
    except Conflict:
        return _page(survivor, other, _("One of the two was changed meanwhile: look again.")), 409
    except InputError as error:
        return _page(survivor, other, text_of(error)), 422
    # Of both as they were called: the one that stays may bear the other's name by now.
    said = _("%(one)s is part of %(other)s now.", one=before[1], other=before[0])
    flash(said, kept.category)
    return redirect(url_for("companies.show", company_id=survivor.id))


def _chosen() -> Choices:
    fields: dict[str, str] = {}
    figures: dict[FigureKey, str] = {}
    others: dict[str, str] = {}
    for name, value in request.form.items():
        kind, _dash, rest = name.partition("-")
        if kind == "field":
            fields[rest] = value
        elif kind == "figure":
            metric, _dash, year = rest.rpartition("-")
            figures[(metric, short_number(year))] = value
        elif rest:  # what has no dash in its name is no choice: versions, the form's token
            others[name] = value
    return Choices(fields, figures, others)


def _page(survivor: Company, other: Company, refusal: str = "") -> str:
    refused = ""
    try:
        operations.require_two(survivor.id, other.id)
        operations.require_movable(access.me(), other.id)
    except InputError as error:
        refused = text_of(error)
    chosen = _chosen()
    return render_template(
        "companies/merge.html",
        survivor=survivor,
        other=other,
        refusal=refused or refusal,
        possible=not refused,
        meant=MEANT,
        entities=two_entities(survivor.uscc, other.uscc),
        marks=marks(access.me(), [survivor, other]),
        fields=[*_fields(survivor, other, chosen.fields), *_others(survivor, other, chosen.others)],
        clashes=_clashes(survivor, other, chosen.figures),
        counts=_counts(other),
        told_apart=duplicates.are_told_apart(survivor.id, other.id),
        mine=MINE,
        theirs=THEIRS,
        both=BOTH,
    )


def _others(survivor: Company, other: Company, chosen: Mapping[str, str]) -> list[Difference]:
    """In what of other slices the two differ."""
    return [
        replace(difference, chosen=chosen.get(difference.name, difference.chosen))
        for differences in current_app.extensions["company_differences"]
        for difference in differences(survivor.id, other.id)
    ]


def _fields(survivor: Company, other: Company, chosen: Mapping[str, str]) -> list[Difference]:
    mine, theirs = texts_of(survivor), texts_of(other)
    titles = {member.value: title_of(member) for member in LeadSource}
    return [
        Difference(
            f"field-{name}",
            column_title(name, language()),
            titles.get(mine[name], mine[name]),
            titles.get(theirs[name], theirs[name]),
            chosen.get(name, MINE),
        )
        for name in differing(operations.columns_of(survivor), operations.columns_of(other))
    ]


def _clashes(survivor: Company, other: Company, chosen: Mapping[FigureKey, str]) -> list[Clash]:
    current = queries.current_rows([survivor.id, other.id])
    known = dictionary()
    found = []
    for (owner, metric, year), theirs in sorted(current.items(), key=lambda item: str(item[0])):
        mine = current.get((survivor.id, metric, year))
        if owner != other.id or mine is None or metric not in known or owner == survivor.id:
            continue
        if (mine.micro, mine.choice) != (theirs.micro, theirs.choice):
            key = (metric, year)
            found.append(Clash(key, known[metric], mine, theirs, chosen.get(key, BOTH)))
    return found


def _counts(other: Company) -> dict[str, int]:
    """How many rows of each kind go over, of those that this person may know of."""
    terms = queries.readable(access.me(), [other.id]).get(other.id, False)
    counts = portrait.counts_of(other.id, terms)
    for count in current_app.extensions["company_counters"]:
        counts |= count(access.me(), other.id)
    return {kind: number for kind, number in counts.items() if number}
