"""What a draft would change, the open deals it touches, and putting it in force."""

import json
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.extensions import db
from portfolio.flows import drafts, operations, queries
from portfolio.flows.changes import Change, compare
from portfolio.flows.impact import OpenDeal, affected, touched
from portfolio.flows.models import PipelineDraft
from portfolio.flows.operations import DraftConflict, Overtaken
from portfolio.flows.options import Options, options_of
from portfolio.flows.parts import PARTS
from portfolio.flows.views import Answer, blueprint, draft_or_404, words_of
from portfolio.holidays.queries import calendar
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.pipeline import board_queries
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import PipelineVersion
from portfolio.web.formatting import now, title_of, today
from portfolio.web.messages import text_of
from portfolio.web.paging import PER_PAGE, Page, page_number
from portfolio.web.requests import sent_number

EMPTY: dict[str, Any] = {"stage": [], "moves": {}}


@dataclass
class Preview:
    """A draft beside what is in force: changes, faults, and the open deals of the pipeline."""

    draft: PipelineDraft
    definition: dict[str, Any]
    current: PipelineVersion | None
    changes: list[Change]
    new: Pipeline | None
    flows: dict[int, Pipeline]
    deals: list[OpenDeal]
    overtaking: PipelineVersion | None
    meanwhile: list[Change]

    def touched(self, change: Change) -> list[int]:
        """The ids of the open deals that a change touches."""
        return touched(change, self.flows, self.new, self.deals) if self.new else []

    def effects(self) -> dict[str, list[int]]:
        """The ids of the open deals that would stand differently, by effect."""
        return affected(self.flows, self.new, self.deals, today()) if self.new else {}


def _preview(draft_id: int) -> Preview:
    draft = draft_or_404(draft_id)
    definition = drafts.finished(json.loads(draft.definition))
    current = pipeline.current_pipeline(draft.key)
    old = json.loads(current.definition) if current else EMPTY
    sound = not operations.faults_of(draft)
    written = drafts.definition_of(json.loads(draft.definition), 1, [])
    new = Pipeline(written, calendar()) if sound else None
    deals = queries.open_deals(access.me(), draft.key)
    changes = compare(old, definition)
    overtaking = operations.newer_than(draft)
    return Preview(
        draft,
        definition,
        current,
        changes,
        new,
        pipeline.pipelines(),
        deals,
        overtaking,
        compare(_base(draft), old) if overtaking else [],
    )


def _base(draft: PipelineDraft) -> dict[str, Any]:
    """What the version says on which the draft stands; that of a new pipeline says nothing."""
    row = db.session.get(PipelineVersion, draft.based_on_id or 0)
    return json.loads(row.definition) if row else EMPTY


@blueprint.get("/settings/pipelines/drafts/<int:draft_id>/preview")
@access.permit("settings.pipelines")
def preview(draft_id: int) -> Answer:
    """What the draft changes and whom it touches, before anything is in force."""
    return _page(_preview(draft_id))


def _page(found: Preview, error: str = "") -> str:
    return render_template(
        "flows/preview.html",
        found=found,
        draft=found.draft,
        definition=found.definition,
        groups=_by_part,
        counts=[len(found.touched(c)) for c in found.changes]
        if found.new and found.deals
        else None,
        effects=found.effects(),
        parts=PARTS,
        options=_known(found),
        words=words_of,
        error=error,
    )


def _by_part(changes: list[Change]) -> list[tuple[str, list[Change]]]:
    """The changes under their parts, those of the pipeline itself first."""
    parts = ((part, [c for c in changes if c.part == part]) for part in ("", *PARTS))
    return [(part, group) for part, group in parts if group]


def _known(found: Preview) -> Options:
    """What fields offer and offered: a change names also what is no more."""
    in_force = json.loads(found.current.definition) if found.current else EMPTY
    sources = [options_of(d) for d in (_base(found.draft), in_force, found.definition)]
    return {name: {k: v for s in sources for k, v in s[name].items()} for name in sources[0]}


@blueprint.get("/settings/pipelines/drafts/<int:draft_id>/deals")
@access.permit("settings.pipelines")
def touched_deals(draft_id: int) -> str:
    """The open deals that an effect or one change touches, of those this person may know of."""
    found = _preview(draft_id)
    effect = request.args.get("effect", "")
    number = short_number(request.args.get("change", ""))
    if effect:
        ids = found.effects().get(effect, [])
    elif number is not None and number < len(found.changes):
        ids = found.touched(found.changes[number])
    else:
        abort(404)
    seen = queries.seen(access.me(), found.draft.key, ids)
    start = (page_number() - 1) * PER_PAGE
    lines = board_queries.by_ids(seen[start : start + PER_PAGE])
    return render_template(
        "flows/deals.html",
        found=found,
        page=Page(lines, page_number(), len(seen)),
        counted=len(ids),
        effect=effect,
    )


@blueprint.post("/settings/pipelines/drafts/<int:draft_id>/publish")
@access.permit("settings.pipelines")
def publish(draft_id: int) -> Answer:
    """Put the draft in force, and go on to carrying the open deals over where that is asked for."""
    draft = draft_or_404(draft_id)
    try:
        with access.writing("pipeline.publish"):
            version = operations.publish(draft, sent_number("version"), access.me(), now())
    except InputError as error:
        return _refused(draft_id, error)
    flash(_("%(name)s, version %(number)s, is in force.", **_named(version)))
    if request.form.get("then") == "carry":
        return redirect(url_for("flows.carry", version_id=version.id))
    return redirect(url_for("flows.index"))


def _refused(draft_id: int, error: InputError) -> Answer:
    """The preview once more, with what is in the way; of a draft that is gone the list."""
    db.session.expire_all()
    if db.session.get(PipelineDraft, draft_id) is None:
        flash(text_of(error))
        return redirect(url_for("flows.index"))
    status = 409 if isinstance(error, DraftConflict | Overtaken) else 422
    return _page(_preview(draft_id), text_of(error)), status


@blueprint.post("/settings/pipelines/drafts/<int:draft_id>/base")
@access.permit("settings.pipelines")
def put_on(draft_id: int) -> Answer:
    """Let a draft stand on the version that overtook it: begun anew from it, or kept as it is."""
    draft = draft_or_404(draft_id)
    anew = request.form.get("do") == "anew"
    onto = sent_number("onto")
    try:
        with access.writing("pipeline.draft"):
            operations.put_on(draft, sent_number("version"), onto, anew, access.me(), now())
    except InputError as error:
        return _refused(draft_id, error)
    flash(
        _("The draft is begun anew from the version in force.")
        if anew
        else _("The draft is kept. What it says will take the place of the version in force.")
    )
    return redirect(url_for("flows.preview", draft_id=draft_id))


def _named(version: PipelineVersion) -> dict[str, Any]:
    return {"name": title_of(pipeline.pipeline_of(version)), "number": version.version}
