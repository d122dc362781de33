"""How the fund as a whole stands: stages, conversion, who is over time, coverage, the numbers at the
top. Once for all readers who may know of the same."""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import urlencode

from portfolio.coverage.figure_queries import coverage
from portfolio.coverage.figures import Coverage
from portfolio.digest import compose, deal_queries, house_lines, turn_queries
from portfolio.digest.compose import LINES_SHOWN, Number, Part
from portfolio.digest.house_queries import acts_in
from portfolio.digest.readers import readers
from portfolio.digest.shared_queries import Asked
from portfolio.kernel.dates import local_date
from portfolio.pipeline import funnel_queries, tally_queries
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline.cohorts import cohort_of
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.funnel import funnel_of
from portfolio.pipeline.models import Status
from portfolio.pipeline.tally_queries import Tally

ACTIVE = Status.ACTIVE.value
# A year's deals say little of conversion before some of them had the time to go on.
YOUNG = dt.timedelta(days=120)


def funnel(asked: Asked) -> Part:
    """How many deals are active in each stage that has or had any, and how many more than before."""
    found = asked.shared.once(("funnel", asked.until, asked.sight), lambda: _tallies(asked))
    changes = _change_by_stage(asked)
    flows = {flow.key for flow, tallies in found if tallies}
    told: list[house_lines.FunnelLine] = []
    for flow, tallies in found:
        most = max((tally.count for tally in tallies.values()), default=0)
        for stage in pipeline.stages_in_order(flow.key):
            count = tallies.get(stage.key, Tally()).count
            change = changes.get((flow.key, stage.key), 0)
            if count or change:
                asks = {"pipeline": flow.key, "stage": stage.key, "status": ACTIVE}
                name = flow if len(flows) > 1 else None
                path = f"/deals?{urlencode(asks)}"
                told.append(house_lines.FunnelLine(path, name, stage, count, change, most))
    return Part(told, len(told))


def _tallies(asked: Asked) -> Sequence[tuple[Pipeline, dict[str, Tally]]]:
    return [
        (flow, tally_queries.tallies(asked.user, pipeline.versions_in_use(flow.key)))
        for flow in pipeline.current_pipelines()
    ]


def _change_by_stage(asked: Asked) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for change in deal_queries.net(asked, asked.since, asked.until):
        for stage, status, step in (
            (change.from_stage, change.from_status, -1),
            (change.to_stage, change.to_status, 1),
        ):
            if stage is not None and status.value == ACTIVE:
                key = change.flow, stage.key
                found[key] = found.get(key, 0) + step
    return found


def conversion(asked: Asked) -> Part:
    """What share of a year's deals went on from stage to stage, and how long they stayed."""
    found = asked.shared.once(("conversion", asked.until, asked.sight), lambda: _conversion(asked))
    return Part(found[:LINES_SHOWN], len(found))


def _conversion(asked: Asked) -> Sequence[house_lines.ConversionLine]:
    year = str((local_date(asked.until) - YOUNG).year)
    cohort, ledger, found = cohort_of(year), funnel_queries.ledger(), []
    for flow in pipeline.current_pipelines():
        deals = cohort.of(ledger, funnel_queries.deals_of(asked.user, flow.key))
        if not deals:
            continue
        others = {stage.key: stage for stage in pipeline.stages_in_order(flow.key)}
        path = f"/funnel?{urlencode({'pipeline': flow.key, 'cohort': year})}"
        found += [
            house_lines.ConversionLine(
                path, year, row.stage, row.reached, row.before, row.median, flow.working
            )
            for row in funnel_of(ledger, deals, flow, others).rows
            if row.before is not None and row.reached
        ]
    return found


def ageing(asked: Asked) -> Part:
    """Whose deals stay beyond the usual time: how many, and by how much the worst."""
    found = asked.shared.once(("ageing", asked.until, asked.sight), lambda: _ageing(asked))
    return Part(found[:LINES_SHOWN], len(found))


def _ageing(asked: Asked) -> Sequence[house_lines.OwnerLine]:
    over: dict[tuple[int, str], list[int]] = {}
    for row in deal_queries.seen_slow(asked):
        stage = asked.pipelines[row.pipeline_id].stage(row.stage)
        days = stage.over(stage.days_since(row.stage_entered_at, asked.until))
        over.setdefault((row.owner_id, row.owner), []).append(days)
    most = max(map(len, over.values()), default=0)
    ranked = sorted(over.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        house_lines.OwnerLine(
            f"/deals?{urlencode({'owner': owner, 'status': ACTIVE, 'sort': '-days'})}",
            *(name, len(days), max(days), most),
        )
        for (owner, name), days in ranked
    ]


def covered(asked: Asked) -> Part:
    """How far what the reader may know of is in chokepoint technology, now and before."""
    if not asked.user.may("deal.read"):
        return Part()
    now, before = asked.shared.once(
        ("coverage", asked.since, asked.until, asked.sight), lambda: _coverage(asked)
    )
    if now.empty:
        return Part()
    deals, held = now.pipeline, now.invested
    told = [
        house_lines.CoverageLine(
            *("/deals?open=yes&chokepoint=any", "pipeline", deals.part.count),
            *(before.pipeline.part.count, deals.whole.count, deals.share_text),
        ),
        house_lines.CoverageLine(
            *("/companies?invested=yes&chokepoint=any", "invested", held.part.count),
            *(before.invested.part.count, held.whole.count, held.share_text),
        ),
        house_lines.CoverageLine("/chokepoints/coverage", "domains", now.fields, before.fields),
    ]
    return Part(told, len(told))


def _coverage(asked: Asked) -> tuple[Coverage, Coverage]:
    then = coverage(asked.user, local_date(asked.since), asked.since)
    return coverage(asked.user, local_date(asked.until)), then


def numbers(asked: Asked) -> Sequence[Number]:
    """The numbers of the last week, day or month, each beside that of the one before."""
    long = compose.stretch_of(asked.period)[1]
    now = asked.until - long, asked.until
    before = now[0] - long, now[0]
    return [
        Number(kind, *(_count(asked, kind.count, kind.acts, *when) for when in (now, before)))
        for kind in asked.menu.numbers
    ]


def _count(asked: Asked, count: str, acts: str, since: dt.datetime, until: dt.datetime) -> int:
    if acts:
        return len(
            {(row.at, row.actor_id) for row in acts_in(asked, readers().acts[acts], since, until)}
        )
    if count == "met":
        return turn_queries.newly_met(asked, since, until)
    found = asked.shared.once(
        ("counted", since, until, asked.sight),
        lambda: compose.counted(deal_queries.net(asked, since, until)),
    )
    return found[count]
