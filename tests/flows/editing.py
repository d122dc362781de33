"""A draft and its forms as a browser sends them back, and drafts made without one."""

import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

from portfolio.extensions import db, unit_of_work
from portfolio.flows import drafts, operations
from portfolio.flows.models import PipelineDraft
from portfolio.pipeline import queries
from portfolio.pipeline.models import PipelineVersion
from tests.conftest import NOW
from tests.pages import sent_form

LATER = NOW + dt.timedelta(days=3)
SETTINGS = "/settings/pipelines"


def definition(address: str) -> dict[str, Any]:
    row = db.session.get(PipelineDraft, int(address.rsplit("/", 1)[1]), populate_existing=True)
    return json.loads(row.definition)


def row_ids(page: str) -> list[str]:
    return re.findall(r'name="row" value="(\d+)"', page)


def typed(page: str, ids: list[str], **more: Any) -> dict[str, Any]:
    """The form as it is sent back; `row` names every row."""
    return {**sent_form(page), "row": ids, "do": "save"} | more


def draft_with(
    cast, change: Callable[[dict[str, Any]], None], key: str = "direct"
) -> PipelineDraft:
    with unit_of_work("pipeline.begin", cast["admin"]):
        row = operations.begin(queries.current_pipeline(key), cast["admin"], NOW)
        draft = json.loads(row.definition)
        change(draft)
        operations.save(row, draft, "stages", row.version, cast["admin"], NOW)
    return row


def without_screening(draft: dict[str, Any]) -> None:
    draft["stage"] = [row for row in draft["stage"] if row["key"] != "screening"]
    for row in draft["checklist"]:
        if row["stage"] == "screening":
            row["stage"] = "initiation"
    draft["stage"][0] |= {"target_days": 1, "warn_days": 2}
    number = drafts.next_id(draft)
    needs = {"field": "deal.trl"}
    row = {"_id": number, "key": "trl", "zh": "成熟度", "en": "Readiness", "needs": needs}
    draft["stage"][1]["condition"].append(row)


def publish(cast, row: PipelineDraft) -> PipelineVersion:
    with unit_of_work("pipeline.publish", cast["admin"]):
        return operations.publish(row, row.version, cast["admin"], LATER)
