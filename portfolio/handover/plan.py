"""What a hand-over moves and to whom, as shown before it is confirmed (pure)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Door:
    """By what right somebody hands over: it is their own, they manage accounts, or are a partner."""

    own: bool
    manages: bool
    partner: bool

    @property
    def open(self) -> bool:
        """Whether there is any right at all."""
        return self.own or self.manages or self.partner

    @property
    def closes(self) -> bool:
        """Whether the account may be closed with it: never one's own."""
        return self.manages and not self.own


@dataclass(frozen=True)
class Item:
    """A deal that moves; its name is empty for those who may not read deals. `owned` tells the
    owner's place from a place on the team."""

    deal_id: int
    code: str
    name: str
    owned: bool
    ended: bool
    walled: bool
    tasks: int


@dataclass(frozen=True)
class Plan:
    """What moves: places in deals, open tasks, and whether digests are subscribed to."""

    items: Sequence[Item]
    task_ids: Sequence[int]
    subscribed: bool

    @property
    def owned(self) -> list[Item]:
        """The deals that get another owner, the open ones first."""
        return sorted((i for i in self.items if i.owned), key=lambda i: (i.ended, i.deal_id))

    @property
    def places(self) -> list[Item]:
        """The deals in whose team another person takes the place."""
        return [i for i in self.items if not i.owned]

    @property
    def empty(self) -> bool:
        """Whether there is nothing that needs a successor."""
        return not self.items and not self.task_ids

    @property
    def mark(self) -> str:
        """Changes when what moves does, so that nobody confirms what they have not seen."""
        told = [*sorted((i.deal_id, i.owned) for i in self.items), *sorted(self.task_ids)]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Choice:
    """Who takes over: one person, and others for single deals."""

    successor_id: int | None = None
    by_deal: Mapping[int, int] = field(default_factory=dict)
    end_digests: bool = False
    close: bool = False

    def successor_of(self, deal_id: int | None) -> int | None:
        """Who takes over a deal, or what hangs on no deal (None)."""
        return self.by_deal.get(deal_id or 0, self.successor_id)

    def chosen(self, items: Iterable[Item]) -> set[int]:
        """Everybody who takes something over."""
        found = {self.successor_id, *(self.successor_of(item.deal_id) for item in items)}
        return {person for person in found if person is not None}
