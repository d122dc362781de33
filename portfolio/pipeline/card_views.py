"""What the board is told after a move: the card anew, and the columns' counts and sums."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from flask import get_template_attribute, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.chokepoint import queries as chokepoint
from portfolio.people.models import User
from portfolio.pipeline import board_queries, gate_queries, queries, tally_queries
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.board_queries import CARDS, DealLine
from portfolio.pipeline.gates import standings, unmet
from portfolio.pipeline.models import Deal, Status
from portfolio.pipeline.tally_queries import Tally


def mine_alone(user: User) -> int | None:
    """The reader's id where the board is asked for their own deals."""
    return user.id if request.args.get("mine") else None


def tags_of(lines: Sequence[DealLine]) -> dict[int, tuple[tuple[str, str], ...]]:
    """The confirmed technologies of the cards' companies, each with the level of its evidence: one
    query for all of them."""
    found = chokepoint.confirmed_of({line.company_id for line in lines if line.company_id})
    return {company_id: tuple(tags) for company_id, tags in found.items()}


def missing_of(lines: Sequence[DealLine]) -> dict[int, int]:
    """How many conditions stand between each deal and its next stage, in a few queries for all."""
    flows = queries.pipelines()
    facts = gate_queries.facts_of([line.id for line in lines])

    @cache  # the cards of a column have it in common
    def ahead(pipeline_id: int, stage: str, status: str) -> str | None:
        return flows[pipeline_id].ahead(stage, status)

    found = {}
    for line in lines:
        flow = flows[line.pipeline_id]
        goal = ahead(line.pipeline_id, line.stage, line.status)
        if goal is not None and line.id in facts:
            gate = standings(flow, flow.gate(line.stage, goal), facts[line.id])
            found[line.id] = len(unmet(gate))
    return found


def answer(user: User, deal: Deal) -> dict[str, Any]:
    """The deal and its board as JSON holds them; `card` is empty for a deal that left the board."""
    pipeline = queries.pipeline_of(deal.pipeline)
    versions = queries.versions_in_use(pipeline.key)
    tallies = tally_queries.tallies(user, versions, mine_alone(user))
    stages = queries.stage_titles(pipeline.key)
    total = sum(tallies.values(), Tally())
    return {
        "version": deal.version,
        "stage": deal.stage,
        "status": deal.status,
        "columns": {key: _column(tallies.get(key, Tally())) for key in stages},
        "total": ngettext("%(num)s active deal", "%(num)s active deals", total.count),
        "planned": _sum(total, _("planned")),
        "card": _card(user, deal) if deal.status == Status.ACTIVE.value else "",
    }


def _column(tally: Tally) -> dict[str, Any]:
    held = ngettext("%(num)d on hold", "%(num)d on hold", tally.held) if tally.held else ""
    return {"count": tally.count, "sum": _sum(tally), "held": held}


def _sum(tally: Tally, planned: str = "") -> str:
    """The sum as the page itself writes it, with what it leaves out."""
    return str(get_template_attribute("pipeline/_sum.html", "sum_of")(tally, planned)).strip()


def _card(user: User, deal: Deal) -> str:
    flows = queries.pipelines()
    lines = board_queries.by_ids([deal.id])
    return render_template(
        "pipeline/_cards.html",
        pipeline=queries.newest_first(deal.pipeline.key)[0],
        flows=flows,
        stage=flows[deal.pipeline_id].stage(deal.stage),
        cards=lines,
        per_page=CARDS,
        offset=0,
        tags=tags_of(lines),
        missing=missing_of(lines),
        terms=sight.among_seen(user, "deal.terms", [deal.id]),
        writable=sight.among_seen(user, "deal.write", [deal.id]),
        mine=False,
    )
