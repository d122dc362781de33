"""Pages of the working days: which years are known, and the arrangement of one."""

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.holidays import operations, queries
from portfolio.holidays.models import HolidayYear
from portfolio.holidays.months import months_of, working_days
from portfolio.holidays.named import missing
from portfolio.holidays.notice import LONGEST, read
from portfolio.kernel.calendar import WorkCalendar
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.fields import VersionField
from portfolio.web.formatting import now
from portfolio.web.messages import text_of

blueprint = Blueprint("holidays", __name__)

Answer = str | Response | tuple[str, int]
# An arrangement is published late in the year before; further ahead there is nothing to enter.
AHEAD = 2
EARLIEST = 2004


class ArrangementForm(FlaskForm):
    """The notice of a year, as it was published."""

    notice = TextAreaField(
        _l("Text of the notice"),
        [DataRequired(_l("Paste the text of the notice.")), Length(max=LONGEST)],
        render_kw={"rows": 14},
    )
    source = StringField(
        _l("Document number or address"),
        [DataRequired(_l("Say where it was published.")), Length(max=200)],
    )
    in_part = BooleanField(_l("Save it in part: what is missing follows later"))
    version = VersionField()


@blueprint.get("/settings/holidays")
@access.permit("settings.manage")
def index() -> str:
    """The years around this one and all that were entered: what is known of each."""
    this = local_date(now()).year
    rows = {row.year: row for row in queries.entered()}
    years = sorted({*range(this - 1, this + AHEAD + 1), *rows}, reverse=True)
    days = queries.calendar()
    return render_template(
        "holidays/index.html",
        years=[
            (year, rows.get(year), standing(year, days, rows.get(year)), working_days(year, days))
            for year in years
        ],
        people=people.names_of({row.entered_by_id for row in rows.values() if row.entered_by_id}),
    )


def standing(year: int, days: WorkCalendar, row: HolidayYear | None) -> str:
    """Whether the arrangement of a year was `entered`, or `part` of it, is `known` to the software or
    `assumed`."""
    if row is not None:
        return "part" if missing(row.notice) else "entered"
    return "known" if days.known(year) else "assumed"


@blueprint.route("/settings/holidays/<int:year>", methods=["GET", "POST"])
@access.permit("settings.manage")
def arrangement(year: int) -> Answer:
    """Look at a year and enter its arrangement: first to be checked, then saved."""
    if not EARLIEST <= year <= local_date(now()).year + AHEAD:
        abort(404)
    row = queries.arrangement(year)
    form = ArrangementForm(obj=row)
    if not form.is_submitted():
        return _page(year, form, row, queries.calendar())
    found = None
    if form.validate():
        try:
            found = read(form.notice.data or "", year)
        except InputError as error:
            form.notice.errors = [text_of(error)]
    if found is None:
        return _page(year, form, row, queries.calendar()), 422
    whole = not missing(form.notice.data or "")
    days = queries.calendar_of(((year, *found.written, whole),))
    if "save" not in request.form:
        return _page(year, form, row, days, checked=True)
    try:
        with access.writing("holidays.enter"):
            operations.enter(
                year,
                form.notice.data or "",
                form.source.data or "",
                form.version.seen,
                access.me(),
                now(),
                bool(form.in_part.data),
            )
    except (InputError, StaleDataError) as error:
        if isinstance(error, InputError) and error.code == "holiday.in_part":
            form.in_part.errors = [text_of(error)]
            return _page(year, form, row, days, checked=True), 422
        form.form_errors = [text_of(InputError("record.conflict"))]
        now_saved = queries.arrangement(year)
        form.version.data = (
            now_saved.version if now_saved else 0
        )  # seen below, and so to be saved over
        return _page(year, form, now_saved, queries.calendar(), beside=True), 409
    flash(_("The working days of %(year)s are saved.", year=year))
    return redirect(url_for("holidays.index"))


def _page(
    year: int,
    form: ArrangementForm,
    row: HolidayYear | None,
    days: WorkCalendar,
    checked: bool = False,
    beside: bool = False,
) -> str:
    return render_template(
        "holidays/arrangement.html",
        year=year,
        form=form,
        row=row,
        checked=checked,
        beside=beside,
        standing="read" if checked else standing(year, days, row),
        missing=missing(form.notice.data or ""),
        months=[
            (format_date(dt.date(year, number, 1), "LLLL"), weeks)
            for number, weeks in enumerate(months_of(year, days), 1)
        ],
        working=working_days(year, days),
    )


@blueprint.post("/settings/holidays/<int:year>/remove")
@access.permit("settings.manage")
def remove(year: int) -> Answer:
    """Forget what was entered of a year."""
    row = queries.arrangement(year) or abort(404)
    with access.writing("holidays.remove"):
        operations.take_away(row)
    flash(_("What was entered of %(year)s is gone.", year=year))
    return redirect(url_for("holidays.index"))
