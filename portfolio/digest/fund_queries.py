"""How the fund as a whole stands: stages, conversion, who is over time, coverage, the numbers at the
top. Once for all readers who may know of the same."""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import urlencode

from portfolio.coverage.figure_queries import Counting, what_counts
from portfolio.coverage.figures import per_cent, share
from portfolio.digest import compose, deal_queries, house_lines, house_queries, turn_queries
from portfolio.digest.compose import Number, Part, part_of
from portfolio.digest.house_queries import acts_of
from portfolio.digest.lines import Line
from portfolio.digest.readers import NumberKind, readers
from portfolio.digest.shared_queries import Asked, Sight
from portfolio.kernel.dates import local_date
from portfolio.pipeline import funnel_queries, tally_queries
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline.cohorts import cohort_of
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.funnel import funnel_of
from portfolio.pipeline.late_queries import LATE
from portfolio.pipeline.models import Status
from portfolio.pipeline.tally_queries import Tally

ACTIVE = Status.ACTIVE.value
# A year's deals say little of conversion before some of them had the time to go on.
YOUNG = dt.timedelta(days=120)


def funnel(asked: Asked) -> Part:
    """How many deals are active in each stage that has or had any, and how many more than before; below
    the name of each pipeline where there is more than one, of which all but the first tell of the
    stages alone where that changed."""
    found = asked.shared.once(("funnel", asked.until, asked.sight), lambda: _tallies(asked))
    changes = _change_by_stage(asked)
    flows = {flow.key for flow, tallies in found if tallies}
    most = max((tally.count for _, tallies in found for tally in tallies.values()), default=0)
    told: list[Line] = []
    heads = 0
    for flow, tallies in found:
        if tallies and len(flows) > 1:
            path = f"/deals?{urlencode({'pipeline': flow.key, 'status': ACTIVE})}"
            count = sum(tally.count for tally in tallies.values())
            told.append(house_lines.FlowLine(path, flow, count))
            heads += 1
        for stage in pipeline.stages_in_order(flow.key):
            count = tallies.get(stage.key, Tally()).count
            change = changes.get((flow.key, stage.key), 0)
            if change or (count and flow is found[0][0]):
                asks = {"pipeline": flow.key, "stage": stage.key, "status": ACTIVE}
                path = f"/deals?{urlencode(asks)}"
                told.append(house_lines.FunnelLine(path, stage, count, change, most))
    return Part(told, len(told) - heads, heads=heads)


def _tallies(asked: Asked) -> Sequence[tuple[Pipeline, dict[str, Tally]]]:
    return [
        (flow, tally_queries.tallies(asked.counted_for, pipeline.versions_in_use(flow.key)))
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
    """What share of a year's deals went on from stage to stage, and how long they stayed: of the first
    pipeline, below a heading; of the others the heading alone, which leads to the same of them."""
    found = asked.shared.once(("conversion", asked.until, asked.sight), lambda: _conversion(asked))
    told = [[cohort, *([] if place else rows)] for place, (cohort, rows) in enumerate(found)]
    shown: list[Line] = [line for lines in told for line in lines]
    return Part(shown, len(shown) - len(found), heads=len(found))


def _conversion(
    asked: Asked,
) -> Sequence[tuple[house_lines.CohortLine, Sequence[house_lines.ConversionLine]]]:
    year = str((local_date(asked.until) - YOUNG).year)
    cohort, ledger, found = cohort_of(year), funnel_queries.ledger(), []
    flows = pipeline.current_pipelines()
    for flow in flows:
        deals = cohort.of(ledger, funnel_queries.deals_of(asked.counted_for, flow.key))
        if not deals:
            continue
        others = {stage.key: stage for stage in pipeline.stages_in_order(flow.key)}
        path = f"/funnel?{urlencode({'pipeline': flow.key, 'cohort': year})}"
        rows = [
            house_lines.ConversionLine(
                path, row.stage, row.reached, row.before, row.median, flow.working
            )
            for row in funnel_of(ledger, deals, flow, others).rows
            if row.before is not None and row.reached
        ]
        name = flow if len(flows) > 1 else None
        if rows:
            found.append((house_lines.CohortLine(path, name, year, len(deals)), rows))
    return found


def ageing(asked: Asked) -> Part:
    """Whose deals stay beyond the usual time: how many, and by how much the worst."""
    found = asked.shared.once(("ageing", asked.until, asked.sight), lambda: _ageing(asked))
    return part_of(found, asked.cut)


def _ageing(asked: Asked) -> Sequence[house_lines.OwnerLine]:
    over: dict[tuple[int, str], list[tuple[int, bool]]] = {}
    for row in deal_queries.seen_slow(asked):
        stage = asked.pipelines[row.pipeline_id].stage(row.stage)
        days = stage.over(stage.days_since(row.stage_entered_at, asked.until))
        over.setdefault((row.owner_id, row.owner), []).append((days, stage.working))
    most = max(map(len, over.values()), default=0)
    ranked = sorted(over.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        house_lines.OwnerLine(
            f"/deals?{urlencode({'owner': owner, 'late': LATE, 'sort': '-days'})}",
            *(name, len(days), *max(days), most),
        )
        for (owner, name), days in ranked
    ]


def covered(asked: Asked) -> Part:
    """How far what the reader may know of is in chokepoint technology, now and before."""
    if not asked.user.may("deal.read"):
        return Part()
    found = asked.shared.once(
        ("covered", asked.since, asked.until, asked.sight), lambda: _covered(asked)
    )
    return Part(found, len(found))


def _covered(asked: Asked) -> Sequence[house_lines.CoverageLine]:
    once, today = asked.shared.once, local_date(asked.until)
    now = once(("coverage", today), lambda: _Pool(what_counts(today)))
    day = local_date(asked.since)
    then = once(("coverage", asked.since), lambda: _Pool(what_counts(day, asked.since)))
    deals, part = now.deals(asked.sight)
    held, held_part, fields = now.held(asked.sight)
    _, held_before, fields_before = then.held(asked.sight)
    if not deals and not held:
        return []
    line = house_lines.CoverageLine
    return [
        line(
            *("/deals?open=yes&chokepoint=any", "pipeline", part, then.deals(asked.sight)[1]),
            *(deals, per_cent(share(part, deals))),
        ),
        line(
            *("/companies?invested=yes&chokepoint=any", "invested", held_part, held_before),
            *(held, per_cent(share(held_part, held))),
        ),
        line("/chokepoints/coverage", "domains", fields, fields_before),
    ]


class _Pool:
    """What coverage counts, told for each reader: the deals that are open to everybody are counted
    once, and of the others those that the reader may know of."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._tagged = {row.id: row.company_id in counting.domains for row in counting.deals}
        self._open = {row.id for row in counting.deals if not row.walled}
        self._open_tagged = sum(self._tagged[number] for number in self._open)

    def deals(self, eyes: Sight) -> tuple[int, int]:
        """How many deals are in the pipeline, and how many of them in chokepoint technology."""
        more = [number for number in eyes.opened if number in self._tagged]
        whole, part = len(more), sum(self._tagged[number] for number in more)
        if eyes.every:
            more_open = [number for number in more if number in self._open]
            less = [n for n in eyes.recused if n in self._open and n not in eyes.opened]
            whole += len(self._open) - len(more_open) - len(less)
            part += self._open_tagged - sum(self._tagged[n] for n in (*more_open, *less))
        return whole, part

    def held(self, eyes: Sight) -> tuple[int, int, int]:
        """In how many companies money was invested, how many of them are in chokepoint technology, and
        in how many domains of it."""
        found = {
            row.company_id
            for row in self._counting.holdings
            if (
                eyes.knows(row.company_id)
                if row.deal_id is None
                else eyes.sees(row.deal_id, row.walled)
            )
        }
        domains = self._counting.domains
        tagged = [company for company in found if company in domains]
        fields = frozenset().union(*(domains[company] for company in tagged))
        return len(found), len(tagged), len(fields)


def numbers(asked: Asked) -> Sequence[Number]:
    """The numbers of the digest's own time, as its lists have it, each beside that of a time before it
    that is as long."""
    now = asked.since, asked.until
    before = asked.since - (asked.until - asked.since), asked.since
    return [
        Number(kind, *(_count(asked, kind.count, kind.acts, *when) for when in (now, before)))
        for kind in asked.menu.numbers
    ]


def numbered(asked: Asked, kind: NumberKind) -> Part:
    """All that one of the numbers counts."""
    if kind.acts:
        return house_queries.told_acts(asked, readers().acts[kind.acts])
    if kind.count == "overridden":
        return deal_queries.overrides(asked)
    if kind.count == "met":
        return turn_queries.told(asked, turn_queries.newly_met(asked, asked.since, asked.until))
    found = deal_queries.net_of_reader(asked, asked.since, asked.until)
    fits = [change for change in found if compose.COUNTS[kind.count](change)]
    return deal_queries.told(asked, sorted(fits, key=compose.own_then_newest))


def _count(asked: Asked, count: str, acts: str, since: dt.datetime, until: dt.datetime) -> int:
    if acts:
        return len(acts_of(asked, readers().acts[acts], since, until))
    if count == "overridden":
        return len(deal_queries.overridden(asked, since, until))
    if count == "met":
        return len(turn_queries.newly_met(asked, since, until))
    reader = None if asked.menu.everything else asked.user.id
    found = asked.shared.once(
        ("counted", since, until, asked.sight, reader),
        lambda: compose.counted(deal_queries.net_of_reader(asked, since, until)),
    )
    return found[count]
