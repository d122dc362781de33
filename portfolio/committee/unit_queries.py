"""How the days of these deals count: in working days or in calendar days, as their pipelines say."""

from collections.abc import Sequence

import sqlalchemy as sa

from portfolio.extensions import db
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline.models import Deal

CHUNK = 500
# By whether the days of all of them are working days; None where they are not of one kind.
TITLES = {
    True: ("在本阶段天数（工作日）", "Days in stage (working days)"),
    False: ("在本阶段天数（自然日）", "Days in stage (calendar days)"),
    None: (
        "在本阶段天数（按所属流程：工作日或自然日）",
        "Days in stage (working or calendar days, by pipeline)",
    ),
}


def days_titles(ids: Sequence[int]) -> tuple[str, str]:
    """The heading of their days in a stage in both languages, with the unit."""
    flows = pipeline.pipelines()
    kinds = {
        flows[row_id].working
        for start in range(0, len(ids), CHUNK)
        for row_id in db.session.scalars(
            sa.select(Deal.pipeline_id).where(Deal.id.in_(ids[start : start + CHUNK])).distinct()
        )
    }
    return TITLES[kinds.pop() if len(kinds) == 1 else None]
