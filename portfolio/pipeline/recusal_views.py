"""Recusals of a deal on the screen: who sees nothing of it and why, set and lifted."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline import recusal_operations as operations
from portfolio.pipeline.models import Deal
from portfolio.pipeline.record_views import writable
from portfolio.pipeline.recusal_queries import recusals_of
from portfolio.pipeline.views import Answer, blueprint, looked_at
from portfolio.web.fields import choices
from portfolio.web.formatting import now
from portfolio.web.messages import text_of


class RecusalForm(FlaskForm):
    """Who is recused, and why."""

    person_id = SelectField(_l("Who is recused"), [DataRequired(_l("Choose who is recused."))])
    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why: this stands in the deal's history.")),
            Length(max=operations.MOST_REASON),
        ],
    )


@blueprint.route("/deals/<int:deal_id>/recusals", methods=["GET", "POST"])
@access.permit("deal.write")
def recusals(deal_id: int) -> Answer:
    """Who is recused of a deal, and recusing somebody else."""
    deal = looked_at(writable(deal_id))
    form = RecusalForm()
    form.person_id.choices = choices(people.active_names_with("deal.read").items(), blank=True)
    if not form.validate_on_submit():
        return _page(deal, form)
    person = db.session.get_one(User, int(form.person_id.data))
    try:
        with access.writing("deal.recuse"):
            moved = operations.recuse(deal, person, form.reason.data or "", access.me(), now())
    except InputError as error:
        field = form.reason if error.code == "recusal.reason_missing" else form.person_id
        field.errors = [*field.errors, text_of(error)]
        return _page(deal, form)
    _tell(deal, person, moved)
    if person.id == access.me().id:
        return redirect(url_for("pipeline.index"))
    return redirect(url_for("pipeline.recusals", deal_id=deal.id))


def _tell(deal: Deal, person: User, moved: int) -> None:
    flash(_("%(name)s is recused and sees nothing of this deal any more.", name=person.name))
    if moved:
        said = ngettext(
            "%(num)d open task went to the deal's owner, %(owner)s.",
            "%(num)d open tasks went to the deal's owner, %(owner)s.",
            moved,
            owner=people.names_of({deal.owner_id})[deal.owner_id],
        )
        flash(said)


def _page(deal: Deal, form: RecusalForm) -> Answer:
    rows = recusals_of(deal.id)
    page = render_template(
        "pipeline/recusals.html",
        deal=deal,
        form=form,
        recusals=rows,
        names=people.names_of({row.user_id for row in rows}),
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/deals/<int:deal_id>/recusals/<int:recusal_id>/lifting")
@access.permit("deal.write")
def lift_recusal(deal_id: int, recusal_id: int) -> Answer:
    """Lift a recusal: the person sees the deal again as far as their roles go."""
    deal = writable(deal_id)
    row = next((r for r in recusals_of(deal.id) if r.id == recusal_id), None) or abort(404)
    name = people.names_of({row.user_id}).get(row.user_id, "")
    with access.writing("deal.lift_recusal"):
        operations.lift(deal, row, access.me(), now())
    flash(_("%(name)s is no longer recused.", name=name))
    return redirect(url_for("pipeline.recusals", deal_id=deal.id))
