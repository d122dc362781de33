"""What is the same for all readers of a run, asked once, and what each of them may know of."""

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.digest.compose import FIRST, Cut
from portfolio.digest.readers import Menu
from portfolio.extensions import db
from portfolio.people import policy
from portfolio.people.models import User
from portfolio.pipeline import queries as pipeline
from portfolio.pipeline import sight_queries as sight
from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.models import Deal, DealMember

Answer = TypeVar("Answer")


class Own(NamedTuple):
    """A deal that somebody owns or works on: of which company, and whether they own it."""

    company_id: int | None
    owned: bool


class Shared:
    """The answers that serve more than one reader, for as long as a run is planned. What a person may
    know of is never among them but asked for each, and once more right before sending."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """What `ask` answers, asked the first time."""
        if key not in self._known:
            self._known[key] = ask()
        return cast(Answer, self._known[key])


@dataclass(frozen=True)
class Sight:
    """What a reader may know of: `every` deal that is not walled and the walled ones in `opened`, or
    those in `opened` alone; never those in `recused`. `companies` are all with None."""

    every: bool
    opened: frozenset[int]
    recused: frozenset[int]
    companies: frozenset[int] | None

    def sees(self, deal_id: int, walled: bool) -> bool:
        """Whether a deal that is not deleted is among them."""
        if deal_id in self.opened:
            return True
        return self.every and not walled and deal_id not in self.recused

    def knows(self, company_id: int) -> bool:
        """Whether a company that there is is among them."""
        return self.companies is None or company_id in self.companies


def sight_of(user: User) -> Sight:
    """What a reader may know of; two queries, or three for whoever sees but some."""
    everything = {policy.ALL, policy.ANY}
    every = bool(user.scopes("deal.read") & everything)
    # Of those who see every deal the second part are the walled ones that are open to them.
    seen = sight.visible_parts(user)[-1] if every else sight.visible(user)
    opened = frozenset(db.session.scalars(sa.select(Deal.id).where(seen)))
    known: frozenset[int] | None = None
    if policy.ALL not in user.scopes("company.read"):
        mine = sa.select(Company.id).where(companies.visible(user))
        known = frozenset(db.session.scalars(mine))
    return Sight(every, opened, frozenset(sight.recused_deals(user)), known)


def _own_deals(user: User) -> Mapping[int, Own]:
    team = sa.select(DealMember.deal_id).where(DealMember.user_id == user.id)
    mine = sa.or_(Deal.owner_id == user.id, Deal.id.in_(team))
    columns = (Deal.id, Deal.company_id, Deal.owner_id)
    rows = db.session.execute(sa.select(*columns).where(mine, sight.visible(user)))
    return {row.id: Own(row.company_id, row.owner_id == user.id) for row in rows}


@dataclass(frozen=True)
class Asked:
    """One digest: its reader, what that person may know of and reads, the time it is of, and which
    lines of each part are shown."""

    user: User
    menu: Menu
    period: str
    since: dt.datetime
    until: dt.datetime
    sight: Sight
    shared: Shared = field(compare=False)
    cut: Cut = FIRST

    @property
    def pipelines(self) -> Mapping[int, Pipeline]:
        """Every version of every pipeline."""
        return self.shared.once("pipelines", pipeline.pipelines)

    @property
    def own_deals(self) -> Mapping[int, Own]:
        """The deals that the reader owns or works on."""
        return self.shared.once(("own deals", self.user.id), lambda: _own_deals(self.user))
