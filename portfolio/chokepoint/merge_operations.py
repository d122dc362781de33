"""What of a merged company's tags goes over to the other one."""

import datetime as dt
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from portfolio.chokepoint.models import Tag, TagState
from portfolio.chokepoint.queries import tags_of
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies.merging import MINE, THEIRS, Choices, Difference
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.people.models import User
from portfolio.web.formatting import title_of


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """All tags; of two that stand for one technology the one that was chosen, else `_side`."""
    closed = []
    for mine, theirs in _two_of(survivor_id, merged_id):
        side = choices.others.get(_name(mine), _side(mine, theirs))
        closed.append(mine.id if side == THEIRS else theirs.id)
    ids = list(db.session.scalars(sa.select(Tag.id).where(Tag.company_id == merged_id)))
    images.update_where(Tag, Tag.id.in_(closed), {"superseded_at": now})
    images.update_where(Tag, Tag.company_id == merged_id, {"company_id": survivor_id})
    return {Tag.__tablename__: ids}


def differences(survivor_id: int, merged_id: int) -> list[Difference]:
    """The technologies of which the two do not say the same."""
    known = technology_titles()
    return [
        Difference(
            _name(mine),
            title_of(known[mine.technology]),
            _worded(mine),
            _worded(theirs),
            _side(mine, theirs),
        )
        for mine, theirs in _two_of(survivor_id, merged_id)
        if mine.technology in known and _worded(mine) != _worded(theirs)
    ]


def _two_of(survivor_id: int, merged_id: int) -> list[tuple[Tag, Tag]]:
    current = tags_of([merged_id, survivor_id])
    mine = {tag.technology: tag for tag in current.get(survivor_id, [])}
    theirs = current.get(merged_id, [])
    return [(mine[tag.technology], tag) for tag in theirs if tag.technology in mine]


def _name(tag: Tag) -> str:
    return f"tag-{tag.technology}"


def _side(mine: Tag, theirs: Tag) -> str:
    """What a person decided goes before what was suggested, the survivor's before the other's."""
    suggested = TagState.SUGGESTED.value
    return THEIRS if mine.state == suggested != theirs.state else MINE


def _worded(tag: Tag) -> str:
    state = title_of(TagState._value2member_map_[tag.state])
    return f"{state} {tag.level}" if tag.state == TagState.CONFIRMED.value else state


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many statements about technologies of a company stand."""
    return {Tag.__audit__: len(tags_of([company_id]).get(company_id, []))}
