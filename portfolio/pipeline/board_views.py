"""The board: one column a stage, cards in pages."""

from collections.abc import Collection

from flask import abort, jsonify, render_template, request
from werkzeug.wrappers import Response

from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.pipeline import board_queries, card_views, queries, tally_queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.board_queries import CARDS
from portfolio.pipeline.card_views import mine_alone, missing_of, tags_of
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.stages import Stage
from portfolio.pipeline.tally_queries import Tally
from portfolio.pipeline.views import blueprint, deal_or_404


def _pipeline() -> tuple[list[int], Pipeline]:
    """The versions of a pipeline that hold deals, and its current one."""
    row = queries.current_pipeline(request.args.get("pipeline", "direct")) or abort(404)
    return queries.versions_in_use(row.key), queries.pipeline_of(row)


def shown_stages(current: Pipeline, held: Collection[str]) -> list[Stage]:
    """The stages of the current version, and those of earlier ones that deals still stand in."""
    shown = {stage.key for stage in current.stages} | set(held)
    return [stage for stage in queries.stages_in_order(current.key) if stage.key in shown]


@blueprint.get("/board")
@access.permit("deal.read")
def board() -> str:
    """Every stage with its count and sum; the first cards of each."""
    versions, pipeline = _pipeline()
    user, owner = access.me(), mine_alone(access.me())
    tallies = tally_queries.tallies(user, versions, owner)
    cards = board_queries.first_cards(user, versions, tallies, owner)
    columns = [
        (stage, tallies.get(stage.key, Tally()), cards.get(stage.key, []))
        for stage in shown_stages(pipeline, tallies)
    ]
    lines = [deal for _, _, cards in columns for deal in cards]
    shown = [deal.id for deal in lines]
    return render_template(
        "pipeline/board.html",
        pipeline=pipeline,
        pipelines=queries.current_pipelines(),
        flows=queries.pipelines(),
        columns=columns,
        per_page=CARDS,
        tags=tags_of(lines),
        missing=missing_of(lines),
        terms=sight.among_seen(user, "deal.terms", shown),
        writable=sight.among_seen(user, "deal.write", shown),
        mine=owner is not None,
        total=sum(tallies.values(), Tally()),
    )


@blueprint.get("/board/cards/<int:deal_id>")
@access.permit("deal.read")
def card(deal_id: int) -> Response:
    """One card and every column's count and sum, as they are now."""
    return jsonify(card_views.answer(access.me(), deal_or_404(deal_id)))


@blueprint.get("/board/<stage_key>")
@access.permit("deal.read")
def column(stage_key: str) -> str:
    """The next cards of a column."""
    versions, pipeline = _pipeline()
    stages = {stage.key: stage for stage in shown_stages(pipeline, [stage_key])}
    if stage_key not in stages:
        abort(404)
    offset = short_number(request.args.get("offset", "0")) or 0
    user = access.me()
    cards = board_queries.cards(user, versions, stage_key, offset, mine_alone(user))
    ids = [deal.id for deal in cards]
    return render_template(
        "pipeline/_cards.html",
        pipeline=pipeline,
        flows=queries.pipelines(),
        stage=stages[stage_key],
        cards=cards,
        offset=offset,
        per_page=CARDS,
        tags=tags_of(cards),
        missing=missing_of(cards),
        terms=sight.among_seen(user, "deal.terms", ids),
        writable=sight.among_seen(user, "deal.write", ids),
        mine=mine_alone(user) is not None,
    )
