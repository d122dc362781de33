"""Pages of chokepoint technologies: the section of a company, and the map."""

import datetime as dt
from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.chokepoint import operations, queries
from portfolio.chokepoint.models import Evidence, Tag, TagState
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce, taxonomy
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.sections import Column, Filter, Section
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.web.fields import choices
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

blueprint = Blueprint("chokepoint", __name__)

Answer = str | Response | tuple[str, int]
VERIFIED = {Evidence.E3.value, Evidence.E4.value}


class TagForm(FlaskForm):
    """A technology with the evidence that the company develops it."""

    technology = SelectField(_l("Technology"), choices=lambda: choices(_technologies(), blank=True))
    level = SelectField(
        _l("Evidence level"),
        choices=lambda: choices((e.value, f"{e.value} {title_of(e)}") for e in Evidence),
        default=Evidence.E0.value,
    )
    evidence = TextAreaField(
        _l("Evidence"),
        [
            DataRequired(_l("Say what the claim rests on: a text, a link, a patent number.")),
            Length(max=4000),
        ],
    )


class RejectForm(FlaskForm):
    """Why a suggestion is wrong."""

    reason = StringField(_l("Why not"), [DataRequired(_l("Say why not.")), Length(max=300)])


def _technologies() -> list[tuple[str, str]]:
    return [(t.id, title_of(t)) for t in taxonomy().technologies.values()]


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        technologies=TechnologiesInForce(), tag_states=TagState._value2member_map_
    )


def company_section(company: Company, user: User, known_at: dt.datetime | None) -> Section | None:
    """The company's tags: confirmed with their evidence, suggested with their words."""
    tags = queries.tags_of([company.id], known_at).get(company.id, [])
    names = people.names_of({tag.recorded_by_id for tag in tags if tag.recorded_by_id})
    context = {
        "company": company,
        "confirmed": [t for t in tags if t.state == TagState.CONFIRMED.value],
        "suggested": [t for t in tags if t.state == TagState.SUGGESTED.value],
        "names": names,
        "verified": VERIFIED,
        "claimed": {Evidence.E0.value, Evidence.E1.value},
        "past": known_at is not None,
    }
    return Section(
        "chokepoint",
        _("Chokepoint technologies"),
        "chokepoint/_company.html",
        context,
        order=20,
        as_known=True,
    )


def _confirmed_titles(company_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The titles of the technologies that companies are confirmed to develop."""
    known = taxonomy().technologies
    return {
        company_id: tuple(title_of(known[name]) for name in names if name in known)
        for company_id, names in queries.confirmed_of(company_ids).items()
    }


COMPANY_COLUMN = Column(
    "technologies", _l("Technologies"), _confirmed_titles, "chokepoint/_column.html"
)
COMPANY_FILTER = Filter("technology", _l("Technology"), _technologies, queries.company_filter)


@blueprint.get("/chokepoints")
@access.permit("company.read")
def index() -> str:
    """The map: a row for each domain, a cell for each technology; each cell opens its list."""
    found = queries.counts(companies.visible(access.me()))
    book = taxonomy()
    confirmed = {t: n for (t, state), n in found.items() if state == TagState.CONFIRMED.value}
    return render_template(
        "chokepoint/index.html",
        rows=[(domain, book.of_domain(domain.id)) for domain in book.domains.values()],
        confirmed=confirmed,
        most=max(confirmed.values(), default=1),
        suggested=sum(n for (_, s), n in found.items() if s == TagState.SUGGESTED.value),
    )


def _company(company_id: int) -> Company:
    return companies.get_visible(access.me(), company_id) or abort(404)


def _back(company: Company) -> Response:
    return redirect(url_for("companies.show", company_id=company.id, _anchor="chokepoint"))


@blueprint.route("/companies/<int:company_id>/tags", methods=["GET", "POST"])
@access.permit("tag.review")
def tag(company_id: int) -> Answer:
    """Confirm a technology with its evidence, suggested or not."""
    company = _company(company_id)
    form = TagForm(request.args) if request.method == "GET" else TagForm()
    if form.validate_on_submit():
        try:
            with access.writing("tag.confirm"):
                operations.confirm(
                    company.id,
                    form.technology.data,
                    form.level.data,
                    form.evidence.data or "",
                    access.me(),
                    _now(),
                )
        except InputError as error:
            form.technology.errors = [text_of(error)]
        else:
            flash(_("Tag confirmed."))
            return _back(company)
    page = render_template("chokepoint/form.html", form=form, company=company, title=_("Add a tag"))
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/companies/<int:company_id>/suggestions")
@access.permit("tag.review")
def suggest(company_id: int) -> Answer:
    """Read the description again."""
    company = _company(company_id)
    with access.writing("tag.suggest"):
        added = operations.refresh_suggestions(company, _now())
    flash(_("%(count)s new suggestions.", count=added))
    return _back(company)


@blueprint.route("/companies/<int:company_id>/tags/<int:tag_id>/rejection", methods=["GET", "POST"])
@access.permit("tag.review")
def reject(company_id: int, tag_id: int) -> Answer:
    """Reject a suggestion or a tag, with the reason."""
    company = _company(company_id)
    row = db.session.get(Tag, tag_id)
    if row is None or row.company_id != company.id or row.superseded_at is not None:
        abort(404)
    form = RejectForm()
    if form.validate_on_submit():
        with access.writing("tag.reject"):
            operations.reject(row, form.reason.data or "", access.me(), _now())
        flash(_("Rejected."))
        return _back(company)
    title = _("Reject %(name)s", name=title_of(TechnologiesInForce()[row.technology]))
    page = render_template("chokepoint/form.html", form=form, company=company, title=title)
    return page, 422 if form.is_submitted() else 200
