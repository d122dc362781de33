"""What is wrong with a draft, in the words of its forms, and where it is mended."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from portfolio.extensions import db
from portfolio.flows import drafts, operations
from portfolio.flows.drafts import Place
from portfolio.flows.models import PipelineDraft
from portfolio.flows.options import Options, options_of
from portfolio.flows.parts import OUTER, PARTS, ROW_ID, TOP
from portfolio.pipeline.faults import FaultyDefinition
from portfolio.pipeline.models import PipelineVersion
from portfolio.web.formatting import listed, title_of
from portfolio.web.messages import sentence

INNER = {PARTS[name].inner: PARTS[name] for name in OUTER if PARTS[name].inner}
# Whose keys the value of a fault is one of, so that it is said by its title.
NAMES = {
    "definition.unknown_stage": ("stages",),
    "definition.unreachable": ("stages",),
    "definition.no_way_back": ("stages",),
    "definition.unknown_item": ("items",),
    "definition.unknown_checklist": ("lists",),
    "definition.unknown_permission": ("permissions",),
    "definition.never_met": ("lists", "fields", "needs"),
}
# What is said where nothing was chosen at all.
OF_NOTHING = {
    "definition.never_met": "definition.nothing_chosen",
    "definition.value": "definition.missing",
    "definition.unknown_stage": "definition.missing",
}
# A fault shows at the field that cannot stay; it may be mended in these parts just as well.
MENDED_IN = {
    "definition.unreachable": ("moves",),
    "definition.no_way_back": ("moves",),
    "definition.no_reason": ("reasons",),
    "definition.unknown_stage": ("stages",),
    "definition.unknown_item": ("checklists",),
    "definition.unknown_checklist": ("checklists",),
    "definition.never_met": ("checklists", "items"),
}


@dataclass(frozen=True)
class Told:
    """A fault: at its field in `short` words, elsewhere in those that name its row too."""

    place: Place
    code: str
    short: str
    long: str
    url: str

    def concerns(self, part: str, outer_id: int | None) -> bool:
        """Whether the rows of a part on one page are where it shows or may be mended."""
        own = self.place.part == part and self.place.outer_id == outer_id
        return own or part in MENDED_IN.get(self.code, ())


def told(row: PipelineDraft) -> list[Told]:
    """Every fault of a draft as people read it."""
    return list(_told(row, json.loads(row.definition)))


def _told(row: PipelineDraft, definition: dict[str, Any]) -> Iterator[Told]:
    options = _options(row, definition)
    for place, fault in operations.faults_of(row):
        line = row_at(definition, place)
        yield Told(
            place,
            fault.code,
            _said(place, fault, options),
            _said(place, fault, options, line),
            _door(row, place),
        )


def _options(row: PipelineDraft, definition: Mapping[str, Any]) -> Options:
    """What keys are called, also those that only the version has on which the draft stands."""
    version = db.session.get(PipelineVersion, row.based_on_id or 0)
    before = options_of(drafts.started(json.loads(version.definition)) if version else {})
    return {name: {**before[name], **known} for name, known in options_of(definition).items()}


def _said(
    place: Place, fault: FaultyDefinition, options: Options, row: dict[str, Any] | None = None
) -> str:
    columns = PARTS[place.part].columns if place.part else TOP
    column = next((title_of(c) for c in columns if c.name == place.column), "")
    title = title_of(row) if row and row.get("zh") else (row or {}).get("key", "")
    part = title_of(PARTS[place.part]) if place.part and (row or not column) else ""
    named = " · ".join(filter(None, (part, title, column))) or fault.key
    value = fault.params["value"]
    code = OF_NOTHING.get(fault.code, fault.code) if value in ("", None) else fault.code
    said = {**fault.params, "key": named, "value": _named(fault.code, value, options)}
    return sentence(code, **said)


def _named(code: str, value: Any, options: Options) -> str:
    known = {key: t for name in NAMES.get(code, ()) for key, t in options[name].items()}
    return listed(title_of(known[v]) if v in known else v for v in str(value).split(", "))


def row_at(definition: dict[str, Any], place: Place) -> dict[str, Any] | None:
    """The row that a place lies in."""
    if not place.part or place.row_id is None:
        return None
    rows = drafts.rows_at(definition, PARTS[place.part], place.outer_id) or []
    return next((r for r in rows if r[ROW_ID] == place.row_id), None)


def _door(row: PipelineDraft, place: Place) -> str:
    """The page and field where a fault shows."""
    if not place.part:
        return url_for("flows.draft", draft_id=row.id, _anchor=place.column)
    anchor = anchor_of(place)
    if place.outer_id:
        outer = INNER[place.part].key
        return url_for(
            "flows.inner",
            draft_id=row.id,
            part=outer,
            row_id=place.outer_id,
            _anchor=anchor,
        )
    return url_for("flows.rows", draft_id=row.id, part=place.part, _anchor=anchor)


def anchor_of(place: Place) -> str | None:
    """The field on its page, or the row where it is the row's as a whole."""
    if not place.row_id:
        return None
    return f"{place.row_id}-{place.column}" if place.column else f"row-{place.row_id}"
