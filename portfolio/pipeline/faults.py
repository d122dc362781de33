"""Everything that keeps a pipeline's definition from being used, each fault at its place (pure)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.pipeline.definition import DAYS, LEADS, TARGETS, normalised, rows_of
from portfolio.pipeline.kinds import Status
from portfolio.pipeline.needs import MOST_ON_A_TEAM, need_faults, whole_number, word
from portfolio.pipeline.ways import stuck, unreached

REASON_KINDS = ("pass", "reject", "hold")
MOST_DAYS = 3660
STATUSES = frozenset(status.value for status in Status)
FLAGS = ("reason", "main_reason", "evidence", "override", "withdrawn_by", "primary")
MOVE_KEYS = (
    *(*LEADS, *FLAGS, "zh", "en", "done", "from_status", "to_status", "jump", "except", "only"),
    *("reasons", "permission", "revisit_days", "words"),
)
MOVE_NUMBERS = (
    ("steps", -9, 9),
    ("ahead", 2, 99),
    ("revisit_days", 1, MOST_DAYS),
    ("words", 1, 400),
)
DAY_COUNTS = ("target_days", "warn_days")
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
# What stage events are called that no definition makes.
RESERVED = frozenset(("open", "undo", "carry"))
TOP_KEYS = ("key", "version", "zh", "en", "target", "days", "late_from", "former", "moves")
ROW_KEYS = {
    "stage": ("target_days", "warn_days", "entry", "decided_by", "committee", "condition"),
    "condition": ("needs",),
    "checklist": ("stage", "verify", "verdict", "item"),
    "item": ("must", "proof"),
    "reason": ("kind",),
}
ROW_FLAGS = {"stage": ("committee",), "checklist": ("verify", "verdict"), "item": ("must",)}
ROW_TEXTS = {"stage": ("entry", "decided_by"), "item": ("proof",)}

# Promises that a version may not keep and still be read, so that they are asked before publishing.
ONLY_PUBLISHED = frozenset(("definition.no_reason", "definition.no_way_back"))

Place = tuple[str | int, ...]
Row = Mapping[str, Any]


class FaultyDefinition(InputError):
    """A definition that cannot be used: `key` names the place, `code` the reason.

    `at` is the way to the place in the definition, with rows by their number from 0.
    """

    def __init__(self, code: str, at: Place, key: str, value: object = "", **bounds: int) -> None:
        super().__init__(f"definition.{code}", key=key, value=value, **bounds)
        self.at = at
        self.key = key


def check_definition(data: Row, permissions: Iterable[str] = ()) -> None:
    """Raise the first fault for which a definition (of either shape) cannot be read.

    What merely keeps it from being published is let pass: a version in force must be readable.
    """
    for fault in faults(data, permissions):
        if fault.code not in ONLY_PUBLISHED:
            raise fault


def faults(
    data: Row, permissions: Iterable[str] = (), elsewhere: Collection[str] = ()
) -> list[FaultyDefinition]:
    """Every reason why a definition (of either shape) cannot be used.

    `moves` may be rows with a key, as a draft holds them. `permissions` are those that exist;
    without them their names are not checked. `elsewhere` are the stages of other pipelines, whose
    keys are taken.

    Codes, each after `definition.`: `missing`, `twice`, `value`, `range`, `warn_early`, `key_form`, `reserved`,
    `no_stages`, `stage_elsewhere`, `unknown_stage`, `unknown_status`, `unknown_field`,
    `unknown_item`, `unknown_checklist`, `unknown_need`, `unknown_key`, `unknown_permission`,
    `never_met`, `no_reason`, `no_way_back`, `unreachable`.
    """
    return _Inspection(normalised(data), frozenset(permissions), frozenset(elsewhere)).found


def move_rows(moves: Any) -> list[tuple[Place, str, Row]]:
    """Each move with its place and key, from the definition's table or from a draft's rows."""
    if isinstance(moves, Mapping):
        return [(("moves", key), key, row) for key, row in moves.items()]
    return [(("moves", n), row.get("key", ""), row) for n, row in enumerate(rows_of(moves))]


class _Inspection:
    """One look at one definition; `found` grows in the order of its parts."""

    def __init__(self, whole: Row, permissions: frozenset[str], elsewhere: frozenset[str]) -> None:
        self.whole, self.permissions, self.elsewhere = whole, permissions, elsewhere
        self.found: list[FaultyDefinition] = []
        self.vehicle = whole.get("target") == "vehicle"
        self.stages = rows_of(whole.get("stage"))
        self.stage_keys = [word(row.get("key")) for row in self.stages]
        self.lists = rows_of(whole.get("checklist"))
        self._top()
        self._stages()
        self._reasons()
        self._checklists()
        for at, key, row in move_rows(whole.get("moves")):
            self._move(at, key, row)
        self._keyed_twice([(at, key) for at, key, _ in move_rows(whole.get("moves"))])
        for number, row in enumerate(self.stages):
            self._conditions(("stage", number), row)
        self._ways()

    def add(self, code: str, at: Place, value: object = "", **bounds: int) -> None:
        self.found.append(FaultyDefinition(code, at, self._named(at), value, **bounds))

    def _number(self, at: Place, value: object, least: int, most: int) -> bool:
        """Whether it is a whole number between the two; which they are is said where it is not."""
        sound = whole_number(value, least, most)
        if not sound:
            self.add("range", at, value, least=least, most=most)
        return sound

    def _named(self, at: Place) -> str:
        """The place as people read it: rows by their key, else by their number from 1."""
        here: Any = self.whole
        names = []
        for part in at:
            if isinstance(part, int):
                rows = rows_of(here)
                here = rows[part] if part < len(rows) else {}
                names.append(str(here.get("key") or part + 1))
            else:
                here = here.get(part) if isinstance(here, Mapping) else None
                names.append(part)
        return ".".join(names)

    def _top(self) -> None:
        self._texts((), self.whole, ("key", "zh", "en"))
        self._key_form((), self.whole.get("key"))
        self._unknown((), self.whole, (*TOP_KEYS, *ROW_KEYS))
        if self.whole.get("target", TARGETS[0]) not in TARGETS:
            self.add("value", ("target",), self.whole["target"])
        if self.whole.get("days", DAYS[0]) not in DAYS:
            self.add("value", ("days",), self.whole["days"])
        if not self.stages:
            self.add("no_stages", ("stage",))
        late = self.whole.get("late_from", "")
        if late and late not in self.stage_keys:
            self.add("unknown_stage", ("late_from",), late)

    def _texts(self, at: Place, row: Row, names: Iterable[str]) -> None:
        for name in names:
            if not isinstance(row.get(name), str) or not row[name].strip():
                self.add("missing", (*at, name))

    def _key_form(self, at: Place, key: Any) -> None:
        if isinstance(key, str) and key.strip() and not KEY.fullmatch(key):
            self.add("key_form", (*at, "key"), key)

    def _unknown(self, at: Place, row: Row, known: Collection[str]) -> None:
        for name in row:
            if name not in known:
                self.add("unknown_key", (*at, name), name)

    def _keyed_twice(self, rows: Iterable[tuple[Place, Any]]) -> None:
        seen = set()
        for at, key in rows:
            if word(key) and key in seen:
                self.add("twice", (*at, "key"), key)
            seen.add(word(key))

    def _rows(self, at: Place, kind: str, value: Any) -> Iterator[tuple[Place, Row]]:
        """The rows of a part, once what all rows have in common is looked at."""
        if value is not None and (not isinstance(value, list) or len(rows_of(value)) != len(value)):
            self.add("value", at, str(value)[:50])
        rows = [((*at, n), row) for n, row in enumerate(rows_of(value))]
        for place, row in rows:
            self._texts(place, row, ("key", "zh", "en"))
            self._key_form(place, row.get("key"))
            self._unknown(place, row, ("key", "zh", "en", *ROW_KEYS[kind]))
            self._flags(place, row, ROW_FLAGS.get(kind, ()))
            for name in ROW_TEXTS.get(kind, ()):
                texts = row.get(name)
                if texts is not None:
                    self._both(place, name, texts)
        yield from rows

    def _flags(self, at: Place, row: Row, names: Iterable[str]) -> None:
        for name in names:
            if not isinstance(row.get(name, False), bool):
                self.add("value", (*at, name), row[name])

    def _stages(self) -> None:
        places = list(self._rows(("stage",), "stage", self.whole.get("stage")))
        self._keyed_twice((at, row.get("key")) for at, row in places)
        for at, row in places:
            if word(row.get("key")) in self.elsewhere:
                self.add("stage_elsewhere", (*at, "key"), row["key"])
            self._days(at, row)

    def _days(self, at: Place, row: Row) -> None:
        given = {name: row[name] for name in DAY_COUNTS if row.get(name) is not None}
        sound = {n for n, days in given.items() if self._number((*at, n), days, 1, MOST_DAYS)}
        if sound == set(DAY_COUNTS) and row["warn_days"] < row["target_days"]:
            self.add("warn_early", (*at, "warn_days"), row["target_days"])

    def _reasons(self) -> None:
        places = list(self._rows(("reason",), "reason", self.whole.get("reason")))
        self._keyed_twice((at, row.get("key")) for at, row in places)
        for at, row in places:
            if word(row.get("kind")) not in REASON_KINDS:
                self.add("value", (*at, "kind"), row.get("kind", ""))

    def _checklists(self) -> None:
        """The key of an item is its own in the whole pipeline."""
        places = list(self._rows(("checklist",), "checklist", self.whole.get("checklist")))
        self._keyed_twice((at, row.get("key")) for at, row in places)
        items: list[tuple[Place, Any]] = []
        for at, row in places:
            if row.get("stage") not in self.stage_keys:
                self.add("unknown_stage", (*at, "stage"), row.get("stage", ""))
            found = self._rows((*at, "item"), "item", row.get("item"))
            items += [(place, item.get("key")) for place, item in found]
        self._keyed_twice(items)

    def _move(self, at: Place, key: str, rule: Row) -> None:
        self._texts(at, {"key": key, **rule}, ("key", "zh", "en"))
        self._key_form(at, key)
        if word(key) in RESERVED:
            self.add("reserved", (*at, "key"), key)
        self._unknown(at, rule, (*MOVE_KEYS, "key"))
        leads = [name for name in LEADS if name in rule]
        if len(leads) > 1:
            self.add("value", (*at, leads[0]), ", ".join(leads))
        for name, least, most in MOVE_NUMBERS:
            sound = name not in rule or self._number((*at, name), rule[name], least, most)
            if sound and rule.get(name) == 0:  # a move leads on or back
                self.add("range", (*at, name), 0, least=least, most=most)
        self._flags(at, rule, FLAGS)
        self._move_places(at, rule)
        for name, known, code in (
            ("from_status", STATUSES, "unknown_status"),
            ("reasons", REASON_KINDS, "value"),
        ):
            self._each_known((*at, name), rule.get(name, ()), known, code)
        self._each_known(
            (*at, "to_status"), [rule.get("to_status", "active")], STATUSES, "unknown_status"
        )
        permission = rule.get("permission", "")
        if self.permissions and permission and word(permission) not in self.permissions:
            self.add("unknown_permission", (*at, "permission"), permission)
        if "done" in rule:
            self._both(at, "done", rule["done"])
        if rule.get("main_reason") and not self._has_reason(rule.get("reasons")):
            self.add("no_reason", (*at, "main_reason"))

    def _has_reason(self, kinds: Any) -> bool:
        """Whether the pipeline has a reason of these kinds, of any kind where none is named."""
        rows = rows_of(self.whole.get("reason"))
        return any(not kinds or row.get("kind") in kinds for row in rows)

    def _both(self, at: Place, name: str, value: Any) -> None:
        """A text that may be left out is there in both languages, or in none."""
        if not _titles(value):
            self.add("value", (*at, name), str(value)[:50])
            return
        said = {locale for locale in ("zh", "en") if value.get(locale, "").strip()}
        for locale in ("zh", "en"):
            if said and locale not in said:
                self.add("missing", (*at, name, locale))

    def _move_places(self, at: Place, rule: Row) -> None:
        """The stages that a move names."""
        for name in ("except", "only"):
            self._each_known((*at, name), rule.get(name, ()), self.stage_keys, "unknown_stage")
        if "to" in rule:
            self._each_known((*at, "to"), [rule["to"]], self.stage_keys, "unknown_stage")
        jumps = rule.get("jump", ())
        if not isinstance(jumps, list | tuple) or not all(
            isinstance(jump, Mapping) and set(jump) == {"from", "to"} for jump in jumps
        ):
            self.add("value", (*at, "jump"), str(jumps)[:100])
            return
        ends = [end for jump in jumps for end in (jump["from"], jump["to"])]
        self._each_known((*at, "jump"), ends, self.stage_keys, "unknown_stage")

    def _each_known(self, at: Place, names: Any, known: Collection[Any], code: str) -> None:
        if not isinstance(names, list | tuple):
            self.add("value", at, str(names)[:50])
            return
        for name in names:
            if word(name) not in known:
                self.add(code, at, name)

    def _conditions(self, at: Place, stage: Row) -> None:
        places = list(self._rows((*at, "condition"), "condition", stage.get("condition")))
        self._keyed_twice((place, row.get("key")) for place, row in places)
        for place, row in places:
            needs = row.get("needs")
            if not isinstance(needs, Mapping) or len(needs) != 1:
                self.add("missing", (*place, "needs"))
                continue
            ((kind, wanted),) = needs.items()
            if kind == "team":
                self._number((*place, "needs", kind), wanted, 1, MOST_ON_A_TEAM)
                continue
            for code, value in need_faults(kind, wanted, self.lists, vehicle=self.vehicle):
                self.add(code, (*place, "needs"), value)

    def _ways(self) -> None:
        """Every stage can be reached, every deal on hold can come back."""
        keys = [key for key in self.stage_keys if key]
        if not keys or any(_on_the_way(fault.at) for fault in self.found):
            return
        moves = move_rows(self.whole.get("moves"))
        rules = [rule for _, _, rule in moves]
        for key in unreached(rules, keys):
            self.add("unreachable", ("stage", keys.index(key)), key)
        for at, _, rule in moves:
            if held := list(stuck(rule, rules, keys)):
                self.add("no_way_back", (*at, "to_status"), ", ".join(held))


def _on_the_way(at: Place) -> bool:
    """Whether a fault there may be why a stage cannot be reached."""
    return at[0] == "moves" or (at[0] == "stage" and at[-1] == "key")


def _titles(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        name in {"zh", "en"} and isinstance(text, str) for name, text in value.items()
    )
