"""A draft and its forms as a browser sends them back."""

import json
import re
from typing import Any

from portfolio.extensions import db
from portfolio.flows.models import PipelineDraft
from tests.pages import sent_form

SETTINGS = "/settings/pipelines"


def definition(address: str) -> dict[str, Any]:
    row = db.session.get(PipelineDraft, int(address.rsplit("/", 1)[1]), populate_existing=True)
    return json.loads(row.definition)


def row_ids(page: str) -> list[str]:
    return re.findall(r'name="row" value="(\d+)"', page)


def typed(page: str, ids: list[str], **more: Any) -> dict[str, Any]:
    """The form as it is sent back; `row` names every row."""
    return {**sent_form(page), "row": ids, "do": "save"} | more
