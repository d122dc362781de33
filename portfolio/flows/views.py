"""Pages of pipelines: which there are, one version, beginning and discarding drafts."""

import json
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.validators import DataRequired, Length

from portfolio.extensions import db
from portfolio.flows import drafts, operations, queries
from portfolio.flows.models import PipelineDraft
from portfolio.flows.options import TARGETS, options_of
from portfolio.flows.parts import OUTER, PARTS, TOP
from portfolio.flows.rows import opened, top_values
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline.models import PipelineVersion
from portfolio.pipeline.queries import current_pipeline, pipeline_of
from portfolio.web.fields import choices
from portfolio.web.formatting import listed, now, title_of
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number

blueprint = Blueprint("flows", __name__)

Answer = str | Response | tuple[str, int]
EMPTY = ""


class NewPipelineForm(FlaskForm):
    """A pipeline that is none yet."""

    key = StringField(_l("Key"), [DataRequired(_l("A pipeline needs a key."))])
    zh = StringField(
        _l("Chinese title"), [DataRequired(_l("It needs a Chinese title.")), Length(max=60)]
    )
    en = StringField(
        _l("English title"), [DataRequired(_l("It needs an English title.")), Length(max=60)]
    )
    target = SelectField(_l("Its deals are about"))
    like = SelectField(_l("Begin with"))


def draft_or_404(draft_id: int) -> PipelineDraft:
    """A draft that somebody is at."""
    return db.session.get(PipelineDraft, draft_id) or abort(404)


@blueprint.get("/settings/pipelines")
@access.permit("settings.pipelines")
def index() -> str:
    """Every pipeline with its versions, how many open deals go by each, and drafts."""
    by_key: dict[str, list[PipelineVersion]] = {}
    for row in sorted(queries.versions(), key=lambda row: (-row.version, row.id)):
        by_key.setdefault(row.key, []).append(row)
    waiting, counts = queries.drafts(), queries.counts(access.me())
    new = [row for key, row in waiting.items() if key not in by_key]
    authors = {row.published_by_id for rows in by_key.values() for row in rows}
    carried = queries.carried(access.me())
    authors |= {act.actor_id for found in carried.values() for act, _number in found}
    authors |= {row.updated_by_id for row in waiting.values()}
    return render_template(
        "flows/index.html",
        pipelines=sorted(by_key.values(), key=lambda rows: min(row.id for row in rows)),
        parsed=pipeline_of,
        counts=counts,
        earlier={
            key: sum(counts[row.id] for row in rows if not row.current)
            for key, rows in by_key.items()
        },
        carried=carried,
        drafts=waiting,
        new=[(row, json.loads(row.definition)) for row in new],
        people=people.names_of({i for i in authors if i}),
    )


@blueprint.get("/settings/pipelines/versions/<int:version_id>")
@access.permit("settings.pipelines")
def version(version_id: int) -> str:
    """One version as it is, to read."""
    row = db.session.get(PipelineVersion, version_id) or abort(404)
    definition = drafts.started(json.loads(row.definition))
    return render_template(
        "flows/version.html",
        row=row,
        definition=definition,
        pipeline=pipeline_of(row),
        parts=[PARTS[name] for name in OUTER],
        all_parts=PARTS,
        top=[(column, top_values(definition)[column.name]) for column in TOP],
        opened=opened,
        options=options_of(definition),
        words=words_of,
    )


def words_of(column: Any, value: Any, options: dict[str, Any]) -> str:
    """A value of a field as people read it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    offered = options.get(column.options, {})

    def named(key: str) -> str:
        return title_of(offered[key]) if key in offered else str(key)

    if column.kind == "pairs":
        return listed(f"{named(pair['from'])} → {named(pair['to'])}" for pair in value or ())
    return listed(named(key) for key in (value if isinstance(value, list) else [value]))


@blueprint.route("/settings/pipelines/new", methods=["GET", "POST"])
@access.permit("settings.pipelines")
def new() -> Answer:
    """Begin a pipeline, empty or like another one."""
    form = NewPipelineForm()
    known = [row for row in queries.versions() if row.current]
    form.target.choices = choices((key, title_of(titles)) for key, titles in TARGETS.items())
    form.like.choices = [
        *choices([(EMPTY, _("The usual moves and no stage"))]),
        *choices((r.key, _("As %(name)s", name=title_of(pipeline_of(r)))) for r in known),
    ]
    if form.validate_on_submit():
        try:
            with access.writing("pipeline.begin"):
                draft = _begun(form)
        except InputError as error:
            form.key.errors = [text_of(error)]
        else:
            return redirect(url_for("flows.draft", draft_id=draft.id))
    page = render_template("flows/new.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _begun(form: NewPipelineForm) -> PipelineDraft:
    key, zh, en = ((field.data or "").strip() for field in (form.key, form.zh, form.en))
    like = current_pipeline(form.like.data) if form.like.data else None
    return operations.begin_new(key, zh, en, form.target.data, like, access.me(), now())


@blueprint.post("/settings/pipelines/drafts")
@access.permit("settings.pipelines")
def begin() -> Answer:
    """Begin to edit a pipeline, or go on with it."""
    row = current_pipeline(request.form.get("key", "")) or abort(404)
    with access.writing("pipeline.begin"):
        draft = operations.begin(row, access.me(), now())
    return redirect(url_for("flows.draft", draft_id=draft.id))


@blueprint.post("/settings/pipelines/drafts/<int:draft_id>/discard")
@access.permit("settings.pipelines")
def discard(draft_id: int) -> Answer:
    """Forget a draft."""
    draft = draft_or_404(draft_id)
    try:
        with access.writing("pipeline.discard"):
            operations.discard(draft, sent_number("version"))
    except operations.DraftConflict as error:
        flash(text_of(error))
        return redirect(url_for("flows.draft", draft_id=draft_id))
    flash(_("The draft is discarded. What is in force stays."))
    return redirect(url_for("flows.index"))
