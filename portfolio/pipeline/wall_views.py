"""The door through which compliance opens a confidential deal, with a reason."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import wall_operations
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.formatting import now
from portfolio.web.messages import text_of


class BreakGlassForm(FlaskForm):
    """Which deal, and why."""

    code = StringField(_l("Number of the deal"), [DataRequired(_l("Enter the deal's number."))])
    reason = TextAreaField(
        _l("Reason"), [DataRequired(_l("Say why you look at it.")), Length(max=2000)]
    )


@blueprint.route("/deals/confidential", methods=["GET", "POST"])
@access.permit("deal.break_glass")
def break_glass() -> Answer:
    """Open a confidential deal; its team is told."""
    form = BreakGlassForm()
    if form.validate_on_submit():
        try:
            with access.writing("deal.break_glass"):
                deal = wall_operations.break_glass(
                    form.code.data or "", form.reason.data or "", access.me(), now()
                )
        except InputError as error:
            field = form.reason if error.code == "reason.short" else form.code
            field.errors = [*field.errors, text_of(error)]
        else:
            flash(_("The deal is open to you; its team has been told."))
            return redirect(url_for("pipeline.show", deal_id=deal.id))
    status = 422 if form.is_submitted() else 200
    days = wall_operations.OPEN_FOR.days
    return render_template("pipeline/break_glass.html", form=form, days=days), status
