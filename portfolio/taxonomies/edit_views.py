"""Pages that put changes into the draft: domains, technologies, other ids, splits, merges."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from portfolio.chokepoint.taxonomy import Taxonomy
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.taxonomies import editing, moving, operations, queries
from portfolio.taxonomies.changes import Kind, change
from portfolio.taxonomies.forms import (
    DomainForm,
    MergeForm,
    RenameForm,
    SplitForm,
    TechnologyForm,
    show,
)
from portfolio.taxonomies.moving import Rule
from portfolio.taxonomies.queries import Drafted
from portfolio.taxonomies.views import Answer, blueprint, draft_globals
from portfolio.web.fields import choices
from portfolio.web.formatting import now, title_of
from portfolio.web.requests import sent_number

Make = Callable[[Taxonomy], Taxonomy]
PATH = "/settings/taxonomy/technologies"


def _answered(
    form: FlaskForm,
    found: Drafted,
    page: Mapping[str, Any],
    kind: Kind,
    about: Callable[[], str],
    make: Make,
    move: Callable[[], Mapping[str, Any] | None] = lambda: None,
) -> Answer:
    """The form, or the way back to the draft with the change in it."""
    if form.validate_on_submit():
        try:
            with access.writing("taxonomy.draft"):
                seen = operations.locked(sent_number("version"))
                new = make(seen.book)
                made = change(kind, about(), seen.book, new, move())
                operations.add(seen, made, access.me(), now())
        except InputError as error:
            show(form, error)
            found = queries.drafted()
        else:
            flash(_("It is in the draft. Nothing is in force before it is published."))
            return redirect(url_for("taxonomies.index"))
    body = render_template("taxonomies/form.html", form=form, **{**page, **draft_globals(found)})
    return body, 422 if form.is_submitted() else 200


def _technology(found: Drafted, technology_id: str) -> Any:
    return found.book.technologies.get(technology_id) or abort(404)


@blueprint.route("/settings/taxonomy/domains/new", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def new_domain() -> Answer:
    """A domain that there is not yet."""
    form = DomainForm()

    def make(book: Taxonomy) -> Taxonomy:
        return editing.with_domain(book, form.id.data, form.zh.data, form.en.data, True)

    page = {"title": _("New domain")}
    return _answered(form, queries.drafted(), page, Kind.DOMAIN_ADD, lambda: form.id.data, make)


@blueprint.route("/settings/taxonomy/domains/<domain_id>", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def domain(domain_id: str) -> Answer:
    """Change the names of a domain."""
    found = queries.drafted()
    known = found.book.domains.get(domain_id) or abort(404)
    form = DomainForm(obj=known)
    del form.id

    def make(book: Taxonomy) -> Taxonomy:
        return editing.with_domain(book, domain_id, form.zh.data, form.en.data, False)

    return _answered(
        form, found, {"title": title_of(known)}, Kind.DOMAIN_EDIT, lambda: domain_id, make
    )


def _offered(form: TechnologyForm, book: Taxonomy) -> TechnologyForm:
    form.domain.choices = choices((d.id, title_of(d)) for d in book.domains.values())
    form.lists.choices = choices((one.id, title_of(one)) for one in book.lists.values())
    return form


@blueprint.route(f"{PATH}/new", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def new_technology() -> Answer:
    """A technology that there is not yet."""
    found = queries.drafted()
    form = _offered(TechnologyForm(), found.book)

    def make(book: Taxonomy) -> Taxonomy:
        return editing.with_technology(book, form.id.data, **form.values())

    page = {"title": _("New technology"), "words": True}
    return _answered(form, found, page, Kind.ADD, lambda: form.id.data, make)


@blueprint.route(f"{PATH}/<technology_id>", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def technology(technology_id: str) -> Answer:
    """Change the names, words, lists or note of a technology."""
    found = queries.drafted()
    known = _technology(found, technology_id)
    form = _offered(TechnologyForm.of(known), found.book)
    del form.id

    def make(book: Taxonomy) -> Taxonomy:
        return editing.edited(book, technology_id, **form.values())

    page = {"title": title_of(known), "technology": known, "words": True}
    return _answered(form, found, page, Kind.EDIT, lambda: technology_id, make)


@blueprint.route(f"{PATH}/<technology_id>/id", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def rename(technology_id: str) -> Answer:
    """Give a technology another id, to which the old one leads."""
    found = queries.drafted()
    known, form = _technology(found, technology_id), RenameForm()

    def make(book: Taxonomy) -> Taxonomy:
        return editing.renamed(book, technology_id, form.id.data)

    def move() -> Mapping[str, Any]:
        return {"kind": moving.RENAME, "from": [technology_id], "to": form.id.data}

    page = {"title": _("Another id for %(name)s", name=title_of(known)), "technology": known}
    return _answered(form, found, page, Kind.RENAME, lambda: technology_id, make, move)


@blueprint.route(f"{PATH}/<technology_id>/merge", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def merge(technology_id: str) -> Answer:
    """Merge a technology into another one, which takes over its words and tags."""
    found = queries.drafted()
    known, form = _technology(found, technology_id), MergeForm()
    others = [t for t in found.book.technologies.values() if t.id != technology_id]
    form.into.choices = choices(((t.id, title_of(t)) for t in others), blank=True)

    def make(book: Taxonomy) -> Taxonomy:
        return editing.merged(book, [technology_id], form.into.data or "")

    def move() -> Mapping[str, Any]:
        return {"kind": moving.MERGE, "from": [technology_id], "to": form.into.data}

    page = {"title": _("Merge %(name)s", name=title_of(known)), "technology": known}
    return _answered(form, found, page, Kind.MERGE, lambda: technology_id, make, move)


@blueprint.route(f"{PATH}/<technology_id>/split", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def split(technology_id: str) -> Answer:
    """Split a technology into two or more, and say how its tags find their part."""
    found = queries.drafted()
    known, form = _technology(found, technology_id), SplitForm(rule=Rule.TEXT.value)

    def make(book: Taxonomy) -> Taxonomy:
        return editing.split(book, technology_id, form.parts())

    def move() -> Mapping[str, Any]:
        parts = [part.id for part in form.parts()]
        to = {"from": [technology_id], "to": parts, "rule": form.rule.data, "hand": {}}
        return {"kind": moving.SPLIT, **to}

    page = {"title": _("Split %(name)s", name=title_of(known)), "technology": known, "parts": True}
    return _answered(form, found, page, Kind.SPLIT, lambda: technology_id, make, move)


@blueprint.route(f"{PATH}/<technology_id>/use", methods=["GET", "POST"])
@access.permit("settings.taxonomy")
def use(technology_id: str) -> Answer:
    """Retire a technology, or take a retired one into use again."""
    found = queries.drafted()
    known = found.book.known(technology_id) or abort(404)
    here = technology_id in found.book.technologies
    if here:
        title, make = _("Retire %(name)s", name=title_of(known)), editing.retired
    else:
        title, make = _("Use %(name)s again", name=title_of(known)), editing.restored
    kind = Kind.RETIRE if here else Kind.RESTORE
    page = {"title": title, "technology": known, "retiring": here}
    return _answered(
        FlaskForm(), found, page, kind, lambda: technology_id, lambda b: make(b, technology_id)
    )
