"""The history of the taxonomy: every edition with who, when and what, and the way to take one back."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.taxonomies import operations, queries
from portfolio.taxonomies.views import Answer, blueprint
from portfolio.taxonomies.wording_views import told
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.paging import page_in


@blueprint.get("/chokepoints/taxonomy/editions")
@access.signed_in
def editions() -> str:
    """Every edition, the newest first, the one that came with the program last."""
    page = page_in(taxonomy_queries.editions(), 20)
    book = taxonomy_queries.taxonomy()
    return render_template(
        "taxonomies/editions.html",
        page=page,
        rows=[
            (edition, [told(change, book) for change in changes])
            for edition, changes in queries.with_changes(page.rows)
        ],
        numbers={edition.id: edition.number for edition in taxonomy_queries.editions()},
        people=people.names_of({edition.published_by_id for edition in page.rows}),
        settling=queries.settling(),
    )


@blueprint.post("/settings/taxonomy/editions/<int:edition_id>/return")
@access.permit("settings.taxonomy")
def take_back(edition_id: int) -> Answer:
    """Begin a draft that takes an edition back."""
    edition = db.session.get(TaxonomyEdition, edition_id) or abort(404)
    try:
        with access.writing("taxonomy.draft"):
            operations.begin_taking_back(edition, access.me(), now())
    except InputError as error:
        flash(text_of(error))
    else:
        flash(_("The draft takes edition %(number)s back.", number=edition.number))
    return redirect(url_for("taxonomies.index"))
