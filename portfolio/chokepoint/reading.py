"""How a text is read: where it names technologies, and what it says is done with each (pure).

The verb that governs a name is the nearest one before it, or the group of verbs right behind it
("X的研发、生产和销售"); the head of the compound decides what the name stands for ("光刻胶涂布服务" is a
service).
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from portfolio.chokepoint.clauses import AGAINST, Before, Behind, Sentence
from portfolio.chokepoint.lexicon import Lexicon, Meaning
from portfolio.chokepoint.scanning import Token, sentence_ends, tokens

_TRADE = re.compile(r"(?:销售|制造|批发|零售|服务|维修|生产)(?=[、,;。(]|$)")
_DENIED = re.compile(r"\bnot (?:\w+ )?make\b")
Place = tuple[int, int]
OF_THE_TEXT = frozenset({"investor", "third"})


class Mention(NamedTuple):
    """A technology's name where it stands, what the text says is done with it, the word that says
    so, and what else was seen around it."""

    meaning: Meaning
    start: int
    end: int
    role: str
    cue: tuple[int, int] | None
    marks: frozenset[str]


def mentions(flat: str, lexicon: Lexicon) -> list[Mention]:
    """Every technology that a flattened text names, in the text's order."""
    ends = sentence_ends(flat)
    registered = any(m in flat for m in lexicon.markers) or len(_TRADE.findall(flat)) > 4
    every = tokens(flat, lexicon, ends, registered)
    found: list[Mention] = []
    at = begin = 0
    for end in (*ends, len(flat)):
        until = at
        while until < len(every) and every[until].start < end:
            until += 1
        part = every[at:until]
        if any(token.meanings for token in part):
            found.extend(_read(Sentence(flat, begin, end, part, lexicon), registered))
        at, begin = until, end
    whole = {mark for mention in found for mark in mention.marks & OF_THE_TEXT}
    if whole:
        found = [m._replace(marks=m.marks | whole) for m in found]
    return found


def _read(sentence: Sentence, registered: bool) -> Iterator[Mention]:
    common = _common(sentence.part)
    if registered:
        common.add("registered")
    for at, token in enumerate(sentence.part):
        meanings = _meant(sentence.part, at)
        if not meanings:
            continue
        clause = sentence.clause(token)
        behind = sentence.behind(at, clause[1])
        yield from _mentions(sentence, at, clause, behind, common, meanings)
        if behind.head == "part" and behind.pieces:
            wholes = (sentence.lexicon.pieces.get(m.technology, "") for m in meanings)
            pieces = [Meaning(piece, False, ()) for piece in sorted({*wholes} - {""})]
            whole = behind._replace(head="")
            yield from _mentions(sentence, at, clause, whole, common, pieces)


def _common(part: Sequence[Token]) -> set[str]:
    """What is seen of a sentence as a whole: signs, and whether it has verbs, one of making, or
    one that is denied."""
    found = {token.word.sign for token in part if token.word.sign}
    acts = [token for token in part if token.word.verb and not token.meanings]
    verbs = {token.word.verb for token in acts}
    if not verbs:
        found.add("verbless")
    elif "not" in verbs and _DENIED.search(" ".join(token.word.verb for token in acts)):
        found.add("denied")
    elif "make" in verbs:
        found.add("making")
    return found


def _meant(part: Sequence[Token], at: int) -> Sequence[Meaning]:
    """The technologies that a word stands for beside its neighbours: none, if it is but the head of
    a compound that the word before it names ("射频SoC芯片"); those alone that the word right behind
    it has too ("质子交换膜燃料电池膜电极")."""
    token = part[at]
    if not token.meanings:
        return ()
    follows = at and part[at - 1].end == token.start and part[at - 1].meanings
    if follows and all(m.loose for m in token.meanings):
        return ()
    if at + 1 < len(part) and part[at + 1].start == token.end:
        other = {m.technology for m in part[at + 1].meanings if not m.loose}
        return tuple(m for m in token.meanings if m.technology in other) or token.meanings
    return token.meanings


def _mentions(
    sentence: Sentence,
    at: int,
    clause: Place,
    behind: Behind,
    common: set[str],
    meanings: Sequence[Meaning],
) -> Iterator[Mention]:
    token = sentence.part[at]
    marks = set(common)
    before = sentence.before(at, clause[0], marks)
    opens = sentence.opens(at, clause[0])
    if before.crossed and not opens and before.verb in AGAINST:
        before = Before("", None, False)
    role, cue = _role(sentence, token, clause, before, behind)
    if before.crossed and cue == before.cue:
        marks.update(("crossed",) if opens else ("crossed", "afar"))
    if opens:
        marks.add("opens")
    if behind.tail:
        marks.add("tail")
    if behind.head:
        marks.add(f"head-{behind.head}")
    if sentence.is_company(token):
        marks.add("name")
    for meaning in meanings:
        yield Mention(meaning, token.start, token.end, role, cue, frozenset(marks))


def _role(
    sentence: Sentence, token: Token, clause: Place, before: Before, behind: Behind
) -> tuple[str, Place | None]:
    """What is said to be done, and the word that says so."""
    verb, cue, crossed = before
    if verb in {"invest", "not"}:
        return verb, cue
    if sentence.is_for_whom(token, clause):
        return "apply", cue
    near = verb if not crossed else ""
    if near in {"use", "buy", "apply"}:
        return verb, cue
    if behind.head in {"part", "service"}:
        return behind.head, None
    if behind.head == "field":
        return (near, cue) if near in {"focus", "offer"} else ("field", None)
    for kind in ("basis", "buy"):
        if kind in behind.verbs:
            return kind, behind.cue
    if "make" in behind.verbs:
        return "make", behind.cue
    if behind.verbs & {"sell", "serve"} and near != "make":
        return ("sell" if "sell" in behind.verbs else "serve"), behind.cue
    if behind.head == "maker" and near not in AGAINST:
        return "maker", None
    if not verb and "apply" in behind.verbs:
        return "subject", behind.cue
    return verb or "bare", cue
