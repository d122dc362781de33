"""The board: one column a stage, cards in pages."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask import abort, render_template, request

from portfolio.chokepoint import queries as chokepoint
from portfolio.people import access
from portfolio.pipeline import board_queries, gate_queries, queries
from portfolio.pipeline.board_queries import CARDS, DealLine, Tally
from portfolio.pipeline.gates import standings, unmet
from portfolio.pipeline.stages import Pipeline, Stage
from portfolio.pipeline.views import blueprint, now
from portfolio.web.formatting import today

WEEK = dt.timedelta(days=7)


def _pipeline() -> tuple[list[int], Pipeline]:
    """The versions of a pipeline that hold deals, and its current one."""
    row = queries.current_pipeline(request.args.get("pipeline", "direct")) or abort(404)
    return queries.versions_in_use(row.key), queries.pipeline_of(row)


def _stages(current: Pipeline, held: Iterable[str]) -> list[Stage]:
    """The stages of the current version, and those that only deals of older ones stand in."""
    known = {stage.key for stage in current.stages}
    others = {stage.key: stage for p in queries.pipelines().values() for stage in p.stages}
    gone = [others[key] for key in held if key not in known and key in others]
    return [*current.stages, *gone]


def _missing(lines: Sequence[DealLine]) -> dict[int, int]:
    """How many conditions stand between each deal and its next stage, in a few queries for all."""
    flows = queries.pipelines()
    facts = gate_queries.facts_of([line.id for line in lines])
    found = {}
    for line in lines:
        flow = flows[line.pipeline_id]
        goal = flow.ahead(line.stage, line.status)
        if goal is not None and line.id in facts:
            gate = standings(flow, flow.gate(line.stage, goal), facts[line.id])
            found[line.id] = len(unmet(gate))
    return found


def _owner() -> int | None:
    return access.me().id if request.args.get("mine") else None


@blueprint.get("/board")
@access.permit("deal.read")
def board() -> str:
    """Every stage with its count and sum; the first cards of each."""
    versions, pipeline = _pipeline()
    user, owner = access.me(), _owner()
    tallies = board_queries.tallies(user, versions, owner)
    cards = board_queries.first_cards(user, versions, tallies, owner)
    columns = [
        (stage, tallies.get(stage.key, Tally()), cards.get(stage.key, []))
        for stage in _stages(pipeline, tallies)
    ]
    lines = [deal for _, _, cards in columns for deal in cards]
    shown = [deal.id for deal in lines]
    return render_template(
        "pipeline/board.html",
        pipeline=pipeline,
        pipelines=list({p.key: p for p in queries.pipelines().values()}.values()),
        columns=columns,
        per_page=CARDS,
        tags=_tags(lines),
        missing=_missing(lines),
        terms=queries.among_seen(user, "deal.terms", shown),
        writable=queries.among_seen(user, "deal.write", shown),
        mine=owner is not None,
        total=sum(tally.count for tally in tallies.values()),
        sum_fen=_sum(tallies),
    )


def _tags(lines: Sequence[DealLine]) -> dict[int, list[str]]:
    """The confirmed technologies of the cards' companies: one query for all of them."""
    return chokepoint.confirmed_of({line.company_id for line in lines if line.company_id})


def _sum(tallies: dict[str, Tally]) -> int | None:
    sums = [tally.sum_fen for tally in tallies.values() if tally.sum_fen is not None]
    return sum(sums) if sums else None


@blueprint.get("/board/<stage_key>")
@access.permit("deal.read")
def column(stage_key: str) -> str:
    """The next cards of a column."""
    versions, pipeline = _pipeline()
    stages = {stage.key: stage for stage in _stages(pipeline, [stage_key])}
    if stage_key not in stages:
        abort(404)
    text = request.args.get("offset", "0")
    offset = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    user = access.me()
    cards = board_queries.cards(user, versions, stage_key, offset, _owner())
    ids = [deal.id for deal in cards]
    return render_template(
        "pipeline/_cards.html",
        pipeline=pipeline,
        stage=stages[stage_key],
        cards=cards,
        offset=offset,
        per_page=CARDS,
        tags=_tags(cards),
        missing=_missing(cards),
        terms=queries.among_seen(user, "deal.terms", ids),
        writable=queries.among_seen(user, "deal.write", ids),
        mine=_owner() is not None,
    )


@blueprint.get("/")
@access.signed_in
def desk() -> Any:
    """My desk: the strip of stages, what waits for me, what moved this week."""
    user = access.me()
    row = queries.current_pipeline("direct") or abort(404)
    pipeline = queries.pipeline_of(row)
    slow = board_queries.slowest_of(user) if user.may("deal.read") else []
    return render_template(
        "pipeline/desk.html",
        pipeline=pipeline,
        tallies=board_queries.tallies(user, queries.versions_in_use(row.key))
        if user.may("deal.read")
        else {},
        blank=Tally(),
        today=today(),
        tasks=queries.my_tasks(user),
        slow=slow,
        pipelines=queries.pipelines(),
        moves=board_queries.recent_moves(user, now() - WEEK) if user.may("deal.read") else [],
    )
