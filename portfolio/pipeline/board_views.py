"""The board: one column a stage, cards in pages."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request

from portfolio.chokepoint import queries as chokepoint
from portfolio.people import access
from portfolio.pipeline import board_queries, queries
from portfolio.pipeline.board_queries import CARDS, DealLine, Tally
from portfolio.pipeline.stages import Pipeline
from portfolio.pipeline.views import blueprint, now
from portfolio.web.formatting import today

WEEK = dt.timedelta(days=7)


def _pipeline() -> tuple[int, Pipeline]:
    row = queries.current_pipeline(request.args.get("pipeline", "direct")) or abort(404)
    return row.id, queries.pipeline_of(row)


def _owner() -> int | None:
    return access.me().id if request.args.get("mine") else None


@blueprint.get("/board")
@access.permit("deal.read")
def board() -> str:
    """Every stage with its count and sum; the first cards of each."""
    pipeline_id, pipeline = _pipeline()
    user, owner = access.me(), _owner()
    tallies = board_queries.tallies(user, pipeline_id, owner)
    cards = board_queries.first_cards(user, pipeline_id, tallies, owner)
    columns = [
        (stage, tallies.get(stage.key, Tally()), cards.get(stage.key, []))
        for stage in pipeline.stages
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
    pipeline_id, pipeline = _pipeline()
    if stage_key not in {stage.key for stage in pipeline.stages}:
        abort(404)
    text = request.args.get("offset", "0")
    offset = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
    user = access.me()
    cards = board_queries.cards(user, pipeline_id, stage_key, offset, _owner())
    ids = [deal.id for deal in cards]
    return render_template(
        "pipeline/_cards.html",
        pipeline=pipeline,
        stage=pipeline.stage(stage_key),
        cards=cards,
        offset=offset,
        per_page=CARDS,
        tags=_tags(cards),
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
        tallies=board_queries.tallies(user, row.id) if user.may("deal.read") else {},
        blank=Tally(),
        today=today(),
        tasks=queries.my_tasks(user),
        slow=slow,
        pipelines=queries.pipelines(),
        moves=board_queries.recent_moves(user, now() - WEEK) if user.may("deal.read") else [],
    )
