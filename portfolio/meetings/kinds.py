"""The kinds of meetings, what may be asked of one, and how a meeting stands (pure)."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portfolio.kernel.titles import TitledEnum

FILE = Path(__file__).with_name("kinds.toml")


class State(TitledEnum):
    """How a meeting stands."""

    PLANNED = "planned", "待召开", "Planned"
    HELD = "held", "已召开", "Held"
    CANCELLED = "cancelled", "已取消", "Cancelled"


@dataclass(frozen=True)
class Kind:
    """A kind of meeting: its titles, what is asked there by default, the roles that sit on it."""

    key: str
    zh: str
    en: str
    ask: str
    sits: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """What is asked of a meeting about a deal, and how many minutes that usually takes."""

    key: str
    zh: str
    en: str
    minutes: int


def _load(data: dict[str, Any]) -> tuple[dict[str, Kind], dict[str, Ask]]:
    kinds = (Kind(**{**row, "sits": tuple(row["sits"])}) for row in data["kind"])
    return {kind.key: kind for kind in kinds}, {row["key"]: Ask(**row) for row in data["ask"]}


KINDS, ASKS = _load(tomllib.loads(FILE.read_text(encoding="utf-8")))


def sat_on_by(roles: Collection[str]) -> list[str]:
    """The kinds of meetings on whose committee somebody with these roles sits."""
    return [kind.key for kind in KINDS.values() if set(kind.sits) & set(roles)]
