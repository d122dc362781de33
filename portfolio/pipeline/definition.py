"""Whether a pipeline's definition holds together, and the shape older ones had (pure)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.pipeline.askable import FIELDS
from portfolio.pipeline.kinds import MoveKind, Status

TARGETS = ("company", "vehicle")
# How the days of a stay count, the first where a definition does not say.
DAYS = ("calendar", "working")
LEADS = ("steps", "ahead", "to")
REASON_KINDS = ("pass", "reject", "hold")
MOST_ON_A_TEAM = 20
STATUSES = frozenset(status.value for status in Status)
FLAGS = ("reason", "main_reason", "evidence", "override", "withdrawn_by", "primary")
MOVE_KEYS = frozenset(
    (
        *(*LEADS, *FLAGS, "zh", "en", "done", "from_status", "to_status", "jump", "except", "only"),
        *("reasons", "permission", "revisit_days", "words"),
    )
)
NEEDS = ("field", "any_field", "items", "checklists", "answered", "team", "tag", "activity")


class FaultyDefinition(InputError):
    """A definition that cannot be used: `key` is the place, `code` the reason."""

    def __init__(self, code: str, key: str, value: object = "") -> None:
        super().__init__(f"definition.{code}", key=key, value=value)
        self.key = key


def check_definition(data: Mapping[str, Any], permissions: Iterable[str] = ()) -> None:
    """Raise FaultyDefinition unless the definition (of either shape) can be used.

    `permissions` are those that exist; without them their names are not checked.

    Codes, each after `definition.`: `missing`, `twice`, `value`, `no_stages`, `unknown_stage`,
    `unknown_status`, `unknown_field`, `unknown_item`, `unknown_checklist`, `unknown_need`,
    `unknown_key`, `unknown_permission`, `never_met`, `unreachable`.
    """
    whole = normalised(data)
    _texts(whole, "", ("key", "zh", "en"))
    if whole.get("target", TARGETS[0]) not in TARGETS:
        raise FaultyDefinition("value", "target", whole["target"])
    if whole.get("days", DAYS[0]) not in DAYS:
        raise FaultyDefinition("value", "days", whole["days"])
    if not whole.get("stage"):
        raise FaultyDefinition("no_stages", "stage")
    stages = _keyed(whole["stage"], "stage")
    _reasons(whole.get("reason", ()))
    items = _checklists(whole.get("checklist", ()), stages)
    for key, rule in whole["moves"].items():
        _move(f"moves.{key}", rule, stages, frozenset(permissions))
    for stage in whole["stage"]:
        _days(stage, f"stage.{stage['key']}")
        _conditions(stage, items, whole)
    _reachable(whole)


def normalised(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The definition in the present shape; version-1 moves said where they lead, not to what."""
    moves = data.get("moves", {})
    if not _old(moves):
        return data
    jump = moves.get("jump", [])
    rules = {kind: _spelled_out(kind, rule) for kind, rule in moves.items() if kind != "jump"}
    if "back" in rules and jump:
        rules["back"]["jump"] = jump
    return {**data, "moves": rules}


def _old(moves: Mapping[str, Any]) -> bool:
    return any(not isinstance(rule, Mapping) or "zh" not in rule for rule in moves.values())


# What the kinds of the first version stood for without saying so.
IMPLIED: dict[str, dict[str, Any]] = {
    "forward": {"primary": True},
    "skip": {"ahead": 2},
    "hold": {"to_status": "on_hold", "reasons": ["hold"]},
    "resume": {"from_status": ["on_hold"], "primary": True},
    "reject": {"to_status": "rejected", "reasons": ["reject"]},
    "withdraw": {"to_status": "withdrawn", "reasons": ["reject"], "withdrawn_by": True},
    "reopen": {"from_status": ["rejected"], "primary": True},
    "lapse": {"to_status": "lapsed"},
    "terminate": {"to_status": "terminated"},
}


def _spelled_out(kind: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    title = next((known for known in MoveKind if known.value == kind), None)
    titles = {"zh": title.zh, "en": title.en} if title else {"zh": kind, "en": kind}
    return {**titles, **IMPLIED.get(kind, {}), **rule}


def _texts(row: Mapping[str, Any], place: str, names: Iterable[str]) -> None:
    for name in names:
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise FaultyDefinition("missing", f"{place}.{name}".lstrip("."))


def _keyed(rows: Iterable[Mapping[str, Any]], place: str) -> dict[str, Mapping[str, Any]]:
    """Rows by their key; each has a key of its own and a title in both languages."""
    found: dict[str, Mapping[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        _texts(row, f"{place}.{row.get('key') or number}", ("key", "zh", "en"))
        if row["key"] in found:
            raise FaultyDefinition("twice", f"{place}.{row['key']}", row["key"])
        found[row["key"]] = row
    return found


def _reasons(rows: Iterable[Mapping[str, Any]]) -> None:
    for key, row in _keyed(rows, "reason").items():
        if row.get("kind") not in REASON_KINDS:
            raise FaultyDefinition("value", f"reason.{key}.kind", row.get("kind", ""))


def _checklists(
    rows: Iterable[Mapping[str, Any]], stages: Mapping[str, Any]
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Items by checklist; the key of an item is its own in the whole pipeline."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    seen: set[str] = set()
    for key, row in _keyed(rows, "checklist").items():
        if row.get("stage") not in stages:
            raise FaultyDefinition("unknown_stage", f"checklist.{key}.stage", row.get("stage", ""))
        found[key] = _keyed(row.get("item", ()), f"checklist.{key}.item")
        for item in found[key]:
            if item in seen:
                raise FaultyDefinition("twice", f"checklist.{key}.item.{item}", item)
            seen.add(item)
    return found


def _days(row: Mapping[str, Any], place: str) -> None:
    for name in ("target_days", "warn_days"):
        days = row.get(name)
        if days is not None and not _whole(days, 1, 3660):
            raise FaultyDefinition("value", f"{place}.{name}", days)
    if row.get("target_days") and row.get("warn_days") and row["warn_days"] < row["target_days"]:
        raise FaultyDefinition("value", f"{place}.warn_days", row["warn_days"])


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _move(
    place: str, rule: Mapping[str, Any], stages: Mapping[str, Any], permissions: frozenset[str]
) -> None:
    _texts(rule, place, ("zh", "en"))
    for name in set(rule) - MOVE_KEYS:
        raise FaultyDefinition("unknown_key", f"{place}.{name}", name)
    if len([name for name in LEADS if name in rule]) > 1:
        raise FaultyDefinition("value", place, ", ".join(n for n in LEADS if n in rule))
    for name, least, most in (
        ("steps", -9, 9),
        ("ahead", 2, 99),
        ("revisit_days", 1, 3660),
        ("words", 1, 400),
    ):
        if name in rule and (not _whole(rule[name], least, most) or rule[name] == 0):
            raise FaultyDefinition("value", f"{place}.{name}", rule[name])
    for name in FLAGS:
        if not isinstance(rule.get(name, False), bool):
            raise FaultyDefinition("value", f"{place}.{name}", rule[name])
    jumps = [end for jump in rule.get("jump", ()) for end in (jump["from"], jump["to"])]
    named = (*rule.get("except", ()), *rule.get("only", ()), *jumps)
    for stage in (*named, *([rule["to"]] if "to" in rule else [])):
        if stage not in stages:
            raise FaultyDefinition("unknown_stage", place, stage)
    for status in (*rule.get("from_status", ()), rule.get("to_status", Status.ACTIVE.value)):
        if status not in STATUSES:
            raise FaultyDefinition("unknown_status", place, status)
    for kind in rule.get("reasons", ()):
        if kind not in REASON_KINDS:
            raise FaultyDefinition("value", f"{place}.reasons", kind)
    if permissions and rule.get("permission", "") not in {"", *permissions}:
        raise FaultyDefinition("unknown_permission", f"{place}.permission", rule["permission"])


def _conditions(
    stage: Mapping[str, Any], lists: Mapping[str, Mapping[str, Any]], whole: Mapping[str, Any]
) -> None:
    place = f"stage.{stage['key']}.condition"
    for key, row in _keyed(stage.get("condition", ()), place).items():
        needs = row.get("needs")
        if not isinstance(needs, Mapping) or len(needs) != 1:
            raise FaultyDefinition("missing", f"{place}.{key}.needs")
        ((kind, wanted),) = needs.items()
        if kind not in NEEDS:
            raise FaultyDefinition("unknown_need", f"{place}.{key}", kind)
        _need(f"{place}.{key}", kind, wanted, lists, whole.get("target") == "vehicle")


def _need(
    place: str, kind: str, wanted: Any, lists: Mapping[str, Mapping[str, Any]], vehicle: bool
) -> None:
    if kind in {"field", "any_field"}:
        _fields(place, [wanted] if kind == "field" else wanted, vehicle)
    elif kind == "team":
        if not _whole(wanted, 1, MOST_ON_A_TEAM):
            raise FaultyDefinition("never_met", place, wanted)
    elif kind == "activity":
        if wanted is not True:
            raise FaultyDefinition("value", place, wanted)
    elif kind == "tag":
        if wanted is True and vehicle:
            raise FaultyDefinition("never_met", place, kind)
        if wanted is not True:
            _known(place, "unknown_item", [wanted], {i for items in lists.values() for i in items})
    elif kind == "items":
        _known(place, "unknown_item", wanted, {i for items in lists.values() for i in items})
    else:
        _known(place, "unknown_checklist", wanted, set(lists))
        for key in wanted:
            counting = lists[key].values()
            if not any(kind == "answered" or item.get("must") for item in counting):
                raise FaultyDefinition("never_met", place, key)


def _fields(place: str, names: Any, vehicle: bool) -> None:
    _known(place, "unknown_field", names, set(FIELDS))
    if vehicle and all(FIELDS[name].record == "company" for name in names):
        raise FaultyDefinition("never_met", place, ", ".join(names))


def _known(place: str, code: str, wanted: Any, known: set[str]) -> None:
    if not isinstance(wanted, list | tuple) or not wanted:
        raise FaultyDefinition("never_met", place, wanted)
    for name in wanted:
        if name not in known:
            raise FaultyDefinition(code, place, name)


def _reachable(whole: Mapping[str, Any]) -> None:
    """Every stage can be reached from the first by moves that need no override."""
    keys = [stage["key"] for stage in whole["stage"]]
    rules = [rule for rule in whole["moves"].values() if not rule.get("override")]
    reached, waiting = {keys[0]}, [keys[0]]
    while waiting:
        here = waiting.pop()
        for stage in (s for rule in rules for s in leads_to(rule, here, keys)):
            if stage not in reached:
                reached.add(stage)
                waiting.append(stage)
    for key in keys:
        if key not in reached:
            raise FaultyDefinition("unreachable", f"stage.{key}", key)


def leads_to(rule: Mapping[str, Any], stage: str, keys: list[str]) -> Iterator[str]:
    """The stages that a move leads to from here, the nearest first; its own when it stays."""
    if stage in rule.get("except", ()) or stage not in rule.get("only", (stage,)):
        return
    here = keys.index(stage)
    if "to" in rule:
        yield rule["to"]
    elif "steps" in rule and 0 <= here + rule["steps"] < len(keys):
        yield keys[here + rule["steps"]]
    elif "ahead" in rule:
        yield from keys[here + rule["ahead"] :]
    elif not any(name in rule for name in (*LEADS, "jump")):
        yield stage
    yield from (jump["to"] for jump in rule.get("jump", ()) if jump["from"] == stage)
