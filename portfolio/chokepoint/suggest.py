"""Suggestions from a text: which technologies it claims to develop, how surely, and by which words
(pure).

Words of the taxonomy and the vocabulary are found in the text, what the text says is done with each
is read from the clause, and the signs around them are weighed.
"""

import json
import re
from typing import NamedTuple

from portfolio.chokepoint.folding import flattened, unmarked
from portfolio.chokepoint.lexicon import Lexicon, lexicon
from portfolio.chokepoint.reading import mentions
from portfolio.chokepoint.sources import Source
from portfolio.chokepoint.taxonomy import Technology
from portfolio.chokepoint.weighing import Case, cases, is_stuffed, probability, weights
from portfolio.kernel.errors import InputError
from portfolio.kernel.titles import TitledEnum

SOURCE, LONGEST = 200_000, 20_000
_READ = re.compile(rf"(?:\s*\S){{0,{LONGEST}}}")
ENOUGH = 0.55


class Role(TitledEnum):
    """What a company has to do with a technology, by its text."""

    DEVELOPS = "develops", "研发或生产", "Develops or makes"
    USES = "uses", "使用", "Uses"
    SELLS = "sells", "销售", "Sells"
    SERVES = "serves", "提供服务", "Serves"
    MENTIONS = "mentions", "仅提及", "Mentions"


class Reason(TitledEnum):
    """What the text says of a technology where it says most."""

    MAKE = "make", "文中称研发或生产", "Said to be developed or made"
    FOCUS = "focus", "列为主营产品或专注方向", "Named as the main business"
    OFFER = "offer", "列入所提供的产品", "Named among what is offered"
    MAKER = "maker", "自称该产品的企业", "Calls itself a company of this product"
    BARE = "bare", "只出现名称", "Only named"
    SUBJECT = "subject", "其用途或客户在文中", "What it is for or whom it goes to is said"
    USE = "use", "所采用的技术", "Used, not made"
    BUY = "buy", "采购或进口", "Bought"
    BASIS = "basis", "作为其产品的基础", "What its products rest on"
    APPLY = "apply", "客户或应用领域", "The customers' field or an application"
    SELL = "sell", "销售、代理", "Sold or traded"
    SERVE = "serve", "施工、维修、运营等", "Installed, repaired or operated"
    SERVICE = "service", "围绕它的服务", "A service around it"
    INVEST = "invest", "参股或拟收购的公司所做", "Done by a company it has or wants a stake in"
    NOT = "not", "文中否认", "Denied"
    PART = "part", "它的零部件或配套", "A part of it or something around it"
    FIELD = "field", "行业或领域", "Named as an industry"


REASONS = {str(reason.value): reason for reason in Reason}
ROLES = {
    Reason.USE: Role.USES,
    Reason.BUY: Role.USES,
    Reason.BASIS: Role.USES,
    Reason.SELL: Role.SELLS,
    Reason.SERVE: Role.SERVES,
    Reason.SERVICE: Role.SERVES,
}


class Suggestion(NamedTuple):
    """A technology that a text names: how sure it is that the text claims to develop it (0 to 1),
    the words this rests on and where they and the verb that decides stand in the text; `stuffed`
    when the text is but a list of keywords."""

    technology: Technology
    confidence: float
    role: Role
    reason: Reason
    start: int
    end: int
    evidence: str
    places: tuple[tuple[int, int], ...]
    stuffed: bool


def readings(
    text: str, words: Lexicon | None = None, least: float = 0, source: Source | None = None
) -> list[Suggestion]:
    """Every technology that a text names, claimed or not, the surest first; at most the first
    20,000 characters are read, not counting markup and blanks. A text is read as a description
    unless another source is named."""
    words = words or lexicon()
    original = text[:SOURCE]
    flat = flattened(unmarked(original))
    if len(flat) > LONGEST and (read := _READ.match(flat)):
        flat = flat[: read.end()]
    if source is not None:
        flat = source.masked(flat)
    found = mentions(flat, words)
    if not found:
        return []
    stuffed = is_stuffed(flat, found)
    weight = weights() if source is None else source.weight
    named = [
        _suggestion(words.technologies[case.technology], case, sure, original, stuffed)
        for case in cases(found, words, stuffed, weight)
        if (sure := round(probability(case.signs, weight), 2)) >= least
    ]
    if len(named) > 1:
        named.sort(key=lambda s: (-s.confidence, s.start))
    return named


def suggest(text: str, words: Lexicon | None = None) -> list[Suggestion]:
    """The technologies that a text claims to develop, the surest first."""
    return readings(text, words, ENOUGH)


def is_but_keywords(text: str, words: Lexicon | None = None) -> bool:
    """Whether a text is but a list of keywords, which makes all that it names less sure."""
    return any(named.stuffed for named in readings(text, words))


def _suggestion(
    technology: Technology, case: Case, sure: float, original: str, stuffed: bool
) -> Suggestion:
    best = case.best
    reason = REASONS[best.role]
    role = Role.DEVELOPS if sure >= ENOUGH else ROLES.get(reason, Role.MENTIONS)
    places = {(m.start, m.end) for m in case.mentions if m.role == best.role}
    if best.cue:
        places.add(best.cue)
    return Suggestion(
        technology,
        sure,
        role,
        reason,
        best.start,
        best.end,
        original[best.start : best.end],
        tuple(sorted(places)),
        stuffed,
    )


def answer(line: str, number: int, words: Lexicon | None = None) -> str:
    """The answer to one line of a file of texts, both as JSON.

    Raises InputError `suggest.line` naming the line that is not `{"id": …, "text": …}`.
    """
    try:
        row = json.loads(line)
        text, row_id = row["text"], row["id"]
        if not isinstance(text, str):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("suggest.line", row=number) from error
    named = readings(text, words)
    found = [
        {
            "id": s.technology.id,
            "confidence": s.confidence,
            "evidence": s.evidence,
            "role": s.role.value,
            "reason": s.reason.value,
            "places": s.places,
            "stuffed": s.stuffed,
        }
        for s in named
        if s.confidence >= ENOUGH
    ]
    stuffed = any(s.stuffed for s in named)
    return json.dumps({"id": row_id, "technologies": found, "stuffed": stuffed}, ensure_ascii=False)
