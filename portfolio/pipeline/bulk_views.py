"""Changing many deals at once: what would change and what is refused first, then one act."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from portfolio.extensions import db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.pipeline import board_queries, bulk_operations, queries
from portfolio.pipeline.bulk import MOST, STAFFING, Doing, Outcome
from portfolio.pipeline.bulk_forms import MOST_TO_WALK, ORDER, form_for, place_faults
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.gates import GateMissing
from portfolio.pipeline.listing import read_deal_listing
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.views import Answer, blueprint
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

ACTION = bulk_operations.ACTION


def _doing() -> Doing:
    found = Doing._value2member_map_.get(request.values.get("doing", ""))
    return found if isinstance(found, Doing) else abort(400)


def _wanted() -> dict[int, int | None]:
    """The chosen deals with the versions that were shown, if any were."""
    if request.form.get("all"):
        return dict.fromkeys(_matching())
    found: dict[int, int | None] = {}
    walked = request.args.get("deals", "").split(".")
    for text in (*request.form.getlist("deal"), *walked):
        number, _colon, version = text.partition(":")
        deal_id = short_number(number)
        if deal_id is not None and (not version or short_number(version) is not None):
            found[deal_id] = short_number(version)
    return found


def _matching() -> Sequence[int]:
    """The ids of the list that the boxes stood beside, one more than can be changed at once."""
    filters = current_app.extensions["deal_filters"]
    arguments = parse_qs(request.values.get("query", ""))
    listing = read_deal_listing(arguments, [f.key for f in filters])
    ids = board_queries.listed(access.me(), listing, filters)
    return db.session.scalars(ids.limit(MOST + 1)).all()


@blueprint.get("/deals/bulk", endpoint="walk")
@blueprint.post("/deals/bulk", endpoint="bulk")
@access.permit("deal.write")
def bulk() -> Answer:
    """What the order would change, which deals refuse it and what is open; nothing is written yet.

    Under its address one comes back here from each deal whose open conditions were filled in.
    """
    doing = _doing()
    try:
        deals = bulk_operations.chosen(access.me(), _wanted())
    except InputError as error:
        flash(text_of(error))
        return redirect(_back())
    return _preview(doing, deals)


def _back() -> str:
    asked: dict[str, Any] = parse_qs(request.values.get("query", ""))
    return url_asking("pipeline.index", asked)


def _preview(doing: Doing, deals: Sequence[Deal], changed: bool = False) -> Answer:
    flows = queries.pipelines()
    form = form_for(doing, deals, flows)
    order = form.order(doing)
    sound = form.validate() if form.is_submitted() else True
    lacking = place_faults(form, order, deals, flows, local_date(now()))
    if not request.form.get("asked") and sound:
        for field in form:
            field.errors = []
    outcomes: list[Outcome] = []
    if sound and not lacking:
        outcomes = bulk_operations.tried(deals, order, access.me(), now())
    going = [o for o in outcomes if o.refusal is None]
    stuck = [(o, o.refusal) for o in outcomes if isinstance(o.refusal, GateMissing)]
    there = [o for o in outcomes if o.refusal and o.refusal.code == "bulk.same"]
    if request.method == "GET" and len(there) == len(outcomes) and outcomes:
        return redirect(_back())
    told = {o.deal_id for o in (*going, *there)} | {o.deal_id for o, _refusal in stuck}
    page = render_template(
        "pipeline/bulk.html",
        form=form,
        doing=doing,
        fields=form.asked(doing),
        optional=form.optional(order, deals, flows),
        names={deal.id: (deal.name, deal.code) for deal in deals},
        sound=_lines(doing, going, {deal.id: flows[deal.pipeline_id].key for deal in deals}),
        stuck=[(o.deal_id, [s.condition for s in refusal.open]) for o, refusal in stuck],
        there=[o.deal_id for o in there],
        refused=[
            (o.deal_id, text_of(o.refusal)) for o in outcomes if o.refusal and o.deal_id not in told
        ],
        walk=form.walk([o.deal_id for o in outcomes if o.deal_id in told and o not in there]),
        left=[o.deal_id for o, _refusal in stuck],
        most=MOST_TO_WALK,
        mixed=_mixed(deals, flows) if doing is Doing.MOVE else {},
        hidden=[(name, request.values.get(name, "")) for name in ORDER],
        back=_back(),
        changed=changed,
    )
    return page, 409 if changed else 422 if form.errors else 200


def _mixed(deals: Sequence[Deal], flows: Mapping[int, Pipeline]) -> dict[str, int]:
    """How many of the deals each pipeline has, where they are of several."""
    keys = Counter(flows[deal.pipeline_id].key for deal in deals)
    titles = {flow.key: title_of(flow) for flow in flows.values()}
    return {titles[key]: count for key, count in keys.items()} if len(keys) > 1 else {}


def _lines(
    doing: Doing, outcomes: Sequence[Outcome], pipeline_of: Mapping[int, str]
) -> list[tuple[int, int, str, str]]:
    """Id, version, and what was and will be, in the words of the deal's own pipeline."""
    known = {key: _titles(doing, outcomes, key) for key in set(pipeline_of.values())}

    def words(outcome: Outcome, text: str) -> str:
        titles = known[pipeline_of[outcome.deal_id]]
        return "、".join(titles.get(part, "—") for part in text.split(",") if part)

    return [(o.deal_id, o.version, words(o, o.before), words(o, o.after)) for o in outcomes]


def _titles(doing: Doing, outcomes: Sequence[Outcome], pipeline: str) -> dict[str, str]:
    if doing in STAFFING:
        ids = {int(n) for o in outcomes for n in f"{o.before},{o.after}".split(",") if n}
        return {str(number): name for number, name in people.names_of(ids).items()}
    if doing is Doing.MOVE:
        return {key: title_of(stage) for key, stage in queries.stage_titles(pipeline).items()}
    return {status.value: title_of(status) for status in Status}


@blueprint.post("/deals/bulk/changes")
@access.permit("deal.write")
def change_bulk() -> Answer:
    """Do it with the deals that were shown as sound: all of them, or none."""
    doing = _doing()
    wanted = _wanted()
    try:
        deals = bulk_operations.chosen(access.me(), wanted)
        form = form_for(doing, deals, queries.pipelines())
        versions = {number: version or 0 for number, version in wanted.items()}
        if not form.validate() or len(deals) != len(wanted):
            return _preview(doing, deals, changed=True)
        with access.writing(ACTION):
            act = bulk_operations.apply(deals, versions, form.order(doing), access.me(), now())
    except InputError:
        db.session.expire_all()
        return _again(doing, wanted)
    said = ngettext("%(num)s deal changed.", "%(num)s deals changed.", len(deals))
    flash(said, str(act.id) if act else "message")
    left = [n for text in request.form.getlist("left") if (n := short_number(text)) is not None]
    return redirect(url_for("pipeline.walk", **form.walk(left)) if left else _back())


def _again(doing: Doing, wanted: Mapping[int, Any]) -> Answer:
    """Somebody changed one of them meanwhile: the preview once more, as things are now."""
    try:
        deals = bulk_operations.chosen(access.me(), wanted)
    except InputError as error:
        flash(text_of(error))
        return redirect(_back())
    return _preview(doing, deals, changed=True)
