"""What a list of companies is filtered and sorted by, as read from the address (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SORTS = ("name", "founded", "revenue", "updated", "created")
DEFAULT_SORT = "-updated"


@dataclass(frozen=True)
class Listing:
    """The conditions of a list; empty ones do not filter. `extra` holds those of other slices."""

    text: str = ""
    places: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    sort: str = DEFAULT_SORT
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether any condition narrows the list."""
        return bool(self.text or self.places or self.industries or self.sources or self.extra)


def read_listing(arguments: Mapping[str, Sequence[str]], extra_keys: Sequence[str]) -> Listing:
    """The conditions that the query arguments stand for; an unknown sort is the default one."""

    def values(name: str) -> tuple[str, ...]:
        return tuple(v.strip() for v in arguments.get(name, ()) if v.strip())

    sort = next(iter(values("sort")), DEFAULT_SORT)
    extra = tuple((key, values(key)) for key in extra_keys if values(key))
    return Listing(
        text=" ".join(values("q"))[:100],
        places=values("place"),
        industries=values("industry"),
        sources=values("source"),
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        extra=extra,
    )
