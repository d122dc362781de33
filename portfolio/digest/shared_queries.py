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


def sight_of(*eyes: User) -> Sight:
    """What a reader may know of, or all of several people; two queries of one, or three where somebody
    sees but some."""
    everything = {policy.ALL, policy.ANY}
    every = all(user.scopes("deal.read") & everything for user in eyes)
    # Of those who see every deal the second part are the walled ones that are open to them.
    seen = [sight.visible_parts(u)[-1] if every else sight.visible(u) for u in eyes]
    opened = frozenset(db.session.scalars(sa.select(Deal.id).where(*seen)))
    known: frozenset[int] | None = None
    if few := [user for user in eyes if policy.ALL not in user.scopes("company.read")]:
        theirs = sa.select(Company.id).where(*map(companies.visible, few))
        known = frozenset(db.session.scalars(theirs))
    recused = frozenset().union(*map(sight.recused_deals, eyes))
    return Sight(every, opened, recused, known)


def _own_deals(user: User) -> Mapping[int, Own]:
    team = sa.select(DealMember.deal_id).where(DealMember.user_id == user.id)
    mine = sa.or_(Deal.owner_id == user.id, Deal.id.in_(team))
    columns = (Deal.id, Deal.company_id, Deal.owner_id)
    rows = db.session.execute(sa.select(*columns).where(mine, sight.visible(user)))
    return {row.id: Own(row.company_id, row.owner_id == user.id) for row in rows}


@dataclass(frozen=True)
class Asked:
    """One digest: its reader, what that person may know of and reads, the time it is of, and which
    lines of each part are shown. A `viewer` who is shown what the reader would get is told of nothing,
    and nothing is counted, that is not open to both."""

    user: User
    menu: Menu
    period: str
    since: dt.datetime
    until: dt.datetime
    sight: Sight
    shared: Shared = field(compare=False)
    cut: Cut = FIRST
    viewer: User | None = None

    @property
    def eyes(self) -> tuple[User, ...]:
        """The reader, and who else looks."""
        return (self.user,) if self.viewer is None else (self.user, self.viewer)

    def all_of(self, ask: Callable[[User, set[int]], set[int]], ids: set[int]) -> set[int]:
        """Of some ids those that `ask` answers for each of them."""
        for user in self.eyes:
            ids = ask(user, ids)
        return ids

    @property
    def counted_for(self) -> User:
        """Whose own counts are told where there is but one person's: the viewer's, who may not know
        of all that the reader does."""
        if self.viewer is None or self.sight == sight_of(self.user):
            return self.user
        return self.viewer

    @property
    def pipelines(self) -> Mapping[int, Pipeline]:
        """Every version of every pipeline."""
        return self.shared.once("pipelines", pipeline.pipelines)

    @property
    def own_deals(self) -> Mapping[int, Own]:
        """The deals that the reader owns or works on."""
        return self.shared.once(("own deals", self.user.id), lambda: _own_deals(self.user))
