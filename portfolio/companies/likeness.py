"""By what two companies are likely one: the keys of each, and why two of them meet (pure)."""

from collections.abc import Iterable, Mapping
from itertools import product

from portfolio.companies.name_parts import without_city_mark
from portfolio.kernel.text import folded, without_legal_form
from portfolio.kernel.titles import TitledEnum
from portfolio.kernel.tokens import sound

Key = tuple[str, str]
SHORTEST_NAME = 2
SHORTEST_SOUND = 4


class Reason(TitledEnum):
    """Why two companies are likely one, the strongest reason first."""

    USCC = "uscc", "信用代码相同", "Same credit code"
    NAME = (
        "name",
        "名称相同（不计组织形式和交易所标记）",
        "Same name but for the legal form or a mark of the exchange",
    )
    FORMER = "former", "与曾用名相同", "Same as a former name"
    SOUND = "sound", "读音相同", "Same sound"


# The kinds of keys, and for what reason one of them meets another with the same value.
MEETINGS: Mapping[tuple[str, str], Reason] = {
    ("uscc", "uscc"): Reason.USCC,
    ("name", "name"): Reason.NAME,
    ("name", "former"): Reason.FORMER,
    ("former", "name"): Reason.FORMER,
    ("former", "former"): Reason.FORMER,
    ("sound", "sound"): Reason.SOUND,
}
MET_BY = {kind: [other for own, other in MEETINGS if own == kind] for kind, _ in MEETINGS}
STRENGTH = {reason: place for place, reason in enumerate(Reason)}


def keys_of(name: str, uscc: str | None = None, others: Iterable[str] = ()) -> frozenset[Key]:
    """The (kind, value) pairs of a company: its credit code, its name without the legal form and
    without the 市 behind its city, the sound of that, and its former and other names likewise.
    What is too short to tell is left out.
    """
    found: set[Key] = set()
    if code := folded(uscc or "").upper():
        found.add(("uscc", code))
    bare = _told_by(name)
    if len(bare) >= SHORTEST_NAME:
        found.add(("name", bare))
        spoken = sound(bare)
        if len(spoken) >= SHORTEST_SOUND:
            found.add(("sound", spoken))
    for other in map(_told_by, others):
        if len(other) >= SHORTEST_NAME and other != bare:
            found.add(("former", other))
    return frozenset(found)


def _told_by(name: str) -> str:
    return without_city_mark(without_legal_form(name))


def meeting(key: Key) -> list[Key]:
    """The keys of another company that this one meets."""
    kind, value = key
    return [(other, value) for other in MET_BY[kind]]


def reason(one: Iterable[Key], other: Iterable[Key]) -> Reason | None:
    """The strongest reason for which two companies with these keys are likely one."""
    met = [
        MEETINGS[(a[0], b[0])]
        for a, b in product(one, other)
        if a[1] == b[1] and (a[0], b[0]) in MEETINGS
    ]
    return min(met, key=STRENGTH.__getitem__, default=None)


def pairs(
    fresh: Mapping[str, Iterable[Key]], holders: Mapping[Key, Iterable[str]]
) -> dict[tuple[str, str], Reason]:
    """The pairs of labels that are likely one company, each with the strongest reason.

    `fresh` holds the keys of those that are looked at, `holders` who has a key, by its label.
    """
    found: dict[tuple[str, str], Reason] = {}
    for label, keys in fresh.items():
        for key in sorted(keys):
            for met in meeting(key):
                for other in holders.get(met, ()):
                    if other == label:
                        continue
                    pair = (label, other) if label < other else (other, label)
                    why = MEETINGS[(key[0], met[0])]
                    known = found.get(pair)
                    if known is None or STRENGTH[why] < STRENGTH[known]:
                        found[pair] = why
    return found
