"""My desk: every pipeline in a strip of its stages, what waits for me, what moved this week."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template

from portfolio.people import access
from portfolio.people.models import User
from portfolio.pipeline import (
    desk_queries,
    hold_queries,
    late_queries,
    queries,
    tally_queries,
)
from portfolio.pipeline.board_views import shown_stages
from portfolio.pipeline.desk_queries import Passage
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.late_queries import Lateness
from portfolio.pipeline.stages import Stage
from portfolio.pipeline.tally_queries import Tally
from portfolio.pipeline.views import blueprint
from portfolio.web.formatting import now, today

WEEK = dt.timedelta(days=7)
MONTH = dt.timedelta(days=30)


@dataclass(frozen=True)
class Strip:
    """One pipeline: by stage its active deals, what came and went this week, how late they are."""

    pipeline: Pipeline
    stages: Sequence[Stage]
    tallies: Mapping[str, Tally]
    passages: Mapping[str, Passage]
    late: Mapping[str, Lateness]


@blueprint.get("/")
@access.signed_in
def desk() -> Any:
    """My desk."""
    user = access.me()
    reads = user.may("deal.read")
    return render_template(
        "pipeline/desk.html",
        strips=_strips(user) if reads else [],
        no_deals=Tally(),
        no_passage=Passage(),
        today=today(),
        tasks=queries.my_tasks(user),
        slow=desk_queries.slowest_of(user) if reads else [],
        pipelines=queries.pipelines(),
        came_back=hold_queries.came_back(user, now() - MONTH) if reads else [],
        still_held=hold_queries.still_held(user, today()) if reads else [],
        moves=desk_queries.recent_moves(user, now() - WEEK) if reads else [],
    )


def _strips(user: User) -> list[Strip]:
    """The pipelines in which the person sees active deals; the first one even without any."""
    found: list[Strip] = []
    flows = queries.pipelines()
    for pipeline in queries.current_pipelines():
        versions = queries.versions_in_use(pipeline.key)
        tallies = tally_queries.tallies(user, versions)
        if any(tally.count for tally in tallies.values()) or not found:
            passages = desk_queries.passages(user, versions, now() - WEEK)
            late = late_queries.lateness(user, {n: flows[n] for n in versions}, today())
            stages = shown_stages(pipeline, tallies)
            found.append(Strip(pipeline, stages, tallies, passages, late))
    return found
