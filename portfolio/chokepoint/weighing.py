"""How sure a text makes one of a technology: the signs around its mentions, weighed (pure)."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.reading import Mention

FILE = Path(__file__).with_name("weights.toml")
MAKES = frozenset({"make", "focus", "maker", "offer"})
NAMED = frozenset({"bare", "subject"})
AGAINST = frozenset(
    {"use", "buy", "basis", "apply", "sell", "serve", "invest", "not", "part", "service"}
)
PLAIN = frozenset(
    [
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
        "third",
        "workshop",
        "general",
        "denied",
    ]
)
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


def signs_of(mention: Mention, lexicon: Lexicon) -> list[str]:
    """The signs around one mention."""
    marks = mention.marks
    signs = [mention.role, *(marks & PLAIN)]
    if mention.meaning.loose:
        signs.append("loose")
        if mention.role in MAKES:
            signs.append("loose-made")
    if mention.role in NAMED and "making" in marks:
        signs.append("making")
    if mention.role in MAKES and "head-field" in marks:
        signs.append("head-field")
    name = mention.meaning.technology
    another = "head-thing" in marks and name in lexicon.not_equipment
    if another or ("head-stuff" in marks and lexicon.domains[name] not in lexicon.stuffs):
        signs.append("misfit")
    if mention.start < EARLY:
        signs.append("early")
    return signs


def is_stuffed(flat: str, found: Sequence[Mention]) -> bool:
    """Whether a text is but a list of keywords: many names that fill most of it, or the same few
    over and over, and no verb of making with them."""
    if len(found) < MANY:
        return False
    spans = {(m.start, m.end) for m in found}
    if len(spans) < MANY:
        return False
    filled = sum(end - start for start, end in spans) / max(1, sum(c.isalnum() for c in flat))
    said = sum(m.role in MAKES for m in found) / len(found)
    return filled > FILLED and said < SAID


def cases(
    found: Sequence[Mention],
    lexicon: Lexicon,
    stuffed: bool,
    weight: Mapping[str, float] | None = None,
) -> list[Case]:
    """The technologies of a text with their signs."""
    weight = weight or weights()
    groups: dict[str, _Group] = {}
    for mention in found:
        technology = mention.meaning.technology
        group = groups.get(technology)
        if group is None:
            group = groups[technology] = _Group()
        group.add(mention, lexicon, weight)
    strong = {technology for technology, group in groups.items() if group.own}
    crowd = [s for s, n in (("crowd", CROWD), ("crowded", CROWDED)) if len(groups) > n]
    if stuffed:
        crowd.append("stuffing")
    result = []
    for technology, group in groups.items():
        others = len(strong) > (technology in strong)
        signs = ("bias", *group.signs, *_beside(group, len(groups), others), *crowd)
        result.append(Case(technology, group.best, tuple(group.mentions), signs))
    return result


class _Group:
    """The mentions of one technology: the one that speaks most for it with its signs, how many
    claim it by its own name, and whether any says something else is done with it."""

    __slots__ = ("against", "best", "mentions", "own", "score", "signs")
    best: Mention

    def __init__(self) -> None:
        self.mentions: list[Mention] = []
        self.signs: list[str] = []
        self.score, self.own, self.against = -math.inf, 0, False

    def add(self, mention: Mention, lexicon: Lexicon, weight: Mapping[str, float]) -> None:
        """Take in the next mention."""
        signs = signs_of(mention, lexicon)
        score = sum(map(weight.__getitem__, signs))
        if score > self.score:
            self.best, self.score, self.signs = mention, score, signs
        if mention.role in MAKES:
            self.own += not mention.meaning.loose
        elif mention.role in AGAINST:
            self.against = True
        self.mentions.append(mention)


def _beside(group: _Group, technologies: int, others: bool) -> list[str]:
    """The signs that lie in the other mentions of a technology, and in the other technologies of
    the text: how many there are with it, and whether others are claimed by their own names."""
    best, signs = group.best, []
    if group.own > 1:
        signs.append("again")
    if group.against:
        signs.append("against")
    if technologies == 1 and best.role in MAKES:
        signs.append("alone")
    if others and best.meaning.loose:
        signs.append("outshone")
    if others and best.role not in MAKES and "opens" not in best.marks:
        signs.append("lesser")
    return signs


def probability(signs: Sequence[str], weight: Mapping[str, float]) -> float:
    """How likely the text claims the technology."""
    return 1 / (1 + math.exp(-sum(map(weight.__getitem__, signs))))
