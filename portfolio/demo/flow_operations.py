"""One pipeline changed in use: what the administrator edited, and by which version a deal goes."""

import datetime as dt
import json
from typing import Any

from portfolio.demo.walk_operations import DAY
from portfolio.extensions import unit_of_work
from portfolio.flows import drafts, operations
from portfolio.people.models import User
from portfolio.pipeline import queries as deals
from portfolio.pipeline.models import PipelineVersion


def edit_pipeline(told: dict[str, Any], admin: User, now: dt.datetime) -> list[PipelineVersion]:
    """Publish a version with another target and a further reason; answers with both, older first."""
    at = now - told["days_ago"] * DAY
    before = deals.current_pipeline(told["pipeline"])
    assert before is not None  # noqa: S101 - seeded by the migrations
    with unit_of_work("pipeline.begin", admin, at=at):
        draft = operations.begin(before, admin, at)
    changed = json.loads(draft.definition)
    stage = next(row for row in changed["stage"] if row["key"] == told["stage"]["key"])
    stage |= told["stage"]
    with unit_of_work("pipeline.draft", admin, at=at):
        operations.save(draft, changed, "stages", draft.version, admin, at)
    changed["reason"].append({"_id": drafts.next_id(changed), **told["reason"]})
    with unit_of_work("pipeline.draft", admin, at=at + dt.timedelta(minutes=9)):
        operations.save(draft, changed, "reasons", draft.version, admin, at)
    published = at + dt.timedelta(minutes=20)
    with unit_of_work("pipeline.publish", admin, at=published):
        return [before, operations.publish(draft, draft.version, admin, published)]
