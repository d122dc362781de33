"""How a text is read: where it names technologies, and what it says is done with each (pure).

A sentence is cut into clauses at its commas. The verb that governs a name is the nearest one before
it, or the group of verbs right behind it ("X的研发、生产和销售"); the head of the compound decides what
the name stands for ("光刻胶涂布服务" is a service); a verb inside an attribute ("应用于X的Y") is none of
Y's; what holds for one name of a list holds for all of them.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from portfolio.chokepoint.lexicon import Lexicon, Meaning
from portfolio.chokepoint.scanning import Token, sentence_ends, tokens

_COMMAS = re.compile(r"[,:](?![0-9]{3})")
_TRADE = re.compile(r"(?:销售|制造|批发|零售|服务|维修|生产)(?=[、,;。(]|$)")
_NAME = re.compile(r"[^,。、;的]{0,12}?(?:股份|有限|集团)")
_COMPANY = re.compile(r"股份|有限|集团")
_FOR_WHOM = re.compile(r"(?<![作成称认更华因名视以])[为向给](?!主)")
_GIVING = re.compile(r"提供|供应|供货|配套|服务|赋能|打造|定制")
_MEANS = re.compile(r"系统|设备|装备|平台|仪|机器人|车辆|软件")
_PIECES = re.compile(r"部件|零件|配件")
LINKS = frozenset("、/和与及或+·-等的并以 &(")
ITEMS = frozenset("、/和与及或+·,(")
JOINS = frozenset("、/和与及并以 ")
AGAINST = frozenset({"use", "apply", "sell", "serve"})
ACTS = frozenset({"make", "sell", "serve"})
FAR = 48


class Mention(NamedTuple):
    """A technology's name where it stands, what the text says is done with it, the word that says
    so, and what else was seen around it; `clause` is where its clause begins."""

    meaning: Meaning
    start: int
    end: int
    clause: int
    role: str
    cue: tuple[int, int] | None
    marks: frozenset[str]


class Behind(NamedTuple):
    """What follows a name in its clause: the head of its compound (and whether of pieces), the
    verbs right behind, whether the name runs on into an unknown word."""

    head: str
    pieces: bool
    verbs: frozenset[str]
    cue: tuple[int, int] | None
    tail: bool


class Before(NamedTuple):
    """What precedes a name: the verb that governs it, where it stands, and over a comma or not."""

    verb: str
    cue: tuple[int, int] | None
    crossed: bool


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
            found.extend(_Sentence(flat, begin, end, part, lexicon, registered).read())
        at, begin = until, end
    if any("investor" in mention.marks for mention in found):
        found = [m._replace(marks=m.marks | {"investor"}) for m in found]
    return found


class _Sentence:
    """One sentence with its words."""

    def __init__(
        self,
        flat: str,
        begin: int,
        end: int,
        part: Sequence[Token],
        lexicon: Lexicon,
        registered: bool,
    ) -> None:
        self.flat, self.begin, self.end, self.part = flat, begin, end, part
        self.lexicon = lexicon
        self.named = _COMPANY.search(flat, begin, end) is not None
        self.commas = [m.start() for m in _COMMAS.finditer(flat, begin, end)]
        self.common = {token.word.sign for token in part if token.word.sign}
        if registered:
            self.common.add("registered")
        verbs = {token.word.verb for token in part if not token.meanings}
        if not verbs - {""}:
            self.common.add("verbless")
        elif "make" in verbs:
            self.common.add("making")

    def read(self) -> list[Mention]:
        found: list[Mention] = []
        for at, token in enumerate(self.part):
            meanings = self._meant(at)
            if not meanings:
                continue
            clause = self._clause(token)
            behind = self._behind(at, clause[1])
            role, cue, marks = self._role(at, clause, behind)
            found.extend(
                Mention(m, token.start, token.end, clause[0], role, cue, marks) for m in meanings
            )
            if role == "part" and behind.pieces:
                wholes = (self.lexicon.pieces.get(m.technology) for m in meanings)
                of = {piece for piece in wholes if piece}
                role, cue, marks = self._role(at, clause, behind._replace(head=""))
                found.extend(
                    Mention(
                        Meaning(p, False, ()), token.start, token.end, clause[0], role, cue, marks
                    )
                    for p in sorted(of)
                )
        return found

    def _meant(self, at: int) -> Sequence[Meaning]:
        """The technologies that a word stands for beside its neighbours: none, if it is but the
        head of a compound that the word before it names ("射频SoC芯片"); those alone that the word
        right behind it has too ("质子交换膜燃料电池膜电极")."""
        token = self.part[at]
        follows = at and self.part[at - 1].end == token.start and self.part[at - 1].meanings
        if follows and all(m.loose for m in token.meanings):
            return ()
        if at + 1 < len(self.part) and self.part[at + 1].start == token.end:
            other = {m.technology for m in self.part[at + 1].meanings if not m.loose}
            shared = tuple(m for m in token.meanings if m.technology in other)
            return shared or token.meanings
        return token.meanings

    def _clause(self, token: Token) -> tuple[int, int]:
        at = bisect_right(self.commas, token.start)
        start = self.commas[at - 1] + 1 if at else self.begin
        return start, self.commas[at] if at < len(self.commas) else self.end

    def _role(
        self, at: int, clause: tuple[int, int], behind: Behind
    ) -> tuple[str, tuple[int, int] | None, frozenset[str]]:
        token = self.part[at]
        marks = set(self.common)
        before = self._before(at, clause[0], marks)
        fresh = self._fresh(at, clause[0])
        if before.crossed and not fresh and before.verb in AGAINST:
            before = Before("", None, False)
        if fresh:
            marks.add("opens")
        if behind.tail:
            marks.add("tail")
        if behind.head:
            marks.add(f"head-{behind.head}")
        if self.named and _NAME.match(self.flat, token.end, min(self.end, token.end + 24)):
            marks.add("name")
        role, cue = self._decided(token, clause, before, behind)
        if before.crossed and cue == before.cue:
            marks.update(("crossed",) if fresh else ("crossed", "afar"))
        return role, cue, frozenset(marks)

    def _fresh(self, at: int, clause_start: int) -> bool:
        """Whether nothing but names and links stands before a name in its clause."""
        place = self.part[at].start
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            if other.end <= clause_start:
                break
            if not other.meanings or not set(self.flat[other.end : place]) <= LINKS:
                return False
            place = other.start
        return place - clause_start <= 1

    def _decided(
        self, token: Token, clause: tuple[int, int], before: Before, behind: Behind
    ) -> tuple[str, tuple[int, int] | None]:
        verb, cue, crossed = before
        if verb in {"invest", "not"}:
            return verb, cue
        if self._for_whom(token, clause):
            return "apply", cue
        near = verb if not crossed else ""
        if near in {"use", "apply"}:
            return verb, cue
        if behind.head in {"part", "service"}:
            return behind.head, None
        if behind.head == "field":
            return (near, cue) if near in {"focus", "offer"} else ("field", None)
        if "basis" in behind.verbs:
            return "use", behind.cue
        if "make" in behind.verbs:
            return "make", behind.cue
        if behind.verbs & {"sell", "serve"} and near != "make":
            return ("sell" if "sell" in behind.verbs else "serve"), behind.cue
        if behind.head == "maker" and near not in AGAINST:
            return "maker", None
        return verb or "bare", cue

    def _for_whom(self, token: Token, clause: tuple[int, int]) -> bool:
        """Whether the name stands for those that something is made for ("为X企业提供Y")."""
        if not _GIVING.search(self.flat, token.end, clause[1]):
            return False
        before = self.flat[clause[0] : token.start]
        whom = _FOR_WHOM.search(before)
        return whom is not None and not _GIVING.search(before, whom.end())

    def _before(self, at: int, clause_start: int, marks: set[str]) -> Before:
        token = self.part[at]
        found = Before("", None, False)
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            verb = other.word.verb
            if other.end == token.start and self.flat[other.start : other.end] == "服务":
                verb = "apply"
            if not verb or other.meanings:
                continue
            crossed = other.end <= clause_start
            if verb == "invest" or (verb == "not" and not crossed):
                return Before(verb, (other.start, other.end), crossed)
            if verb == "plan" and not crossed:
                marks.add("plan")
            if verb in {"plan", "not"} or found.verb:
                continue
            between = self.flat[other.end : token.start]
            if verb in AGAINST and not crossed and "的" in between[1:]:
                continue
            if verb in {"sell", "serve"} and self._joined_to_make(back):
                verb = "make"
            if verb == "make" and back and self._takes_up(self.part[back - 1], other):
                marks.add("own-use")
            found = Before(verb, (other.start, other.end), crossed)
        return found

    @staticmethod
    def _takes_up(use: Token, make: Token) -> bool:
        """Whether what is made is what is used itself ("采用自研外延炉")."""
        return use.word.verb == "use" and use.end == make.start

    def _joined_to_make(self, at: int) -> bool:
        """Whether a verb is joined to one of making ("研发、生产、销售X")."""
        start = self.part[at].start
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            gap = self.flat[other.end : start]
            if len(gap) > 2 or not set(gap) <= JOINS or not other.word.verb:
                return False
            if other.word.verb == "make":
                return True
            start = other.start
        return False

    def _behind(self, at: int, clause_end: int) -> Behind:
        token = self.part[at]
        place, limit = token.end, min(clause_end, token.end + FAR)
        head, pieces, cue = "", False, None
        verbs: set[str] = set()
        listed = tail = False
        for other in islice(self.part, at + 1, None):
            if other.start >= limit:
                break
            gap = self.flat[place : other.start]
            if not set(gap) <= LINKS:
                if verbs:
                    break
                tail = tail or not (listed or self._may_follow(place))
            listed = listed or bool(set(gap) & ITEMS)
            word = other.word
            attached = not gap or gap in {"等", "的"}
            if other.meanings:
                if verbs:
                    break
                if not gap and not listed and not head and self._another(token, other):
                    head = "part"
            elif word.verb == "basis":
                if not verbs:
                    verbs, cue = {"basis"}, (other.start, other.end)
                break
            elif word.verb in ACTS and (not word.head or not attached or gap == "的"):
                verbs.add(word.verb)
                cue = cue or (other.start, other.end)
            elif verbs:
                if word.head == "service" and not gap:
                    verbs = {"serve"}
                break
            elif word.head:
                if not head and (attached or word.head == "maker"):
                    head, pieces = self._head(other, gap, clause_end)
            elif word.verb:
                break
            place = other.end
        if not head and self.flat[token.end : token.end + 1] == "商":
            head = "maker"
        elif not tail and not any(other.start == token.end for other in self.part[at + 1 : at + 2]):
            tail = place == token.end and self._runs_on(token.end, limit)
        return Behind(head, pieces, frozenset(verbs), cue, tail)

    def _head(self, other: Token, gap: str, clause_end: int) -> tuple[str, bool]:
        """What a head of compounds comes to where it stands, and whether it is of pieces."""
        head = other.word.head
        text = self.flat[other.start : other.end]
        if head == "service" and _MEANS.match(self.flat, other.end):
            return "", False
        if head == "same" or (head == "part" and gap == "等"):
            return "", False
        if head == "maker" and self.flat[other.end : other.end + 1] == "的":
            return ("field", False) if other.end < clause_end else ("maker", False)
        return head, bool(_PIECES.search(text))

    @staticmethod
    def _another(token: Token, other: Token) -> bool:
        """Whether a name right behind another is the head that makes it a different thing."""
        mine = {m.technology for m in token.meanings}
        return not any(m.loose or m.technology in mine for m in other.meanings)

    def _runs_on(self, end: int, limit: int) -> bool:
        """Whether a name runs on into a word that nobody knows."""
        after = self.flat[end] if end < limit else ","
        return after.isalpha() and not after.isascii() and not self._may_follow(end)

    def _may_follow(self, place: int) -> bool:
        """Whether what stands here leaves the name before it what it is."""
        known = self.lexicon.after
        return any(self.flat[place : place + length] in known for length in (1, 2))
