"""What is added to a deal: notes and tasks."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from portfolio.companies import operations as records
from portfolio.companies.models import Task
from portfolio.companies.undo_operations import finishing
from portfolio.extensions import db
from portfolio.people import access
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.models import Deal
from portfolio.pipeline.views import Answer, blueprint, deal_or_404
from portfolio.web.fields import choices
from portfolio.web.formatting import now
from portfolio.web.record_forms import ActivityForm, TaskForm


def writable(deal_id: int) -> Deal:
    """The deal, when this person may change it."""
    deal = deal_or_404(deal_id)
    if not sight.may(access.me(), "deal.write", deal):
        abort(403)
    return deal


def _form_page(form: FlaskForm, deal: Deal, title: str) -> Answer:
    status = 422 if form.is_submitted() else 200
    return render_template("pipeline/record.html", form=form, deal=deal, title=title), status


@blueprint.route("/deals/<int:deal_id>/activities", methods=["GET", "POST"])
@access.permit("deal.write")
def activities(deal_id: int) -> Answer:
    """Write down a contact or a note."""
    deal = writable(deal_id)
    form = ActivityForm()
    if not form.validate_on_submit():
        return _form_page(form, deal, _("Add a note"))
    with access.writing("activity.note"):
        records.note_activity(
            form.text.data or "", form.kind.data, access.me(), now(), deal_id=deal.id
        )
    flash(_("Noted."))
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor="activities"))


@blueprint.route("/deals/<int:deal_id>/tasks", methods=["GET", "POST"])
@access.permit("deal.write")
def tasks(deal_id: int) -> Answer:
    """Give somebody something to do for the deal."""
    deal = writable(deal_id)
    form = TaskForm()
    form.owner_id.choices = choices(sight.assignable(deal).items())
    if request.method == "GET":
        form.owner_id.data = access.me().id
    if not form.validate_on_submit():
        return _form_page(form, deal, _("Add a task"))
    with access.writing("task.add"):
        records.add_task(
            form.title.data or "",
            form.owner_id.data,
            access.me(),
            now(),
            due_on=form.due_on.day,
            promised=bool(form.promised.data),
            deal_id=deal.id,
        )
    flash(_("Task added."))
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor="tasks"))


@blueprint.post("/deals/<int:deal_id>/tasks/<int:task_id>/completion")
@access.permit("deal.write")
def complete_task(deal_id: int, task_id: int) -> Answer:
    """Tick a task off."""
    deal = writable(deal_id)
    task = db.session.get(Task, task_id)
    if task is None or task.deal_id != deal.id:
        abort(404)
    with access.writing("task.finish"), finishing(task, access.me(), now()) as kept:
        records.finish_task(task, now())
    flash(_("Done: %(title)s", title=task.title), kept.category)
    return redirect(url_for("pipeline.show", deal_id=deal.id, _anchor="tasks"))
