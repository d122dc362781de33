"""What of a merged company's tags goes over to the other one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from portfolio.chokepoint.ladder import worded
from portfolio.chokepoint.models import PARTS, Tag, TagEvidence
from portfolio.chokepoint.queries import evidence_of, tags_of
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.standing import TagState
from portfolio.chokepoint.suggestion_operations import follow, read
from portfolio.chokepoint.taxonomy_queries import technology_titles
from portfolio.companies.merging import MINE, THEIRS, Choices, Difference
from portfolio.extensions import db
from portfolio.journal import image_operations as images
from portfolio.people.models import User
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language


def move_company(
    merged_id: int, survivor_id: int, now: dt.datetime, choices: Choices
) -> Mapping[str, Sequence[int]]:
    """All tags, with what they say and what shows it; of two that stand for one technology the one
    that was chosen, else `_side`. Evidence of both stands."""
    closed = []
    for mine, theirs in _two_of(survivor_id, merged_id):
        side = choices.others.get(_name(mine), _side(mine, theirs))
        closed.append(mine.id if side == THEIRS else theirs.id)
    dated: tuple[Any, ...] = (Tag, TagEvidence)
    ids = {
        model.__tablename__: list(
            db.session.scalars(sa.select(model.id).where(model.company_id == merged_id))
        )
        for model in dated
    }
    images.update_where(Tag, Tag.id.in_(closed), {"superseded_at": now})
    models: tuple[Any, ...] = PARTS
    for model in models:
        images.update_where(model, model.company_id == merged_id, {"company_id": survivor_id})
    texts = texts_of(
        [survivor_id]
    )  # at once, so that a merge that is taken back finds all its work
    follow({number: read(found) for number, found in texts.items()}, now)
    return ids


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
    """What a person decided goes before what expired, that before what was suggested, and the
    survivor's before the other's."""
    return THEIRS if _weight(theirs) > _weight(mine) else MINE


def _weight(tag: Tag) -> int:
    return {TagState.SUGGESTED.value: 0, TagState.EXPIRED.value: 1}.get(tag.state, 2)


def _worded(tag: Tag) -> str:
    state = title_of(TagState._value2member_map_[tag.state])
    claimed = tag.state in {TagState.CONFIRMED.value, TagState.EXPIRED.value}
    return f"{state} {worded(tag.level, language())}" if claimed else state


def count_of(user: User, company_id: int) -> Mapping[str, int]:
    """How many statements about technologies of a company stand, and pieces of evidence."""
    counted: tuple[Any, ...] = (
        (Tag, tags_of([company_id])),
        (TagEvidence, evidence_of([company_id])),
    )
    return {model.__audit__: len(found.get(company_id, [])) for model, found in counted}
