"""Two people changed the same record: which fields differ, and who changed which (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """A field in both versions.

    `keep_theirs` when only the other person changed it; `merged` when one of the two did, so
    that there is nothing to choose. The `raw` texts are what the field itself would hold.
    """

    name: str
    theirs: str
    mine: str
    keep_theirs: bool
    merged: bool = False
    raw_theirs: str = ""
    raw_mine: str = ""

    @property
    def kept(self) -> str:
        """The version that is saved unless somebody chooses otherwise."""
        return "theirs" if self.keep_theirs else "mine"


def differences(
    mine: Mapping[str, str], theirs: Mapping[str, str], before: Mapping[str, str] | None
) -> list[Difference]:
    """Fields whose texts differ; `before` is what both began from, None when it is not known."""
    return [
        _difference(name, mine, theirs, before) for name in theirs if not same(name, mine, theirs)
    ]


def _difference(
    name: str, mine: Mapping[str, str], theirs: Mapping[str, str], before: Mapping[str, str] | None
) -> Difference:
    theirs_alone = before is not None and same(name, mine, before)
    mine_alone = before is not None and same(name, theirs, before)
    merged = theirs_alone or mine_alone
    texts = theirs[name], mine[name]
    return Difference(name, *texts, theirs_alone, merged, *texts)


def unanswered(asked: Iterable[str], sent: Mapping[str, str]) -> bool:
    """Whether a field that both changed was sent again without a choice between the two versions:
    what one of them wrote must not win because nobody looked."""
    return any(sent.get(f"keep-{name}") not in {"theirs", "mine"} for name in asked)


def same(name: str, one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two texts say the same: browsers send other line ends than were stored."""
    return one[name].split() == other[name].split()
