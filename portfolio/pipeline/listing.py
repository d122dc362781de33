"""What a list of deals is filtered and sorted by, as read from the address (pure)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portfolio.kernel.numbers import short_number

SORTS = (
    *("updated", "name", "amount", "entered", "created"),
    *("stage", "days", "round", "owner", "next"),
)
DEFAULT_SORT = "-updated"


@dataclass(frozen=True)
class DealListing:
    """The conditions of a list; empty ones do not filter."""

    text: str = ""
    pipeline: str = ""
    stages: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    owners: tuple[int, ...] = ()
    sort: str = DEFAULT_SORT
    extra: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def filtered(self) -> bool:
        """Whether any condition narrows the list."""
        return bool(
            self.text or self.pipeline or self.stages or self.statuses or self.owners or self.extra
        )


def read_deal_listing(
    arguments: Mapping[str, Sequence[str]], extra_keys: Sequence[str] = ()
) -> DealListing:
    """The conditions that the query arguments stand for."""

    def values(name: str) -> tuple[str, ...]:
        return tuple(v.strip() for v in arguments.get(name, ()) if v.strip())

    sort = next(iter(values("sort")), DEFAULT_SORT)
    owners = tuple(n for v in values("owner") if (n := short_number(v)) is not None)
    return DealListing(
        text=" ".join(values("q"))[:100],
        pipeline=next(iter(values("pipeline")), ""),
        stages=values("stage"),
        statuses=values("status"),
        owners=owners,
        sort=sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
        extra=tuple((key, values(key)) for key in extra_keys if values(key)),
    )
