"""The gate before a stage: which conditions are open, and what would close them (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.kernel.titles import TitledEnum
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.stages import Condition, Item


class CheckState(TitledEnum):
    """How an item of a checklist stands. Verdicts know `fail` and `missing` too."""

    TODO = "todo", "待办", "To do"
    DOING = "doing", "进行中", "In hand"
    DONE = "done", "完成", "Done"
    NA = "na", "不适用", "Not applicable"
    WAIVED = "waived", "豁免", "Waived"
    FAIL = "fail", "不符合", "Not met"
    MISSING = "missing", "缺材料", "Proof missing"


STATES: Mapping[str, CheckState] = {state.value: state for state in CheckState}
SETTLED = frozenset({CheckState.DONE, CheckState.NA, CheckState.WAIVED})
VERDICTS = (CheckState.DONE, CheckState.FAIL, CheckState.MISSING, CheckState.NA, CheckState.WAIVED)
WORK = (CheckState.DOING, CheckState.DONE, CheckState.NA, CheckState.WAIVED)


def states_of(item: Item) -> tuple[CheckState, ...]:
    """The states that an item can be put in, besides the one it begins in."""
    return VERDICTS if item.verdict else WORK


MET = {"zh": "符合", "en": "Met"}


def state_title(item: Item, state: CheckState) -> Any:
    """What a state of an item is called in both languages: one that is judged is met, not done."""
    return MET if item.verdict and state is CheckState.DONE else state


@dataclass(frozen=True)
class Check:
    """What is known of an item: its state, and whether another person has checked it."""

    state: CheckState = CheckState.TODO
    verified: bool = False


NOTHING = Check()


@dataclass(frozen=True)
class Facts:
    """What the conditions are asked about: fields that hold something, and the rest."""

    filled: frozenset[str] = frozenset()
    checks: Mapping[str, Check] = field(default_factory=dict)
    team: int = 0
    tagged: bool = False
    active: bool = False


def settled(item: Item, check: Check) -> bool:
    """Whether an item counts: done or not applicable (where so wanted, checked by another), waived.

    Who waives holds a right of their own, so that nobody has to check it again.
    """
    if check.state is CheckState.WAIVED:
        return True
    return check.state in SETTLED and (check.verified or not item.verify)


@dataclass(frozen=True)
class Standing:
    """One condition and what is still open of it: fields, items, people, a contact."""

    condition: Condition
    met: bool
    fields: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    people: int = 0
    contact: bool = False


def standings(
    pipeline: Pipeline, conditions: Iterable[Condition], facts: Facts
) -> tuple[Standing, ...]:
    """How each condition stands; one that two stages share is asked once."""
    found: dict[tuple[str, str], Standing] = {}
    for condition in conditions:
        key = condition.needs, str(condition.wanted)
        if key not in found:
            found[key] = _standing(pipeline, condition, facts)
    return tuple(found.values())


def projected(facts: Facts, answers: "Answers", members: Iterable[int]) -> Facts:
    """The facts as they will be once the answers are written; `members` are on the team now."""
    filled = {name for name, value in answers.fields.items() if value is not None and value != ""}
    emptied = set(answers.fields) - filled
    checks = dict(facts.checks)
    for key in answers.verified:
        checks[key] = replace(checks.get(key, NOTHING), verified=True)
    checks |= {key: Check(given.state) for key, given in answers.items.items()}
    return replace(
        facts,
        filled=(facts.filled - emptied) | filled,
        checks=checks,
        team=len({*members, *answers.team}),
        active=facts.active or bool(answers.contact.strip()),
    )


def unmet(found: Iterable[Standing]) -> tuple[Standing, ...]:
    """Those that are open."""
    return tuple(standing for standing in found if not standing.met)


def _standing(pipeline: Pipeline, condition: Condition, facts: Facts) -> Standing:
    needs, wanted = condition.needs, condition.wanted
    if needs == "field":
        return _fields(condition, (wanted,), facts)
    if needs == "any_field":
        return _fields(condition, tuple(wanted), facts)
    if needs == "team":
        people = max(0, wanted - facts.team)
        return Standing(condition, not people, people=people)
    if needs == "activity":
        return Standing(condition, facts.active, contact=not facts.active)
    if needs == "tag" and (facts.tagged or wanted is True):
        return Standing(condition, facts.tagged)
    return _items(condition, _wanted_items(pipeline, condition), facts)


def _fields(condition: Condition, names: tuple[str, ...], facts: Facts) -> Standing:
    met = any(name in facts.filled for name in names)
    return Standing(condition, met, fields=() if met else names)


def _wanted_items(pipeline: Pipeline, condition: Condition) -> list[Item]:
    if condition.needs == "tag":
        return [pipeline.items[condition.wanted]]
    if condition.needs == "items":
        return [pipeline.items[key] for key in condition.wanted]
    listed = [item for key in condition.wanted for item in pipeline.items_of[key]]
    return [item for item in listed if condition.needs == "answered" or item.must]


def _items(condition: Condition, wanted: Iterable[Item], facts: Facts) -> Standing:
    answered = condition.needs == "answered"
    left = tuple(
        item
        for item in wanted
        if not _counts(item, facts.checks.get(item.key, NOTHING), answered=answered)
    )
    return Standing(condition, not left, items=left)


def _counts(item: Item, check: Check, *, answered: bool) -> bool:
    if answered:
        return check.state not in {CheckState.TODO, CheckState.DOING}
    return settled(item, check)


@dataclass(frozen=True)
class Titles:
    """Several titles read as one, in both languages."""

    titles: tuple[Any, ...]

    @property
    def zh(self) -> str:
        """In Chinese."""
        return "；".join(title.zh for title in self.titles)

    @property
    def en(self) -> str:
        """In English."""
        return "; ".join(title.en for title in self.titles)


class GateMissing(InputError):
    """Conditions of the stage are open; `open` says which, and what would close each."""

    def __init__(self, found: Iterable[Standing]) -> None:
        self.open = unmet(found)
        names = Titles(tuple(standing.condition for standing in self.open))
        super().__init__("gate.missing", count=len(self.open), names=names)


@dataclass(frozen=True)
class CheckAnswer:
    """What somebody says of an item: its state with proof (note, link, stored file)."""

    state: CheckState
    note: str = ""
    link: str = ""
    document_version_id: int | None = None

    @property
    def proven(self) -> bool:
        """Whether there is anything to show for it."""
        return bool(self.note.strip() or self.link.strip() or self.document_version_id)


@dataclass(frozen=True)
class Answers:
    """What is answered with a move, in the units of the records (money in fen)."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, CheckAnswer] = field(default_factory=dict)
    verified: tuple[str, ...] = ()
    team: tuple[int, ...] = ()
    contact: str = ""


NO_ANSWERS = Answers()
