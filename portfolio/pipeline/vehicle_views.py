"""Pages of vehicles, and the form that opens a commitment to a sub-fund."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.companies import queries as companies
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import queries
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.form_views import opened, prepared
from portfolio.pipeline.forms import CommitmentForm, WanField
from portfolio.pipeline.models import KINDS, Deal, PipelineVersion, Vehicle, VehicleKind
from portfolio.pipeline.vehicle_operations import change_vehicle, enter_vehicle
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.fields import choices, choices_of
from portfolio.web.formatting import title_of
from portfolio.web.messages import text_of

NEW = 0


class VehicleForm(FlaskForm):
    """The mother fund or a sub-fund."""

    kind = SelectField(_l("Kind"), choices=lambda: choices_of(VehicleKind, blank=False))
    name_zh = StringField(
        _l("Fund name"), [DataRequired(_l("A fund needs a name.")), Length(max=200)]
    )
    name_en = StringField(_l("English name"), [Length(max=200)])
    manager_name = StringField(_l("Fund manager"), [Length(max=200)])
    size_fen = WanField(_l("Fund size (10,000 CNY)"))

    def values(self) -> tuple[str, str, str, int | None]:
        """What the operations take after the kind."""
        texts = (self.name_zh.data, self.name_en.data, self.manager_name.data)
        name_zh, name_en, manager = (text or "" for text in texts)
        return name_zh, name_en, manager, self.size_fen.fen


@blueprint.route("/settings/vehicles", methods=["GET", "POST"])
@access.permit("settings.manage")
def vehicles() -> Answer:
    """Every vehicle, and the form for a new one."""
    form = VehicleForm()
    if form.validate_on_submit():
        try:
            with access.writing("vehicle.enter"):
                entered = enter_vehicle(KINDS[form.kind.data or ""], *form.values())
        except InputError as error:
            form.name_zh.errors = [text_of(error)]
        else:
            flash(_("Entered %(name)s.", name=title_of(entered)))
            return redirect(url_for("pipeline.vehicles"))
    return _page(form, None)


@blueprint.route("/settings/vehicles/<int:vehicle_id>", methods=["GET", "POST"])
@access.permit("settings.manage")
def vehicle(vehicle_id: int) -> Answer:
    """Change a vehicle; its kind stays."""
    known = db.session.get(Vehicle, vehicle_id) or abort(404)
    form = VehicleForm(obj=known)
    del form.kind
    if form.validate_on_submit():
        try:
            with access.writing("vehicle.change"):
                change_vehicle(known, *form.values())
        except InputError as error:
            form.name_zh.errors = [text_of(error)]
        else:
            flash(_("Saved."))
            return redirect(url_for("pipeline.vehicles"))
    return _page(form, known)


def _page(form: VehicleForm, changed: Vehicle | None) -> Answer:
    page = render_template(
        "pipeline/vehicles.html",
        form=form,
        changed=changed,
        vehicles=queries.vehicles(),
        kinds=KINDS,
    )
    return page, 422 if form.is_submitted() else 200


class NewCommitmentForm(CommitmentForm):
    """A commitment with the sub-fund it is made to: one that is known, or one entered with it."""

    target_id = SelectField(_l("Sub-fund"), coerce=int)
    target_name = StringField(_l("Name of the new sub-fund"), [Length(max=200)])
    target_manager = StringField(_l("Fund manager"), [Length(max=200)])

    def validate_target_name(self, field: StringField) -> None:
        """A new sub-fund needs a name."""
        if self.target_id.data == NEW and not (field.data or "").strip():
            raise ValidationError(_("A fund needs a name."))


@blueprint.route("/deals/new", methods=["GET", "POST"])
@access.permit("deal.create")
def new_commitment() -> Answer:
    """Open a deal in the pipeline asked for: whose target is a sub-fund here, of others the
    company is asked for first. Who names none chooses among all."""
    key = request.form.get("pipeline") or request.args.get("pipeline", "")
    if not key:
        return render_template("pipeline/which.html", pipelines=queries.current_pipelines())
    pipeline = queries.current_pipeline(key) or abort(404)
    if queries.pipeline_of(pipeline).target != "vehicle":
        return _choose_company(queries.pipeline_of(pipeline))
    form = prepared(NewCommitmentForm(), [queries.pipeline_of(pipeline)], {})
    funds = [v for v in queries.vehicles() if v.kind == VehicleKind.SUBFUND.value]
    form.target_id.choices = [
        *choices((v.id, title_of(v)) for v in funds),
        (NEW, _("A new sub-fund")),
    ]
    form.pipeline.data = pipeline.key
    if request.method == "GET":
        form.owner_id.data = access.me().id
        form.target_id.data = funds[0].id if funds else NEW
    if form.validate_on_submit():
        try:
            with access.writing("deal.open"):
                deal = _opened(form, pipeline)
        except InputError as error:
            taken = error.code == "vehicle.taken"
            place = form.target_name if taken else form.name
            place.errors = [text_of(error)]
        else:
            flash(_("Opened %(code)s.", code=deal.code))
            return redirect(url_for("pipeline.show", deal_id=deal.id))
    page = render_template("pipeline/form.html", form=form, company=None, deal=None)
    return page, 422 if form.is_submitted() else 200


def _choose_company(pipeline: Pipeline) -> str:
    text = request.args.get("q", "").strip()[:100]
    found = companies.found(access.me(), text) if text else ()
    return render_template("pipeline/company.html", pipeline=pipeline, text=text, companies=found)


def _opened(form: NewCommitmentForm, pipeline: PipelineVersion) -> Deal:
    target_id = form.target_id.data
    if target_id == NEW:
        name, manager = form.target_name.data or "", form.target_manager.data or ""
        size = form.round_size_fen.fen
        target_id = enter_vehicle(VehicleKind.SUBFUND, name, "", manager, size).id
    return opened(form, pipeline, target_vehicle_id=target_id)
