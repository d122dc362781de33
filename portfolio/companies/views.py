"""Pages of companies: list, search, one company, and the forms that enter and change it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    get_template_attribute,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from portfolio.audit import queries as audit
from portfolio.companies import duplicate_queries as duplicates
from portfolio.companies import merge_queries as merges
from portfolio.companies import operations, queries
from portfolio.companies import portrait_queries as portrait
from portfolio.companies.forms import CompanyForm, form_for, lines, split, texts_of
from portfolio.companies.likeness import keys_of
from portfolio.companies.listing import Listing, read_listing
from portfolio.companies.models import Company, Figure, Round
from portfolio.companies.sections import Column
from portfolio.extensions import db
from portfolio.journal import operations as journal
from portfolio.kernel import money, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import from_micro, grouped
from portfolio.kernel.records import ActivityKind, LeadSource, PaperKind
from portfolio.people import access
from portfolio.rulebook.metrics import Metric
from portfolio.web.formatting import title_of, url_with
from portfolio.web.i18n import language
from portfolio.web.merging import differences, unanswered
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, page_of

blueprint = Blueprint("companies", __name__)

Answer = str | Response | tuple[str, int]
UNITS = {
    "wan": _l("10,000 CNY"),
    "yuan": _l("CNY"),
    "percent": "%",
    "fraction": _l("fraction, or %"),
    "month": _l("months"),
    "year": _l("years"),
    "person": _l("people"),
    "item": _l("items"),
    "firm": _l("firms"),
    "wan_shares": _l("10,000 shares"),
    "cny_100m": _l("100m CNY"),
    "usd_million": _l("USD m"),
    "times": _l("times"),
    "point": _l("points"),
    "rank": _l("rank"),
    "level": _l("level"),
}
BOARDS = {"NEEQ": _l("NEEQ"), "BSE": _l("BSE")}


@blueprint.record
def _shown(state: BlueprintSetupState) -> None:
    """What templates need besides, those too that are imported without a page's context."""
    state.app.jinja_env.globals.update(
        units=UNITS,
        sources=LeadSource._value2member_map_,
        boards=BOARDS,
        round_titles=Round._value2member_map_,
        activity_kinds=ActivityKind._value2member_map_,
        paper_kinds=PaperKind._value2member_map_,
        most_documents=portrait.MOST_ROWS,
    )


@blueprint.app_template_filter("figure")
def _figure(metric: Metric, row: Figure) -> str:
    """A kept figure for a column, in the dictionary's unit: amounts and shares to two decimals."""
    if metric.unit in {"wan", "percent"} and row.micro is not None:
        return money.column_wan(row.micro)  # both are millionths of their unit
    return _exact_figure(metric, row)


@blueprint.app_template_filter("exact_figure")
def _exact_figure(metric: Metric, row: Figure) -> str:
    """A kept figure with all its decimals."""
    if row.micro is None:
        return metric.option_title(row.choice, language()) if row.choice else _("Not known")
    return grouped(from_micro(row.micro))


def asked_listing() -> Listing:
    """The list that the address asks for."""
    keys = [f.key for f in current_app.extensions["company_filters"]]
    return read_listing(request.args.to_dict(flat=False), keys)


def company_or_404(company_id: int) -> Company:
    """The company, when this person may know of it."""
    return queries.get_visible(access.me(), company_id) or abort(404)


@blueprint.before_app_request
def _lead_on() -> Response | None:
    """Send whoever asks for a merged company, on any page, to the one that it is part of."""
    asked = request.view_args or {}
    name = "number" if asked.get("kind") == "company" else "company_id"
    # The company's own page shows a past day, on which it may not have been merged yet.
    own_page = request.endpoint == "companies.show"
    if name not in asked or own_page or access.current_user() is None:
        return None
    return led_on(int(asked[name]), name)


def led_on(company_id: int, name: str = "company_id") -> Response | None:
    """The way from a merged company to the one that it is part of, for who may see that; `name` is
    what the address calls the company."""
    if merges.merge_of(company_id) is None:
        return None
    survivor = queries.get_visible(access.me(), merges.survivors([company_id])[company_id])
    if survivor is None:
        return None
    former = db.session.get_one(Company, company_id)
    flash(_("%(one)s is part of %(other)s now.", one=former.name_zh, other=survivor.name_zh))
    if request.method != "GET" or request.endpoint is None:
        return redirect(url_for("companies.show", company_id=survivor.id))
    values: dict[str, Any] = {**(request.view_args or {}), name: survivor.id}
    return redirect(url_for(request.endpoint, **values))


@blueprint.get("/companies")
@access.permit("company.read")
def index() -> str:
    """The list."""
    listing = asked_listing()
    filters = current_app.extensions["company_filters"]
    columns: Sequence[Column] = current_app.extensions["company_columns"]
    user = access.me()
    count = None if listing.filtered else queries.count_of_visible(user)
    ids, number, total = page_of(queries.listed(user, listing, filters), count)
    return render_template(
        "companies/index.html",
        page=Page(queries.lines_of(ids), number, total),
        listing=listing,
        filters=filters,
        places=queries.places(user),
        industries=queries.industries(user),
        sources=LeadSource,
        columns=columns,
        cells=_cells(columns, ids),
        chips=_chips(listing, filters),
    )


def _cells(
    columns: Sequence[Column], ids: Sequence[int]
) -> dict[int, tuple[tuple[str, Any, Any], ...]]:
    """By company what other slices add to its row: the title of the column, the macro that writes
    the cell, and what is in it."""
    made = [
        (str(column.title), get_template_attribute(column.template, "cell"), column.values(ids))
        for column in columns
    ]
    return {i: tuple((title, cell, found.get(i)) for title, cell, found in made) for i in ids}


def _chips(listing: Listing, filters: Any) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if listing.text:
        found.append((f"“{listing.text}”", url_with(q=None, page=None)))
    named = (
        ("place", listing.places, str),
        ("industry", listing.industries, str),
        ("source", listing.sources, _source_title),
    )
    for key, values, name in named:
        found += [(name(v), _without(key, v)) for v in values]
    asked = {key for key, _ in listing.extra}
    titles = {f.key: (str(f.title), dict(f.choices())) for f in filters if f.key in asked}
    for key, values in listing.extra:
        title, choices = titles[key]
        found += [(f"{title}: {choices.get(v, v)}", _without(key, v)) for v in values]
    return found


def _source_title(value: str) -> str:
    member = LeadSource._value2member_map_.get(value)
    return title_of(member) if member else value


def _without(key: str, value: str) -> str:
    left = [v for v in request.args.getlist(key) if v != value]
    return url_with(**{key: left or None, "page": None})


@blueprint.get("/search")
@access.permit("company.read")
def search() -> str:
    """What the palette shows while one types; a page of its own for who opens the address."""
    text = request.args.get("q", "")[:100]
    typing = request.headers.get("HX-Request") == "true"
    page = "companies/_found.html" if typing else "companies/search.html"
    return render_template(page, companies=queries.found(access.me(), text), text=text)


@blueprint.route("/companies/new", methods=["GET", "POST"])
@access.permit("company.write")
def new() -> Answer:
    """Enter a company; likely duplicates are asked about first."""
    form = CompanyForm()
    if request.method == "GET":
        return render_template("companies/form.html", form=form, company=None, alike=[])
    alike = alike_to(form, None)
    if not form.validate() or (alike and not form.confirmed.data):
        return _again(form, None, alike)
    try:
        with access.writing("company.register"):
            company = operations.register(
                form.values(),
                access.me(),
                dt.datetime.now(dt.UTC),
                lines(form.former_names.data),
                split(form.stock_codes.data),
            )
    except InputError as error:
        _place(form, error)
        return _again(form, None, alike)
    flash(_("Entered %(name)s.", name=company.display_name))
    _doubt_code(company)
    return redirect(url_for("companies.show", company_id=company.id))


def _doubt_code(company: Company) -> None:
    """A warning only: the code's own check digit held, the older one inside it does not."""
    if company.uscc and not uscc.organisation_check_ok(company.uscc):
        flash(_("Look at the credit code again: the organisation code in it does not check out."))


def alike_to(form: CompanyForm, company: Company | None) -> list[duplicates.Alike]:
    """What is likely the company in the form; of a known one, by what is new about it."""
    keys = keys_of(form.name_zh.data or "", form.uscc.data, lines(form.former_names.data))
    if company is None:
        return duplicates.alike(access.me(), keys)
    kept = duplicates.keys_kept([company.id]).get(company.id, set())
    return duplicates.alike(access.me(), keys - kept, but=company.id)


def _again(form: CompanyForm, company: Company | None, alike: Any) -> Answer:
    page = render_template("companies/form.html", form=form, company=company, alike=alike)
    return page, 422


def _place(form: CompanyForm, error: InputError) -> None:
    """Show a refusal at the field it concerns."""
    place = {"uscc": form.uscc, "stock_code": form.stock_codes, "name": form.name_zh}
    field = place.get(error.code.split(".")[0])
    if field is None:
        form.form_errors.append(text_of(error))
    else:
        field.errors = [*field.errors, text_of(error)]


@blueprint.route("/companies/<int:company_id>/edit", methods=["GET", "POST"])
@access.permit("company.write")
def edit(company_id: int) -> Answer:
    """Change a company; a save that would overwrite another one shows both."""
    company = company_or_404(company_id)
    form = form_for(company, dt.datetime.now(dt.UTC))
    if request.method == "GET":
        return render_template("companies/form.html", form=form, company=company, alike=[])
    _take_over_theirs(form, company)
    if unanswered(request.form.getlist("asked"), request.form):
        return _conflict(company, form)
    alike = alike_to(form, company)
    if not form.validate() or (alike and not form.confirmed.data):
        return _again(form, company, alike)
    try:
        with access.writing("company.change"), _kept(company) as kept:
            operations.update(
                company,
                form.values(),
                dt.datetime.now(dt.UTC),
                form.version.seen,
                lines(form.former_names.data),
                split(form.stock_codes.data),
            )
    except operations.Conflict:
        return _conflict(company, form)
    except InputError as error:
        _place(form, error)
        return _again(form, company, alike)
    flash(_("Saved."), kept.category)
    _doubt_code(company)
    return redirect(url_for("companies.show", company_id=company.id))


def _kept(company: Company) -> Any:
    now = dt.datetime.now(dt.UTC)
    return journal.keeping(
        "company.change",
        "company",
        company.id,
        access.me(),
        now,
        company.display_name,
        company_id=company.id,
    )


def _take_over_theirs(form: CompanyForm, company: Company) -> None:
    """Where a conflict was answered with the other version, its text takes the place of mine."""
    for name, text in texts_of(company).items():
        if request.form.get(f"keep-{name}") == "theirs":
            form[name].data = text


def _conflict(company: Company, form: CompanyForm) -> Answer:
    """Both versions by field, to choose from; what I did not touch stays as they saved it."""
    theirs = texts_of(company)
    mine = {name: form[name].data or "" for name in theirs}
    opened = form.opened_at()
    then = portrait.company_as_known(company.id, opened) if opened else None
    found = differences(mine, theirs, texts_of(then) if then else None)
    for d in found:
        if d.keep_theirs:
            form[d.name].data = d.raw_theirs
    form.version.data = str(company.version)
    last = audit.last_change("company", company.id)
    page = render_template(
        "companies/form.html",
        form=form,
        company=company,
        alike=[],
        differing=found,
        other=last.actor_name if last else "",
    )
    return page, 409
