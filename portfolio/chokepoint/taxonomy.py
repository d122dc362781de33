"""The taxonomy: domains, technologies, the words that claim them and those that do not (pure)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("taxonomy.toml")


class FaultyTaxonomy(ValueError):
    """The taxonomy cannot be used: the reason."""


@dataclass(frozen=True)
class Domain:
    """A field that technologies belong to."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class Technology:
    """One technology: `aliases` claim it, `exclude` are contexts that do not."""

    id: str
    domain: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    exclude: tuple[str, ...]
    lists: tuple[str, ...]


@dataclass(frozen=True)
class Taxonomy:
    """Domains and technologies by id, in the file's order."""

    version: int
    domains: Mapping[str, Domain]
    technologies: Mapping[str, Technology]

    def of_domain(self, domain: str) -> list[Technology]:
        """The technologies of a domain."""
        return [t for t in self.technologies.values() if t.domain == domain]


def read_taxonomy(text: str) -> Taxonomy:
    """A taxonomy from its text. Raises FaultyTaxonomy with the reason."""
    data: dict[str, Any] = tomllib.loads(text)
    domains = {row["id"]: Domain(row["id"], row["zh"], row["en"]) for row in data["domain"]}
    found: dict[str, Technology] = {}
    for row in data["technology"]:
        if row["id"] in found:
            raise FaultyTaxonomy(f"{row['id']} stands twice")
        if row["domain"] not in domains:
            raise FaultyTaxonomy(f"{row['id']}: there is no domain {row['domain']}")
        found[row["id"]] = Technology(
            row["id"],
            row["domain"],
            row["zh"],
            row["en"],
            tuple(row.get("aliases", ())),
            tuple(row.get("exclude", ())),
            tuple(row.get("lists", ())),
        )
    return Taxonomy(data["schema_version"], domains, found)


@cache
def taxonomy() -> Taxonomy:
    """The taxonomy of the house."""
    return read_taxonomy(FILE.read_text(encoding="utf-8"))


def technology_titles() -> Mapping[str, Technology]:
    """Every technology by its id."""
    return taxonomy().technologies
