"""Rows of a definition as values of simple fields, and back (pure).

A row's values are texts, lists of texts, pairs and flags; what cannot be read stays the text it was,
so that it is shown again and refused at its place.
"""

from collections.abc import Callable, Mapping
from typing import Any

from portfolio.flows.parts import TOP, Column, Part
from portfolio.kernel.numbers import short_number
from portfolio.kernel.text import halfwidth

Row = Mapping[str, Any]
Values = dict[str, Any]


def opened(part: Part, row: Row) -> Values:
    """The values of a row as its form shows them."""
    flat = OPENING.get(part.key, dict)(row)
    return {column.name: _shown(column, _dig(flat, column.name)) for column in part.columns}


def closed(part: Part, values: Values) -> dict[str, Any]:
    """A row of a definition from the values of its form, without the rows within it."""
    flat: dict[str, Any] = {}
    for column in part.columns:
        value = _read(column, values.get(column.name, ""))
        if (value is False or value in ("", [])) and column.name not in ALWAYS.get(
            part.key, ALWAYS_KEPT
        ):
            continue
        outer, _, inner = column.name.partition(".")
        if inner:
            flat.setdefault(outer, {})[inner] = value
        else:
            flat[outer] = value
    return CLOSING.get(part.key, dict)(flat)


ALWAYS_KEPT = frozenset(("key", "zh", "en"))
# What a row says also when it says no: otherwise older definitions would be meant.
ALWAYS = {"stages": ALWAYS_KEPT | {"committee"}}


def top_values(definition: Row) -> Values:
    """The values of a pipeline's own fields."""
    return {column.name: str(definition.get(column.name, "")) for column in TOP}


def _dig(row: Row, name: str) -> Any:
    outer, _, inner = name.partition(".")
    value = row.get(outer)
    if inner:
        return value.get(inner) if isinstance(value, Mapping) else None
    return value


def _shown(column: Column, value: Any) -> Any:
    if column.kind == "flag":
        return value is True
    if column.kind == "several":
        return [str(part) for part in value] if isinstance(value, list | tuple) else []
    if column.kind == "pairs":
        return _pairs(value)
    return "" if value is None else str(value)


def _read(column: Column, value: Any) -> Any:
    if column.kind in {"flag", "several"}:
        return value or (False if column.kind == "flag" else [])
    if column.kind == "pairs":
        return _pairs(value)
    text = " ".join(str(value).split())
    return _number(text) if column.kind == "number" else text


def _number(text: str) -> Any:
    digits = halfwidth(text)
    number = short_number(digits.removeprefix("-"))
    if number is None:
        return text
    return -number if digits.startswith("-") else number


def _pairs(value: Any) -> list[dict[str, str]]:
    """Pairs of stages; one of which an end is not chosen yet is one still."""
    pairs = value if isinstance(value, list | tuple) else ()
    ends = [tuple(str(pair.get(end, "")).strip() for end in ("from", "to")) for pair in pairs]
    return [{"from": start, "to": end} for start, end in ends if start or end]


def _open_condition(row: Row) -> Values:
    needs = row.get("needs")
    if not isinstance(needs, Mapping) or len(needs) != 1:
        return dict(row) | {"needs": ""}
    ((kind, wanted),) = needs.items()
    several = list(wanted) if isinstance(wanted, list | tuple) else [wanted]
    flat = {name: row.get(name) for name in ("key", "zh", "en")}
    if kind in {"field", "any_field"}:
        return flat | {"needs": "field", "fields": several}
    if kind in {"items", "tag"}:
        return flat | {"needs": kind, "items": [] if wanted is True else several}
    if kind in {"checklists", "answered"}:
        return flat | {"needs": kind, "lists": several}
    return flat | {"needs": kind, "people": wanted if kind == "team" else None}


def _close_condition(flat: Row) -> dict[str, Any]:
    row = {name: flat[name] for name in ("key", "zh", "en")}
    kind = flat.get("needs", "")
    fields, items = flat.get("fields", []), flat.get("items", [])
    wanted: dict[str, Any] = {
        "field": fields[0] if len(fields) == 1 else fields,
        "items": items,
        "checklists": flat.get("lists", []),
        "answered": flat.get("lists", []),
        "team": flat.get("people", 0),
        "tag": (items[0] if len(items) == 1 else items) or True,
        "activity": True,
    }
    if kind not in wanted:
        return row
    name = "any_field" if kind == "field" and len(fields) != 1 else kind
    return row | {"needs": {name: wanted[kind]}}


def _open_move(row: Row) -> Values:
    leads = next((name for name in ("steps", "ahead", "to") if name in row), "")
    if not leads and "jump" in row:
        leads = "jump"
    number = row.get(leads) if leads in {"steps", "ahead"} else None
    return dict(row) | {"leads": leads, "number": number}


def _close_move(flat: Row) -> dict[str, Any]:
    row = {k: v for k, v in flat.items() if k not in {"leads", "number", "to"}}
    leads = flat.get("leads", "")
    if leads in {"steps", "ahead"}:
        row[leads] = flat.get("number", 0)
    elif leads == "to":
        row["to"] = flat.get("to", "")
    elif not leads:
        row.pop("jump", None)
    return row


OPENING: dict[str, Callable[[Row], Values]] = {"conditions": _open_condition, "moves": _open_move}
CLOSING: dict[str, Callable[[Row], dict[str, Any]]] = {
    "conditions": _close_condition,
    "moves": _close_move,
}
