"""How sure a text makes one of a technology: the signs around its mentions, weighed (pure)."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from portfolio.chokepoint.reading import Mention

FILE = Path(__file__).with_name("weights.toml")
MAKES = frozenset({"make", "focus", "maker", "offer"})
AGAINST = frozenset({"use", "basis", "apply", "sell", "serve", "invest", "not", "part", "service"})
PLAIN = (
    "crossed",
    "afar",
    "opens",
    "tail",
    "name",
    "verbless",
    "first",
    "own",
    "plan",
    "own-use",
    "registered",
    "investor",
)
STUFF_DOMAINS = frozenset({"materials", "medical", "bio_agri"})
EARLY = 40
CROWD, CROWDED = 4, 8
MANY, FILLED, SAID = 6, 0.55, 0.2


class Case(NamedTuple):
    """A technology that a text names: the mention that speaks most for it, how many there are, and
    the signs that weigh."""

    technology: str
    best: Mention
    mentions: tuple[Mention, ...]
    signs: tuple[str, ...]


@cache
def _book() -> Mapping[str, Mapping[str, float]]:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {part: data[part] for part in ("prior", "fitted")}


def prior() -> Mapping[str, float]:
    """The weight of each sign that a careful reader would guess."""
    return _book()["prior"]


@cache
def weights() -> Mapping[str, float]:
    """The weight of each sign."""
    return {**_book()["prior"], **_book()["fitted"]}


def signs_of(mention: Mention, domain: str) -> list[str]:
    """The signs around one mention."""
    marks = mention.marks
    signs = [mention.role]
    signs.extend(m for m in PLAIN if m in marks)
    if mention.meaning.loose:
        signs.append("loose")
        if mention.role in MAKES:
            signs.append("loose-made")
    if mention.role == "bare" and "making" in marks:
        signs.append("making")
    if mention.role in MAKES and "head-field" in marks:
        signs.append("head-field")
    odd = "head-thing" if domain in STUFF_DOMAINS else "head-stuff"
    if odd in marks:
        signs.append("misfit")
    if mention.start < EARLY:
        signs.append("early")
    return signs


def is_stuffed(flat: str, found: Sequence[Mention]) -> bool:
    """Whether a text is but a list of keywords: many names that fill most of it, or the same few
    over and over, and no verb of making with them."""
    spans = {(m.start, m.end) for m in found}
    if len(spans) < MANY:
        return False
    filled = sum(end - start for start, end in spans) / max(1, sum(c.isalnum() for c in flat))
    said = sum(m.role in MAKES for m in found) / len(found)
    return filled > FILLED and said < SAID


def cases(
    found: Sequence[Mention],
    domains: Mapping[str, str],
    stuffed: bool,
    weight: Mapping[str, float] | None = None,
) -> list[Case]:
    """The technologies of a text with their signs."""
    weight = weight or weights()
    groups: dict[str, list[tuple[float, Mention, list[str]]]] = {}
    for mention in found:
        technology = mention.meaning.technology
        signs = signs_of(mention, domains[technology])
        score = sum(weight[s] for s in signs)
        groups.setdefault(technology, []).append((score, mention, signs))
    strong = {
        technology
        for technology, group in groups.items()
        if any(m.role in MAKES and not m.meaning.loose for _, m, _ in group)
    }
    crowd = [s for s, n in (("crowd", CROWD), ("crowded", CROWDED)) if len(groups) > n]
    if stuffed:
        crowd.append("stuffing")
    result = []
    for technology, group in groups.items():
        _, best, signs = max(group, key=lambda g: g[0])
        more = list(crowd)
        if sum(m.role in MAKES and not m.meaning.loose for _, m, _ in group) > 1:
            more.append("again")
        if any(m.role in AGAINST for _, m, _ in group):
            more.append("against")
        if strong - {technology}:
            if best.meaning.loose:
                more.append("outshone")
            if best.role not in MAKES and "opens" not in best.marks:
                more.append("lesser")
        mentions = tuple(m for _, m, _ in group)
        result.append(Case(technology, best, mentions, ("bias", *signs, *more)))
    return result


def probability(signs: Sequence[str], weight: Mapping[str, float]) -> float:
    """How likely the text claims the technology."""
    return 1 / (1 + math.exp(-sum(weight[s] for s in signs)))
