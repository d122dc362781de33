"""How a text is read: where it names technologies, and what it says is done with each (pure).

The verb that governs a name is the nearest one before it, or the group of verbs right behind it
("X的研发、生产和销售"); the head of the compound decides what the name stands for ("光刻胶涂布服务" is a
service).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from portfolio.chokepoint.clauses import AGAINST, UNGOVERNED, Before, Behind, Sentence
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
        until, named = at, False
        while until < len(every) and every[until].start < end:
            named = named or bool(every[until].meanings)
            until += 1
        if named:
            found += _read(Sentence(flat, begin, end, every[at:until], lexicon), registered)
        at, begin = until, end
    whole = {mark for mark in OF_THE_TEXT for mention in found if mark in mention.marks}
    if whole:
        found = [m._replace(marks=m.marks | whole) for m in found]
    return found


def _read(sentence: Sentence, registered: bool) -> list[Mention]:
    common = _common(sentence.part)
    if registered:
        common.add("registered")
    found: list[Mention] = []
    for at, token in enumerate(sentence.part):
        meanings = _meant(sentence.part, at) if token.meanings else ()
        if not meanings:
            continue
        clause = sentence.clause(token)
        behind = sentence.behind(at, clause[1])
        found += _mentions(sentence, at, clause, behind, common, meanings)
        if behind.head == "part" and behind.pieces:
            wholes = (sentence.lexicon.pieces.get(m.technology, "") for m in meanings)
            pieces = [Meaning(piece, False, ()) for piece in sorted({*wholes} - {""})]
            whole = behind._replace(head="")
            found += _mentions(sentence, at, clause, whole, common, pieces)
    return found


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
) -> list[Mention]:
    token = sentence.part[at]
    marks = set(common)
    before = sentence.before(at, clause[0], marks)
    opens = sentence.opens(at, clause[0])
    if before.crossed and not opens and before.verb in AGAINST:
        before = UNGOVERNED
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
    seen = frozenset(marks)
    return [Mention(m, token.start, token.end, role, cue, seen) for m in meanings]


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
    if behind.verbs:
        for kind in ("basis", "buy", "make"):
            if kind in behind.verbs:
                return kind, behind.cue
        if near != "make":
            for kind in ("sell", "serve"):
                if kind in behind.verbs:
                    return kind, behind.cue
    if behind.head == "maker" and near not in AGAINST:
        return "maker", None
    if not verb and "apply" in behind.verbs:
        return "subject", behind.cue
    return verb or "bare", cue
