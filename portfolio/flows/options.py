"""What the fields of the editor offer, with titles in both languages (pure)."""

from collections.abc import Mapping
from typing import Any

from portfolio.flows.parts import LEADS, NEEDS
from portfolio.people.policy import TITLES, held_beside
from portfolio.pipeline.askable import FIELDS
from portfolio.pipeline.definition import rows_of
from portfolio.pipeline.kinds import Status

REASON_KINDS = {
    "pass": {"zh": "推进", "en": "To go on"},
    "reject": {"zh": "否决", "en": "To refuse"},
    "hold": {"zh": "搁置", "en": "To hold"},
}
DAYS = {
    "working": {"zh": "工作日", "en": "Working days"},
    "calendar": {"zh": "自然日", "en": "Calendar days"},
}
TARGETS = {
    "company": {"zh": "企业", "en": "Companies"},
    "vehicle": {"zh": "基金", "en": "Funds"},
}

Options = dict[str, dict[str, Any]]


def options_of(definition: Mapping[str, Any]) -> Options:
    """The choices by the name that columns give them, each with its titles by its value."""
    lists = rows_of(definition.get("checklist"))
    stages = rows_of(definition.get("stage"))
    statuses = {status.value: status for status in Status}
    return {
        "needs": NEEDS,
        "leads": LEADS,
        "days": DAYS,
        "targets": TARGETS,
        "reason_kinds": REASON_KINDS,
        "statuses": statuses,
        # Who moves a deal may change it: a right that none of these holds would bar everybody.
        "permissions": {n: t for n, t in TITLES.items() if n in held_beside("deal.write")},
        "fields": dict(FIELDS),
        "stages": {row.get("key", ""): _titles(row) for row in stages},
        "lists": {row.get("key", ""): _titles(row) for row in lists},
        "items": {
            item.get("key", ""): _titles(item, f"{item.get('key', '')} ")
            for row in lists
            for item in rows_of(row.get("item"))
        },
    }


def _titles(row: Mapping[str, Any], before: str = "") -> dict[str, str]:
    key = row.get("key", "")
    zh = row.get("zh") or key
    return {"zh": f"{before}{zh}", "en": f"{before}{row.get('en') or zh}"}
