"""Forms that add to a company: a year's figures, people, notes, tasks, documents."""

import datetime as dt
from contextlib import closing
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from portfolio.companies import operations, queries
from portfolio.companies import paper_queries as papers
from portfolio.companies import portrait_queries as portrait
from portfolio.companies.forms import (
    ContactForm,
    FigureYearForm,
    PatentsForm,
)
from portfolio.companies.models import (
    Company,
    Contact,
    Document,
    DocumentVersion,
    Figure,
    Task,
)
from portfolio.companies.operations import Statement
from portfolio.companies.patent_operations import enter_patents
from portfolio.companies.patents import read_patents
from portfolio.companies.sheet_groups import Typed
from portfolio.companies.undo_operations import finishing, keep_stated
from portfolio.companies.views import Answer, blueprint, company_or_404
from portfolio.companies.year_sheet import GROUPS, ORDER, read_figures
from portfolio.extensions import db
from portfolio.journal.models import Act
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.downloads import download
from portfolio.web.fields import choices
from portfolio.web.formatting import today
from portfolio.web.messages import text_of, texts_of
from portfolio.web.record_forms import ActivityForm, PaperForm, TaskForm

MOST_ERRORS = 5


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _back(company_id: int, anchor: str, said: str, act: Act | None = None) -> Response:
    flash(said, str(act.id) if act else "message")
    return redirect(url_for("companies.show", company_id=company_id, _anchor=anchor))


@blueprint.route("/companies/<int:company_id>/figures", methods=["GET", "POST"])
@access.permit("company.write")
def figures(company_id: int) -> Answer:
    """State the figures of one fiscal year; doubtful ones are asked about before they count."""
    company = company_or_404(company_id)
    form = FigureYearForm(request.args) if request.method == "GET" else FigureYearForm()
    year = form.fiscal_year.number or dt.datetime.now(dt.UTC).year - 1
    stored = queries.current_rows([company.id])
    if request.method == "GET":
        form.fiscal_year.process_data(year)
        return _figure_page(company, form, {}, Typed(), stored)
    texts = {m.id: request.form.get(f"m-{m.id}", "") for m in ORDER}
    known, before = (queries.numbers_of(stored, y) for y in (year, year - 1))
    typed = read_figures(texts, known, before)
    valid = form.validate()
    if not valid or typed.errors or (typed.questions and not form.confirmed.data):
        return _figure_page(company, form, texts, typed, stored), 422
    with access.writing("figure.state"):
        added = operations.state_figures(_statements(company, form, typed), access.me(), _now())
        act = keep_stated(company, added, stored, access.me(), _now())
    said = _("%(count)s figures of %(year)s recorded.", count=len(added), year=year)
    return _back(company.id, "figures", said, act)


def _statements(company: Company, form: FigureYearForm, typed: Typed) -> list[Statement]:
    return [
        Statement(
            company.id,
            metric_id,
            form.fiscal_year.number,
            micro=micro,
            source=form.source.data or "",
            audited=bool(form.audited.data),
        )
        for metric_id, (micro, _word) in typed.values.items()
    ]


def _figure_page(
    company: Company, form: FigureYearForm, texts: dict[str, str], typed: Typed, stored: Any
) -> str:
    year = form.fiscal_year.number or 0
    kept, before = (
        {m.id: row for m in ORDER if (row := stored.get((company.id, m.id, y)))}
        for y in (year, year - 1)
    )
    return render_template(
        "companies/figures.html",
        company=company,
        form=form,
        groups=GROUPS,
        metrics=ORDER,
        texts=texts,
        kept=kept,
        before=before,
        years=range(today().year, today().year - 5, -1),
        lacking=queries.years_between(stored),
        errors={key: text_of(error) for key, error in typed.errors.items()},
        questions=texts_of(typed.questions),
    )


@blueprint.post("/companies/<int:company_id>/figures/<int:figure_id>/answer")
@access.permit("company.write")
def answer_dispute(company_id: int, figure_id: int) -> Answer:
    """Keep the current figure, or take the differing one in its place."""
    company = company_or_404(company_id)
    row = db.session.get(Figure, figure_id)
    answer = request.form.get("answer", "")
    if row is None or row.company_id != company.id or answer not in {"keep", "take"}:
        abort(404)
    try:
        with access.writing("figure.answer"):
            operations.answer_dispute(row, answer == "take", access.me(), _now())
    except InputError as error:
        return _back(company.id, "figures", text_of(error))
    return _back(company.id, "figures", _("Decided."))


def _form_page(form: FlaskForm, company: Company, title: str, status: int = 200) -> Answer:
    page = render_template("companies/record.html", form=form, company=company, title=title)
    return page, status


@blueprint.route("/companies/<int:company_id>/contacts", methods=["GET", "POST"])
@access.permit("company.write")
def contacts(company_id: int) -> Answer:
    """Enter a person at the company."""
    company = company_or_404(company_id)
    form = ContactForm()
    if not form.validate_on_submit():
        return _form_page(form, company, _("Add a person"), _status(form))
    with access.writing("contact.enter"):
        fields = {name: form[name].data for name in ("name", "position", "founder", "phone")}
        row = Contact(company_id=company.id, email=form.email.data or "", **fields)
        db.session.add(row)
    return _back(company.id, "people", _("Added %(name)s.", name=row.name))


@blueprint.route("/companies/<int:company_id>/activities", methods=["GET", "POST"])
@access.permit("company.write")
def activities(company_id: int) -> Answer:
    """Write down a contact with the company."""
    company = company_or_404(company_id)
    form = ActivityForm()
    if not form.validate_on_submit():
        return _form_page(form, company, _("Add a note"), _status(form))
    with access.writing("activity.note"):
        operations.note_activity(
            form.text.data or "", form.kind.data, access.me(), _now(), company_id=company.id
        )
    return _back(company.id, "activities", _("Noted."))


@blueprint.route("/companies/<int:company_id>/tasks", methods=["GET", "POST"])
@access.permit("company.write")
def tasks(company_id: int) -> Answer:
    """Give somebody something to do for the company."""
    company = company_or_404(company_id)
    form = TaskForm()
    form.owner_id.choices = choices(people.active_names().items())
    if request.method == "GET":
        form.owner_id.data = access.me().id
    if not form.validate_on_submit():
        return _form_page(form, company, _("Add a task"), _status(form))
    with access.writing("task.add"):
        operations.add_task(
            form.title.data or "",
            form.owner_id.data,
            access.me(),
            _now(),
            due_on=form.due_on.day,
            promised=bool(form.promised.data),
            company_id=company.id,
        )
    return _back(company.id, "tasks", _("Task added."))


@blueprint.post("/companies/<int:company_id>/tasks/<int:task_id>/completion")
@access.permit("company.write")
def complete_task(company_id: int, task_id: int) -> Answer:
    """Tick a task off."""
    company = company_or_404(company_id)
    task = db.session.get(Task, task_id)
    if task is None or task.company_id != company.id or task.deal_id is not None:
        abort(404)
    with access.writing("task.finish"), finishing(task, access.me(), _now()) as kept:
        operations.finish_task(task, _now())
    return _back(company.id, "tasks", _("Done: %(title)s", title=task.title), kept.act)


@blueprint.route("/companies/<int:company_id>/documents", methods=["GET", "POST"])
@access.permit("company.write")
def documents(company_id: int) -> Answer:
    """Keep a file; the same title makes the next version."""
    company = company_or_404(company_id)
    form = PaperForm()
    if not form.validate_on_submit():
        return _form_page(form, company, _("Add a document"), _status(form))
    upload = form.file.data
    with closing(upload):  # a large upload lies in a temporary file until then
        content = upload.read()
    title = (form.title.data or "").strip() or upload.filename
    known = portrait.document_titled(company.id, title)
    try:
        with access.writing("document.keep"):
            operations.keep_document(
                content,
                upload.filename,
                upload.mimetype,
                access.me(),
                _now(),
                title=title,
                kind=form.kind.data or "",
                company_id=company.id,
                document=known,
            )
    except InputError as error:
        form.file.errors = [text_of(error)]
        return _form_page(form, company, _("Add a document"), 422)
    return _back(company.id, "documents", _("Kept %(title)s.", title=title))


@blueprint.route("/companies/<int:company_id>/patents", methods=["GET", "POST"])
@access.permit("company.write")
def patents(company_id: int) -> Answer:
    """Enter patents by a list of their titles: those that the company has already are left out."""
    company = company_or_404(company_id)
    form = PatentsForm()
    title = _("Add patents")
    if not form.validate_on_submit():
        return _form_page(form, company, title, _status(form))
    listed, errors = read_patents(form.titles.data or "")
    if errors:
        form.titles.errors = [" ".join(map(text_of, errors[:MOST_ERRORS]))]
        return _form_page(form, company, title, 422)
    with access.writing("patent.enter"):
        entered = enter_patents(company.id, listed, access.me(), _now())
    said = ngettext("%(num)d patent entered.", "%(num)d patents entered.", entered)
    if known := len(listed) - entered:
        said += " " + ngettext("%(num)d was there already.", "%(num)d were there already.", known)
    return _back(company.id, "documents", said)


@blueprint.get("/companies/<int:company_id>/documents/<int:version_id>")
@access.permit("company.read")
def document(company_id: int, version_id: int) -> Response:
    """Hand out one version, always as a download."""
    company = company_or_404(company_id)
    version = db.session.get(DocumentVersion, version_id)
    if version is None:
        abort(404)
    holder = db.session.get_one(Document, version.document_id)
    if holder.company_id != company.id or holder.deal_id is not None:
        abort(404)
    if not papers.known(access.me(), [holder]):
        abort(404)
    return download(operations.document_path(version.sha256), version.filename)


def _status(form: FlaskForm) -> int:
    return 422 if form.is_submitted() else 200
