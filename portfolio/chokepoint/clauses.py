"""What stands around a technology's name in its sentence: the verb that governs it, the head of its
compound, the verbs behind it (pure).

A sentence is cut into clauses at its commas. A verb inside an attribute ("应用于X的Y") is none of Y's;
what holds for one name of a list holds for all of them.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.scanning import Token

_COMMAS = re.compile(r"[,:](?![0-9]{3})")
_NAME = re.compile(r"[^,。、;的]{0,12}?(?:股份|有限|集团)")
_COMPANY = re.compile(r"股份|有限|集团")
_FOR_WHOM = re.compile(r"(?<![作成称认更华因名视以面务品营域是定即系向])[为向给](?!主)")
_WHOM = re.compile(r"[为向给]")
_GIVING = re.compile(
    r"(?:提供|供应|供货|开发|生产|制造)(?!商)|配套|服务|赋能|打造|定制|代工|加工|研发|研制|设计"
)
_MEANS = re.compile(r"系统|设备|装备|平台|仪|机器人|车辆|软件")
_PIECES = re.compile(r"部件|零件|配件")
LINKS = frozenset("、/和与及或+·-等的并以 &(")
ITEMS = frozenset("、/和与及或+·,(")
JOINS = frozenset("、/和与及并以 ")
AGAINST = frozenset({"use", "buy", "apply", "sell", "serve"})
ACTS = frozenset({"make", "sell", "serve"})
NEAR, FAR = 3, 48


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


UNGOVERNED = Before("", None, False)
_NONE: frozenset[str] = frozenset()


class Sentence:
    """One sentence with its words."""

    def __init__(
        self, flat: str, begin: int, end: int, part: Sequence[Token], lexicon: Lexicon
    ) -> None:
        self.flat, self.begin, self.end, self.part = flat, begin, end, part
        self.lexicon = lexicon
        self.companies = _COMPANY.search(flat, begin, end) is not None
        self.whom = _WHOM.search(flat, begin, end) is not None
        self.commas = [m.start() for m in _COMMAS.finditer(flat, begin, end)]

    def is_company(self, token: Token) -> bool:
        """Whether a word stands in the name of a company."""
        until = min(self.end, token.end + 24)
        return self.companies and _NAME.match(self.flat, token.end, until) is not None

    def clause(self, token: Token) -> tuple[int, int]:
        """Where the clause of a word begins and ends."""
        at = bisect_right(self.commas, token.start)
        start = self.commas[at - 1] + 1 if at else self.begin
        return start, self.commas[at] if at < len(self.commas) else self.end

    def opens(self, at: int, clause_start: int) -> bool:
        """Whether nothing but names and links stands before a name in its clause."""
        place = self.part[at].start
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            if other.end <= clause_start:
                break
            if not other.meanings or not LINKS.issuperset(self.flat[other.end : place]):
                return False
            place = other.start
        return place - clause_start <= 1

    def is_for_whom(self, token: Token, clause: tuple[int, int]) -> bool:
        """Whether the name stands for those that something is made for ("为X企业提供Y")."""
        if not self.whom or not _GIVING.search(self.flat, token.end, clause[1]):
            return False
        before = self.flat[clause[0] : token.start]
        whom = _FOR_WHOM.search(before)
        if whom is None or "的" in before[whom.end() :]:
            return False
        if any(other.start <= clause[0] + whom.start() < other.end for other in self.part):
            return False  # the character is a part of a word: "主营业务为"
        return not _GIVING.search(before, whom.end())

    def before(self, at: int, clause_start: int, marks: set[str]) -> Before:
        """The verb that governs the name, the nearest one before it; what else is seen on the way
        there goes into the marks."""
        token = self.part[at]
        found = UNGOVERNED
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            verb = other.word.verb
            if other.word.head == "service" and self._serves(other, token, clause_start):
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
            # "的" right behind the verb belongs to it; further on it ends what the verb governs.
            if verb in AGAINST and not crossed and "的" in self.flat[other.end + 1 : token.start]:
                continue
            if verb in {"sell", "serve"} and self._joined_to_make(back):
                verb = "make"
            if verb == "make" and back and self._takes_up(self.part[back - 1], other):
                marks.add("own-use")
            found = Before(verb, (other.start, other.end), crossed)
        return found

    def _serves(self, other: Token, token: Token, clause_start: int) -> bool:
        """Whether those are served whom the name stands for ("服务近百家X企业")."""
        if other.start < clause_start or self.flat[other.start : other.end] != "服务":
            return False
        return self.flat[other.end] not in LINKS and "的" not in self.flat[other.end : token.start]

    @staticmethod
    def _takes_up(use: Token, make: Token) -> bool:
        """Whether what is made is what is used itself ("采用自研外延炉")."""
        return use.word.verb in {"use", "buy"} and use.end == make.start

    def _joined_to_make(self, at: int) -> bool:
        """Whether a verb is joined to one of making ("研发、生产、销售X")."""
        start = self.part[at].start
        for back in range(at - 1, -1, -1):
            other = self.part[back]
            gap = self.flat[other.end : start]
            if len(gap) > 2 or not JOINS.issuperset(gap) or not other.word.verb:
                return False
            if other.word.verb == "make":
                return True
            start = other.start
        return False

    def behind(self, at: int, clause_end: int) -> Behind:
        """The head of the name's compound and the verbs behind it or behind its list."""
        token = self.part[at]
        place, limit = token.end, min(clause_end, token.end + FAR)
        head, pieces, cue = "", False, None
        verbs: set[str] = set()
        listed = tail = False
        for other in islice(self.part, at + 1, None):
            if other.start >= limit:
                break
            gap = self.flat[place : other.start]
            if gap:
                if not LINKS.issuperset(gap):
                    if verbs:
                        break
                    tail = tail or not (listed or self._may_follow(place))
                listed = listed or not ITEMS.isdisjoint(gap)
            word = other.word
            attached = not gap or gap in {"等", "的"}
            if other.meanings:
                if verbs:
                    break
                if not gap and not listed and not head and self._another(token, other):
                    head = "part"
            elif word.verb in {"basis", "apply", "buy"}:
                if not verbs:
                    verbs, cue = {word.verb}, (other.start, other.end)
                break
            elif word.verb in ACTS and (not word.head or not attached or gap == "的"):
                verbs.add(word.verb)
                cue = cue or (other.start, other.end)
            elif verbs:
                if word.head == "service" and not gap:
                    verbs = {"serve"}
                break
            elif word.head:
                near = word.head == "service" and len(gap) <= NEAR and ITEMS.isdisjoint(gap)
                if not head and (attached or near or word.head == "maker"):
                    head, pieces = self._head(other, gap, clause_end)
            elif word.verb:
                break
            place = other.end
        after = self.flat[token.end : token.end + 2]
        if not head and after[:1] == "商":
            head = "maker"
        elif after[:1] == "用" and after[1:] not in {"于", "来", "户", "途"}:
            head = "part"
        elif not tail and not (at + 1 < len(self.part) and self.part[at + 1].start == token.end):
            tail = place == token.end and self._runs_on(token.end, limit)
        return Behind(head, pieces, frozenset(verbs) if verbs else _NONE, cue, tail)

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
        return head, bool(_PIECES.search(text)) and not self._runs_on(other.end, clause_end)

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
        known, flat = self.lexicon.after, self.flat
        return flat[place : place + 1] in known or flat[place : place + 2] in known
