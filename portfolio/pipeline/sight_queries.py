"""Which deals a person may see and what they may do with them: the one condition and its forms."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from portfolio.companies.models import Activity, Company, Document, Task
from portfolio.extensions import UtcDateTime, db, remembered
from portfolio.kernel.parts import in_parts
from portfolio.people import policy
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.models import (
    Deal,
    DealDetachment,
    DealGrant,
    DealMember,
    GrantKind,
)
from portfolio.pipeline.recusal_queries import recused_from

# Conditions hold no answer of the database and ask the time when they are executed, so one built
# for a person serves every later page: building them was a large part of a list's cost.
_MOMENT = sa.bindparam(
    "moment", callable_=lambda: dt.datetime.now(dt.UTC), type_=UtcDateTime(), unique=True
)


def _team_of(user_id: int) -> sa.Select[int]:
    return sa.select(DealMember.deal_id).where(DealMember.user_id == user_id)


@lru_cache(maxsize=1024)
def _granted(user_id: int, kind: GrantKind) -> sa.Select[int]:
    query = sa.select(DealGrant.deal_id).where(
        DealGrant.user_id == user_id, DealGrant.kind == kind.value
    )
    return query.where(sa.or_(DealGrant.until.is_(None), DealGrant.until > _MOMENT))


def _opened(user_id: int) -> sa.ColumnElement[bool]:
    """The condition that the wall of a deal does not hold for a person."""
    member = sa.exists().where(DealMember.deal_id == Deal.id, DealMember.user_id == user_id)
    return sa.or_(member, Deal.id.in_(_granted(user_id, GrantKind.OPENED)))


def recused_deals(user: User) -> tuple[int, ...]:
    """The deals a person is recused of, as plain numbers: there are few of them or none, and a
    condition on few numbers costs nothing on a hundred thousand rows."""
    return remembered(
        ("pipeline.recused", user.id),
        lambda: tuple(db.session.scalars(_granted(user.id, GrantKind.RECUSED))),
    )


def visible_parts(
    user: User, permission: str = "deal.read", deleted: bool = False
) -> Sequence[sa.ColumnElement[bool]]:
    """Conditions that exclude each other and together are `visible`.

    Each can be counted along an index; their disjunction cannot. Deleted deals are in none of
    them; `deleted` asks for those alone, which is for the bin.
    """
    held = user.scopes(permission)
    if not held:
        return [sa.false()]
    return _parts(user.id, frozenset(held), deleted, recused_deals(user))


@lru_cache(maxsize=1024)
def _parts(
    user_id: int, held: frozenset[str], deleted: bool, recused: tuple[int, ...]
) -> Sequence[sa.ColumnElement[bool]]:
    there = Deal.deleted_at.is_not(None) if deleted else Deal.deleted_at.is_(None)
    reached: list[sa.ColumnElement[bool]] = []
    if not held & {policy.ALL, policy.ANY}:
        kinds = [_granted(user_id, GrantKind.AGENDA)] if policy.AGENDA in held else []
        kinds += [_team_of(user_id)] if policy.TEAM in held else []
        reached = [sa.or_(*(Deal.id.in_(kind) for kind in kinds))]
    if recused:
        reached.append(Deal.id.not_in(recused))
    reached.append(there)
    return (
        sa.and_(Deal.walled.is_(False), *reached),
        sa.and_(Deal.walled, _opened(user_id), *reached),
    )


def visible(user: User, permission: str = "deal.read") -> sa.ColumnElement[bool]:
    """The condition under which this person holds the permission over a deal.

    The SQL form of `policy.allows`; a test holds both together.
    """
    return either(visible_parts(user, permission))


def either(parts: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[bool]:
    """One condition of the parts: of what is open to all, and of the walled deals."""
    if len(parts) == 1:
        return parts[0]
    # A case, not a disjunction: for that one SQLite leaves the order's index and sorts every row.
    return sa.case((Deal.walled, parts[1]), else_=parts[0])


def count_of_visible(user: User) -> int | None:
    """How many deals this person sees, none of them looked at: all, less those that are walled,
    deleted or closed to the person, which are few. None where the person sees but a part."""
    if not user.scopes("deal.read") & {policy.ALL, policy.ANY}:
        return None
    return db.session.scalar(_count_of_visible(user.id))


@lru_cache(maxsize=1024)
def _count_of_visible(user_id: int) -> sa.Select[int]:
    hidden = sa.union(
        sa.select(Deal.id).where(Deal.walled, sa.not_(_opened(user_id))),
        sa.select(Deal.id).where(Deal.deleted_at.is_not(None)),
        _granted(user_id, GrantKind.RECUSED),
    ).subquery()
    all_of_them = sa.select(sa.func.count()).select_from(Deal).scalar_subquery()
    these = sa.select(sa.func.count()).select_from(hidden).scalar_subquery()
    return sa.select(all_of_them - these)


def relation(user: User, deal: Deal) -> policy.Relation:
    """How a person stands to a deal."""
    now = dt.datetime.now(dt.UTC)
    grants = set(
        db.session.scalars(
            sa.select(DealGrant.kind).where(
                DealGrant.user_id == user.id,
                DealGrant.deal_id == deal.id,
                sa.or_(DealGrant.until.is_(None), DealGrant.until > now),
            )
        )
    )
    on_team = db.session.scalar(
        sa.select(sa.exists().where(DealMember.deal_id == deal.id, DealMember.user_id == user.id))
    )
    return policy.Relation(
        team=bool(on_team),
        agenda=GrantKind.AGENDA.value in grants,
        recused=GrantKind.RECUSED.value in grants,
        opened=GrantKind.OPENED.value in grants,
        walled=deal.walled,
        deleted=deal.deleted_at is not None,
    )


def opened_until(user: User, deal: Deal) -> dt.datetime | None:
    """Until when a confidential deal is open to a person who broke the glass."""
    now = dt.datetime.now(dt.UTC)
    return db.session.scalar(
        sa.select(DealGrant.until).where(
            DealGrant.user_id == user.id,
            DealGrant.deal_id == deal.id,
            DealGrant.kind == GrantKind.OPENED.value,
            DealGrant.until > now,
        )
    )


def may(user: User, permission: str, deal: Deal) -> bool:
    """Whether this person holds the permission over this deal."""
    return user.may(permission, relation(user, deal))


def assignable(deal: Deal) -> dict[int, str]:
    """Who may be given a task about a deal, by name: of a confidential one its team alone, and
    nobody who is recused, since they would never see the task."""
    barred = recused_from(deal.id)
    readers = people.active_names_with("deal.read")
    readers = {user_id: name for user_id, name in readers.items() if user_id not in barred}
    if not deal.walled:
        return readers
    team = {member.user_id for member in deal.members}
    return {user_id: name for user_id, name in readers.items() if user_id in team}


def get_visible(user: User, deal_id: int, permission: str = "deal.read") -> Deal | None:
    """The deal with what its page shows, unless it does not exist for this person."""
    return db.session.scalar(
        sa.select(Deal)
        .where(Deal.id == deal_id, visible(user, permission))
        .options(
            joinedload(Deal.company),
            joinedload(Deal.owner),
            joinedload(Deal.pipeline),
            joinedload(Deal.vehicle),
            joinedload(Deal.target_vehicle),
        )
    )


def ids_with(user: User, permission: str, deal_ids: Iterable[int]) -> set[int]:
    """Which of these deals the person holds the permission over: one query for a whole page."""
    return set(
        db.session.scalars(
            sa.select(Deal.id).where(Deal.id.in_(list(deal_ids)), visible(user, permission))
        )
    )


def among_seen(user: User, permission: str, deal_ids: Iterable[int]) -> set[int]:
    """Of deals that this person sees, those over which they hold the permission too."""
    held = user.scopes(permission)
    if not held:
        return set()
    if held >= user.scopes("deal.read"):
        return set(deal_ids)
    return ids_with(user, permission, deal_ids)


def readable_deals(user: User, deal_ids: Iterable[int]) -> dict[int, bool]:
    """For each of these deals that the person may know of, whether they may read its terms."""
    wanted = list(deal_ids)
    seen = ids_with(user, "deal.read", wanted)
    terms = ids_with(user, "deal.terms", wanted)
    return {deal_id: deal_id in terms for deal_id in seen}


def known_ids(user: User) -> sa.Select[int]:
    """The deals that this person may know of."""
    return sa.select(Deal.id).where(visible(user))


def unknown_codes(user: User, codes: Iterable[str]) -> set[str]:
    """Which of these are codes of deals that this person may not know of, in the bin or not."""
    return _unknown(user, Deal.code, {code for code in codes if code})


def unknown_ids(user: User, deal_ids: Iterable[int]) -> set[int]:
    """Which of these deals this person may not know of, in the bin or not."""
    return _unknown(user, Deal.id, set(deal_ids))


def _unknown(user: User, column: Any, values: Collection[Any]) -> set[Any]:
    seen = sa.or_(*visible_parts(user), *visible_parts(user, deleted=True))
    found: set[Any] = set()
    for part in in_parts(values):
        found.update(db.session.scalars(sa.select(column).where(sa.not_(seen), column.in_(part))))
    return found


def companies_on_agenda(user: User) -> sa.ColumnElement[bool]:
    """The scope `agenda` over companies: those of deals on the person's own agendas."""
    return Company.id.in_(
        sa.select(Deal.company_id).where(
            Deal.company_id.is_not(None),
            Deal.id.in_(_granted(user.id, GrantKind.AGENDA)),
            visible(user),
        )
    )


def companies_of_team(user: User) -> sa.ColumnElement[bool]:
    """The scope `team` over companies: those of the person's own and team's deals."""
    return Company.id.in_(
        sa.select(Deal.company_id).where(
            Deal.company_id.is_not(None), Deal.id.in_(_team_of(user.id)), visible(user)
        )
    )


def companies_recused(user: User) -> sa.CompoundSelect[int]:
    """Companies of deals that the person is recused of, those too that these deals lost."""
    granted = _granted(user.id, GrantKind.RECUSED)
    return sa.union(
        sa.select(Deal.company_id).where(Deal.company_id.is_not(None), Deal.id.in_(granted)),
        sa.select(DealDetachment.former_number).where(DealDetachment.deal_id.in_(granted)),
    )


def visible_tied(user: User, model: type[Activity | Document | Task]) -> sa.ColumnElement[bool]:
    """Rows tied to no deal, or to a deal this person may see."""
    return sa.or_(
        model.deal_id.is_(None), model.deal_id.in_(sa.select(Deal.id).where(visible(user)))
    )
