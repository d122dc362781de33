"""Changing many deals at once: what would change and what is refused first, then one act."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import Length

from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import board_queries, bulk_operations, queries
from portfolio.pipeline.bulk import STAFFING, Doing, Order, Outcome
from portfolio.pipeline.listing import read_deal_listing
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.fields import DayField, choices
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of

ACTION = bulk_operations.ACTION
# Which fields each thing to do asks for.
ASKS: Mapping[Doing, tuple[str, ...]] = {
    **dict.fromkeys(STAFFING, ("person_id",)),
    Doing.MOVE: ("stage", "reason_code", "note"),
    Doing.HOLD: ("reason_code", "note", "revisit_on"),
    Doing.REJECT: ("reason_code", "note"),
}
ORDER = ("doing", "person_id", "stage", "reason_code", "note", "revisit_on")


class BulkForm(FlaskForm):
    """What is to be done with the chosen deals."""

    doing = HiddenField()
    query = HiddenField()
    person_id = SelectField(_l("Person"), validate_choice=False)
    stage = SelectField(_l("Stage"), validate_choice=False)
    reason_code = SelectField(_l("Main reason"), default="", validate_choice=False)
    note = TextAreaField(_l("In your words"), [Length(max=4000)])
    revisit_on = DayField(_l("Look at it again on"))

    def order(self, doing: Doing) -> Order:
        """The order as it was filled in. Raises InputError when it does not say enough."""
        known = {str(value) for value, *_ in self.person_id.iter_choices()}
        person = self.person_id.data if self.person_id.data in known else ""
        order = Order(
            doing,
            int(person) if person else None,
            self.stage.data or "",
            self.reason_code.data or "",
            self.note.data or "",
            self.revisit_on.day,
        )
        order.check()
        return order


def _form(doing: Doing) -> BulkForm:
    form = BulkForm()
    pipelines = queries.pipelines().values()
    stages = {key: title_of(stage) for key, stage in queries.stage_titles().items()}
    kind = doing.value if doing in {Doing.HOLD, Doing.REJECT} else ""
    reasons = {r.key: title_of(r) for p in pipelines for r in p.reasons_for(kind)}
    form.person_id.choices = choices(people.active_names_with("deal.write").items(), blank=True)
    form.stage.choices = choices(stages.items(), blank=True)
    form.reason_code.choices = choices(reasons.items(), blank=True)
    return form


def _doing() -> Doing:
    found = Doing._value2member_map_.get(request.form.get("doing", ""))
    return found if isinstance(found, Doing) else abort(400)


def _wanted() -> dict[int, int | None]:
    """The chosen deals with the versions that were shown, if any were."""
    if request.form.get("all"):
        return dict.fromkeys(_matching())
    found: dict[int, int | None] = {}
    for text in request.form.getlist("deal"):
        number, _colon, version = text.partition(":")
        deal_id = short_number(number)
        if deal_id is not None and (not version or short_number(version) is not None):
            found[deal_id] = short_number(version)
    return found


def _matching() -> Sequence[int]:
    """The ids of the list that the boxes stood beside, one more than can be changed at once."""
    filters = current_app.extensions["deal_filters"]
    arguments = parse_qs(request.form.get("query", ""))
    listing = read_deal_listing(arguments, [f.key for f in filters])
    ids = board_queries.listed(access.me(), listing, filters)
    return db.session.scalars(ids).all()


@blueprint.post("/deals/bulk")
@access.permit("deal.write")
def bulk() -> Answer:
    """What the order would change and which deals refuse it; nothing is written yet."""
    doing = _doing()
    form = _form(doing)
    try:
        deals = bulk_operations.chosen(access.me(), _wanted())
    except InputError as error:
        flash(text_of(error))
        return redirect(_back())
    return _preview(doing, form, deals)


def _back() -> str:
    asked: dict[str, Any] = parse_qs(request.form.get("query", ""))
    return url_for("pipeline.index", **asked)


def _preview(doing: Doing, form: BulkForm, deals: Sequence[Deal], changed: bool = False) -> Answer:
    names = {deal.id: (deal.name, deal.code) for deal in deals}
    outcomes: list[Outcome] = []
    try:
        if form.validate():
            outcomes = bulk_operations.tried(
                access.writing(ACTION), deals, form.order(doing), access.me(), now()
            )
    except InputError as error:
        if request.form.get("asked"):
            form.form_errors.append(text_of(error))
    asked = form.errors or form.form_errors
    page = render_template(
        "pipeline/bulk.html",
        form=form,
        doing=doing,
        fields=[form[name] for name in ASKS[doing]],
        names=names,
        sound=_lines(doing, [o for o in outcomes if o.refusal is None]),
        refused=[(o.deal_id, text_of(o.refusal)) for o in outcomes if o.refusal],
        hidden=[(name, request.form.get(name, "")) for name in ORDER],
        back=_back(),
        changed=changed,
    )
    return page, 409 if changed else 422 if asked else 200


def _lines(doing: Doing, outcomes: Sequence[Outcome]) -> list[tuple[int, int, str, str]]:
    """Id, version, and what was and will be, in words."""
    known = _titles(doing, outcomes)

    def words(text: str) -> str:
        return "、".join(known.get(part, "—") for part in text.split(",") if part)

    return [(o.deal_id, o.version, words(o.before), words(o.after)) for o in outcomes]


def _titles(doing: Doing, outcomes: Sequence[Outcome]) -> dict[str, str]:
    if doing in STAFFING:
        ids = {int(n) for o in outcomes for n in f"{o.before},{o.after}".split(",") if n}
        return {str(number): name for number, name in people.names_of(ids).items()}
    if doing is Doing.MOVE:
        return {key: title_of(stage) for key, stage in queries.stage_titles().items()}
    return {status.value: title_of(status) for status in Status}


@blueprint.post("/deals/bulk/changes")
@access.permit("deal.write")
def change_bulk() -> Answer:
    """Do it with the deals that were shown as sound: all of them, or none."""
    doing = _doing()
    form = _form(doing)
    wanted = _wanted()
    try:
        deals = bulk_operations.chosen(access.me(), wanted)
        versions = {number: version or 0 for number, version in wanted.items()}
        if not form.validate() or len(deals) != len(wanted):
            return _preview(doing, form, deals, changed=True)
        with access.writing(ACTION):
            act = bulk_operations.apply(deals, versions, form.order(doing), access.me(), now())
    except InputError:
        db.session.expire_all()
        return _again(doing, form, wanted)
    said = ngettext("%(num)s deal changed.", "%(num)s deals changed.", len(deals))
    flash(said, str(act.id) if act else "message")
    return redirect(_back())


def _again(doing: Doing, form: BulkForm, wanted: Mapping[int, Any]) -> Answer:
    """Somebody changed one of them meanwhile: the preview once more, as things are now."""
    try:
        deals = bulk_operations.chosen(access.me(), wanted)
    except InputError as error:
        flash(text_of(error))
        return redirect(_back())
    return _preview(doing, form, deals, changed=True)
