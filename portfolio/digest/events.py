"""Of what a person may be told at once, as data (pure)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from portfolio.digest.readers import Kind, menu_of, readers
from portfolio.kernel.errors import InputError

FILE = Path(__file__).with_name("events.toml")


@dataclass(frozen=True)
class Event:
    """Something that may be told at once: as lines of a `part` of digests, for whoever reads that part
    and has the permission that it `needs`."""

    key: str
    zh: str
    en: str
    part: str
    needs: str = ""

    @property
    def kind(self) -> Kind:
        """The part under the event's own title."""
        part = readers().parts[self.part]
        return replace(part, zh=self.zh, en=self.en, page="", listed=f"events/{self.key}")

    def read_by(self, roles: frozenset[str]) -> bool:
        """Whether somebody with these roles is told of it."""
        return self.part in menu_of(roles).keys


@cache
def events() -> Mapping[str, Event]:
    """What may be told at once, in the order in which it is offered and told."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = {key: Event(key, **row) for key, row in rows.items()}
    for event in found.values():
        readers().parts[event.part]  # an unknown one stops the application here, by name
    return found


def read_events(keys: Iterable[str]) -> str:
    """Chosen events as they are kept. Raises InputError for one that there is not."""
    chosen = set(keys)
    if unknown := next(iter(sorted(chosen - events().keys())), None):
        raise InputError("digest.event", value=unknown)
    return " ".join(key for key in events() if key in chosen)
