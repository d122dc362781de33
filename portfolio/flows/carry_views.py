"""Carrying the open deals of a pipeline over to the version in force: chosen, confirmed, done."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from portfolio.extensions import db
from portfolio.flows import carry_operations as operations
from portfolio.flows import queries
from portfolio.flows.impact import OpenDeal, affected
from portfolio.flows.options import options_of
from portfolio.flows.views import Answer, blueprint
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import PipelineVersion
from portfolio.pipeline.stages import Stage
from portfolio.web.formatting import now, today
from portfolio.web.messages import sentence, text_of
from portfolio.web.paths import url_asking


@dataclass(frozen=True)
class Way:
    """So many deals of earlier versions that go from a stage to one of the new version.

    Their days go on where it is the `same` stage, and begin anew elsewhere.
    """

    versions: tuple[int, ...]
    start: Stage
    end: Stage
    count: int

    @property
    def same(self) -> bool:
        """Whether they stay where they are."""
        return self.start.key == self.end.key


@blueprint.route("/settings/pipelines/versions/<int:version_id>/carry", methods=["GET", "POST"])
@access.permit("settings.pipelines")
def carry(version_id: int) -> Answer:
    """Carry the open deals of earlier versions over to the one in force, once that is confirmed."""
    row = db.session.get(PipelineVersion, version_id) or abort(404)
    if request.method == "GET":
        newest = pipeline.current_pipeline(row.key)
        if newest is not None and newest.id != row.id:  # no deal is carried to an old version
            return redirect(url_asking("flows.carry", request.args.to_dict(), version_id=newest.id))
        return _page(row, _mapping(request.args))
    mapping = _mapping(request.form)
    deals = len(queries.to_carry(access.me(), row))
    try:
        with access.writing(operations.ACTION):
            act = operations.carry_over(
                row, mapping, access.me(), now(), request.form.get("shown", "")
            )
    except InputError as error:
        db.session.expire_all()
        return _page(row, mapping, error)
    said = ngettext("%(num)d deal goes by it.", "%(num)d deals go by it.", deals)
    flash(said, str(act.id) if act else "message")
    return redirect(url_for("flows.index"))


def _mapping(sent: Mapping[str, str]) -> dict[str, str]:
    """Where it says that deals of stages that are no more go."""
    return {
        name.removeprefix("map-"): value for name, value in sent.items() if name.startswith("map-")
    }


def _page(row: PipelineVersion, mapping: dict[str, str], error: InputError | None = None) -> Answer:
    """Where deals of stages that are no more go is asked first; then what would be done.

    Who has answered for some of these stages is told at each other one that it is missing.
    """
    flow, deals = pipeline.pipeline_of(row), queries.to_carry(access.me(), row)
    flows = pipeline.pipelines()
    definition = json.loads(row.definition)
    to_map = queries.stages_to_map(row.key, definition)
    unmapped = _unmapped(flow, to_map, mapping)
    wrong = unmapped if mapping or error else {}
    ways = [] if unmapped else _ways(flows, flow, deals, mapping)
    page = render_template(
        "flows/carry.html",
        row=row,
        pipeline=flow,
        deals=deals,
        ways=ways,
        mapped=not unmapped,
        moved=sum(way.count for way in ways if not way.same),
        shown=queries.summary_of(deals),
        effects=affected(flows, flow, deals, today()),
        to_map=to_map,
        stages=options_of(definition)["stages"],
        mapping=mapping,
        error=text_of(error) if error and error.code != "carry.unmapped" else "",
        wrong=wrong,
    )
    if isinstance(error, operations.ShownOtherwise):
        return page, 409
    return page, 422 if error or wrong else 200


def _unmapped(
    flow: Pipeline, to_map: Sequence[Mapping[str, Any]], mapping: Mapping[str, str]
) -> dict[str, str]:
    """By the key of each stage of which it is not said where its deals go, the question."""
    known = {stage.key for stage in flow.stages}
    return {
        stage["key"]: sentence("carry.unmapped", value=stage)
        for stage in to_map
        if mapping.get(stage["key"]) not in known
    }


def _ways(
    flows: Mapping[int, Pipeline],
    flow: Pipeline,
    deals: Sequence[OpenDeal],
    mapping: Mapping[str, Any],
) -> list[Way]:
    found = []
    for key, count in Counter(deal.stage for deal in deals).items():
        olds = {d.pipeline_id: flows[d.pipeline_id] for d in deals if d.stage == key}.values()
        versions = tuple(sorted(old.version for old in olds))
        newest = max(olds, key=lambda old: old.version)
        end = flow.stage(mapping.get(key, key))
        found.append(Way(versions, newest.stage(key), end, count))
    return sorted(found, key=lambda way: way.start.position)
