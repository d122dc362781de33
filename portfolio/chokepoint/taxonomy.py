"""The taxonomy: domains, technologies, the words that claim them and those that do not (pure).

The shipped files are its first edition; what a fund changes is applied on top (`amending`).
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("taxonomy.toml")
VOCABULARY = Path(__file__).with_name("vocabulary")
FIRST_EDITION = 1
LIVE, RETIRED, RENAMED, SPLIT, MERGED = "", "retired", "renamed", "split", "merged"


class FaultyTaxonomy(ValueError):
    """The taxonomy cannot be used: the reason."""


@dataclass(frozen=True)
class SourceList:
    """A published list that technologies are taken from."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class Note:
    """How far a technology is made at home: in words, as a share in millionths of one percent
    (None when nobody knows), of which year, and by which source."""

    text: str
    share_micro: int | None
    year: int
    source: str


@dataclass(frozen=True)
class Domain:
    """A field that technologies belong to."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True)
class Technology:
    """One technology: `aliases` name it wherever they stand ("a & b|c": where b or c stands in the
    same sentence), `loose` words in part of the cases, `exclude` are longer words that hold one of
    these and do not mean it.

    `pieces` is the technology that its pieces are; `apart` says that equipment called after it is
    not the technology itself. What is no more says by `gone` how it went, and by `leads_to` which
    technologies stand in its place.
    """

    id: str
    domain: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    pieces: str = ""
    apart: bool = False
    note: Note | None = None
    gone: str = LIVE
    leads_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taxonomy:
    """Domains, source lists and technologies by id, in the file's order: `technologies` are those
    in force, `former` those that are no more."""

    version: int
    domains: Mapping[str, Domain]
    technologies: Mapping[str, Technology]
    lists: Mapping[str, SourceList] = field(default_factory=dict)
    former: Mapping[str, Technology] = field(default_factory=dict)

    def of_domain(self, domain: str) -> list[Technology]:
        """The technologies of a domain."""
        return [t for t in self.technologies.values() if t.domain == domain]

    def known(self, technology: str) -> Technology | None:
        """A technology in force or no more."""
        return self.technologies.get(technology) or self.former.get(technology)

    def led_to(self, technology: str) -> tuple[str, ...]:
        """The technologies in force that an id means today: itself, or what stands in its place."""
        if technology in self.technologies:
            return (technology,)
        old = self.former.get(technology)
        found = (name for after in (old.leads_to if old else ()) for name in self.led_to(after))
        return tuple(dict.fromkeys(found))


def read_taxonomy(text: str, words: Mapping[str, Mapping[str, Any]] | None = None) -> Taxonomy:
    """A taxonomy from its text and the further words of its technologies. Raises FaultyTaxonomy
    with the reason."""
    data: dict[str, Any] = tomllib.loads(text)
    domains = {row["id"]: Domain(row["id"], row["zh"], row["en"]) for row in data["domain"]}
    lists = {row["id"]: SourceList(row["id"], row["zh"], row["en"]) for row in data.get("list", ())}
    found: dict[str, Technology] = {}
    for row in data["technology"]:
        if row["id"] in found:
            raise FaultyTaxonomy(f"{row['id']} stands twice")
        if row["domain"] not in domains:
            raise FaultyTaxonomy(f"{row['id']}: there is no domain {row['domain']}")
        if unknown := set(row.get("lists", ())) - lists.keys():
            raise FaultyTaxonomy(f"{row['id']}: there is no list {sorted(unknown)[0]}")
        found[row["id"]] = _technology(row, (words or {}).get(row["id"], {}))
    if words and (lost := words.keys() - found.keys()):
        raise FaultyTaxonomy(f"words of {sorted(lost)[0]}, which there is not")
    return Taxonomy(data["schema_version"], domains, found, lists)


def _technology(row: Mapping[str, Any], more: Mapping[str, Any]) -> Technology:
    """A technology with both files' words: one that is loose is so wherever it is listed."""
    loose = _once(more.get("loose", ()))
    aliases = _once((*row.get("aliases", ()), *more.get("words", ())))
    hedged = {word.partition(" & ")[0] for word in (*loose, *more.get("words", ()))}
    return Technology(
        row["id"],
        row["domain"],
        row["zh"],
        row["en"],
        tuple(a for a in aliases if a in more.get("words", ()) or a not in hedged),
        _once((*row.get("exclude", ()), *more.get("not", ()))),
        tuple(row.get("lists", ())),
        loose,
        "".join(more.get("pieces", ())),
        "equipment" in more,
    )


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def parted(text: str) -> list[str]:
    """The words of a list as the data files write it: between 、 or line breaks."""
    return [word for line in text.split("\n") for word in line.split("、") if word]


def vocabulary() -> dict[str, dict[str, list[str]]]:
    """The words of each technology besides its names and aliases: words, loose, not."""
    found: dict[str, dict[str, list[str]]] = {}
    for path in sorted(VOCABULARY.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        data.pop("version")
        for technology, kinds in data.items():
            found[technology] = {kind: parted(words) for kind, words in kinds.items()}
    return found


@cache
def shipped() -> Taxonomy:
    """The first edition, as it comes with the program."""
    return read_taxonomy(FILE.read_text(encoding="utf-8"), vocabulary())
