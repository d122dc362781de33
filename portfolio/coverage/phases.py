"""The phases of a deal's way that the map tells apart: before the committee, until closing, after (pure)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portfolio.pipeline.flow import Pipeline

FILE = Path(__file__).with_name("phases.toml")
SOURCING, DECIDING, INVESTED = "sourcing", "deciding", "invested"


@dataclass(frozen=True)
class Phase:
    """Some stages of a deal's way."""

    key: str
    zh: str
    en: str


@dataclass(frozen=True)
class Phases:
    """The phases in order, and the stages from which the money is out."""

    phases: Mapping[str, Phase]
    invested_from: frozenset[str]

    def of_stages(self, flows: Iterable[Pipeline]) -> dict[str, str]:
        """The phase of every stage of these pipelines, by the key of the stage."""
        found: dict[str, str] = {}
        for flow in flows:
            phase = SOURCING
            for stage in flow.stages:
                if stage.key in self.invested_from:
                    phase = INVESTED
                elif stage.committee and phase == SOURCING:
                    phase = DECIDING
                found.setdefault(stage.key, phase)
        return found

    def invested(self, flows: Iterable[Pipeline]) -> list[str]:
        """The stages at which the money is out."""
        return [key for key, phase in self.of_stages(flows).items() if phase == INVESTED]


@cache
def phases() -> Phases:
    """The phases of the house."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    rows = {row["key"]: Phase(row["key"], row["zh"], row["en"]) for row in data["phase"]}
    return Phases(rows, frozenset(data["invested_from"]))
