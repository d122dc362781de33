"""Who reads what in a digest, as data: the parts, the numbers, and which of them each role gets (pure)."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("readers.toml")
MOST_NUMBERS = 5


@dataclass(frozen=True)
class Kind:
    """A part of a digest. `page` is where all of it is listed, and otherwise its own page `place`; what is `urgent` waits for the
    reader, what is `standing` is no news by itself, what `needs` a permission is for nobody without it.
    `through` names who is asked for its lines where
    that is another slice."""

    key: str
    zh: str
    en: str
    page: str = ""
    urgent: bool = False
    standing: bool = False
    needs: str = ""
    through: str = ""
    listed: str = ""

    @property
    def place(self) -> str:
        """Its own page, by its key or as it is `listed` under another title."""
        return self.listed or f"parts/{self.key}"


@dataclass(frozen=True)
class Acts:
    """Acts of the audit trail that are told together: by their name, by the kind of what they
    changed, or by a column of such a kind, but not by entries about the kinds in `but`."""

    actions: Sequence[str] = ()
    kinds: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    but: Sequence[str] = ()

    def fit(self, action: str, kind: str, changed: str) -> bool:
        """Whether an entry is of them; `changed` is the JSON of what stood in the columns it changed."""
        if kind in self.but:
            return False
        if action in self.actions or kind in self.kinds:
            return True
        return any(f'"{column}"' in changed for column in self.columns.get(kind, ()))


@dataclass(frozen=True)
class NumberKind:
    """One of the numbers at the top: what is counted in the pipeline, or which acts are."""

    key: str
    zh: str
    en: str
    count: str = ""
    acts: str = ""

    @property
    def page(self) -> str:
        """No other page lists what it counts."""
        return ""

    @property
    def place(self) -> str:
        """Its own page."""
        return f"numbers/{self.key}"


@dataclass(frozen=True)
class Menu:
    """What one reader gets, in order; `everything` says that deals and companies of others are
    told and counted too."""

    parts: tuple[Kind, ...] = ()
    numbers: tuple[NumberKind, ...] = ()
    everything: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the parts."""
        return frozenset(kind.key for kind in self.parts)


@dataclass(frozen=True)
class Readers:
    """Everything that the file says."""

    version: int
    parts: Mapping[str, Kind]
    numbers: Mapping[str, NumberKind]
    acts: Mapping[str, Acts]
    roles: Mapping[str, Mapping[str, Any]]


@cache
def readers() -> Readers:
    """What the file says. Raises KeyError for a part, a number or acts that it does not have."""
    data: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    parts = {key: Kind(key, **row) for key, row in data["parts"].items()}
    numbers = {key: NumberKind(key, **row) for key, row in data["numbers"].items()}
    acts = {key: Acts(**row) for key, row in data["acts"].items()}
    for row in data["readers"].values():
        for known, asked in ((parts, row["parts"]), (numbers, row["numbers"])):
            for key in asked:
                known[key]  # an unknown one stops the application here, by name
    for number in numbers.values():
        if number.acts:
            acts[number.acts]
    return Readers(data["version"], parts, numbers, acts, data["readers"])


@lru_cache(maxsize=256)
def menu_of(roles: frozenset[str]) -> Menu:
    """What somebody with these roles reads."""
    found = readers()
    rows = [row for role, row in found.roles.items() if role in roles]
    return Menu(
        tuple(found.parts[key] for key in _merged(row["parts"] for row in rows)),
        tuple(found.numbers[key] for key in _merged(row["numbers"] for row in rows)[:MOST_NUMBERS]),
        any(row.get("everything", False) for row in rows),
    )


def _merged(lists: Iterable[Sequence[str]]) -> list[str]:
    """All that stands in some lists, each where the list that has it soonest has it."""
    first: dict[str, int] = {}
    for keys in lists:
        for place, key in enumerate(keys):
            first[key] = min(place, first.get(key, place))
    return sorted(first, key=lambda key: first[key])
