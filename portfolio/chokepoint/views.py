"""Pages of chokepoint technologies: the section of a company, and the map."""

import datetime as dt
from collections.abc import Sequence
from functools import partial

from flask import Blueprint, abort, current_app, flash, redirect, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from portfolio.chokepoint import jobs, operations, owed_operations, queries
from portfolio.chokepoint.forms import technologies
from portfolio.chokepoint.ladder import ladder, worded
from portfolio.chokepoint.passage_queries import passages_of
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.sources import book
from portfolio.chokepoint.standing import TagState, due, standing
from portfolio.chokepoint.suggest import is_but_keywords
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce, lexicon, technology_titles
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.sections import Column, Filter, Section
from portfolio.kernel.dates import local_date
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.web.formatting import now, title_of, today
from portfolio.web.i18n import language

blueprint = Blueprint("chokepoint", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        technologies=TechnologiesInForce(),
        tag_states=TagState._value2member_map_,
        ladder=ladder(),
        sources_text=sources_text,
        rejections=terms().reasons,
        standing=partial(standing, ladder=ladder()),
        tag_due=partial(due, ladder=ladder()),
        level_worded=lambda level: worded(level, language()),
    )


def company_section(company: Company, user: User, known_at: dt.datetime | None) -> Section | None:
    """The company's tags: confirmed with their evidence, suggested with their words."""
    tags = queries.with_cards(company.id, known_at)
    day = today() if known_at is None else local_date(known_at)
    suggested = [t for t in tags if t.state == TagState.SUGGESTED.value]
    people_named = {p for t in tags for p in (t.first_reader_id, t.second_reader_id) if p}
    context = {
        "company": company,
        "claims": [t for t in tags if standing(t, day, ladder()) is not None],
        "suggested": suggested,
        "stuffed": known_at is None and is_but_keywords(company.description, lexicon()),
        "passages": {} if known_at else passages_of(company.id, suggested),
        "evidence": queries.evidence_of([company.id], known_at).get(company.id, []),
        "names": people.names_of(people_named),
        "day": day,
        "past": known_at is not None,
    }
    return Section(
        "chokepoint",
        _("Chokepoint technologies"),
        "chokepoint/_company.html",
        context,
        order=20,
        style="css/claims.css",
        as_known=True,
    )


def _confirmed_titles(company_ids: Sequence[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """The titles of the technologies that companies are confirmed to develop, with their levels."""
    known = technology_titles()
    return {
        company_id: tuple((title_of(known[name]), level) for name, level in said if name in known)
        for company_id, said in queries.confirmed_of(company_ids).items()
    }


COMPANY_COLUMN = Column(
    "technologies", _l("Technologies"), _confirmed_titles, "chokepoint/_column.html"
)
COMPANY_FILTER = Filter("technology", _l("Technology"), technologies, queries.company_filter)


@blueprint.get("/chokepoints")
@access.permit("company.read")
def index() -> str:
    """The map, as the slice draws it that knows deals and holdings too."""
    page: str = current_app.extensions["chokepoint_map"]()
    return page


@blueprint.after_app_request
def _follow(response: Response) -> Response:
    """Let suggestions follow what the request wrote; where that is much, behind the page."""
    ids = owed_operations.wrote()
    if len(ids) > owed_operations.AT_ONCE:
        jobs.start_following(current_app._get_current_object())  # type: ignore[attr-defined]
    elif ids:
        owed_operations.settle_at_once(ids)
    return response


def sources_text(keys: str) -> str:
    """The kinds of texts of a column, in the reader's language."""
    known = book().sources
    between = ", " if language() == "en" else "、"
    return between.join(title_of(known[key]) for key in keys.split() if key in known)


def company_or_404(company_id: int) -> Company:
    """The company, unless it does not exist for this person."""
    return companies.get_visible(access.me(), company_id) or abort(404)


@blueprint.post("/companies/<int:company_id>/suggestions")
@access.permit("tag.review")
def suggest(company_id: int) -> Answer:
    """Read the company's texts again."""
    company = company_or_404(company_id)
    with access.writing("tag.suggest"):
        added = operations.refresh_suggestions(company, now())
    flash(_("%(count)s new suggestions.", count=added))
    return redirect(url_for("companies.show", company_id=company.id, _anchor="chokepoint"))
