"""What is done with the evidence of a claim: added, withdrawn with a reason."""

import datetime as dt

from portfolio.chokepoint import queries
from portfolio.chokepoint.claims import Piece, Unfit, piece_errors
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag, TagEvidence
from portfolio.chokepoint.row_operations import SECOND_READING, add_piece, append
from portfolio.chokepoint.standing import TagState
from portfolio.extensions import Actor, db
from portfolio.kernel.dates import local_date
from portfolio.kernel.errors import InputError


def problems(piece: Piece, today: dt.date) -> dict[str, InputError]:
    """What is wrong with a piece of evidence, by field (`piece-<column>`)."""
    wrong = piece_errors(piece, ladder(), today)
    return {f"piece-{name}": error for name, error in wrong.items()}


def add(tag: Tag, piece: Piece, actor: Actor, now: dt.datetime) -> TagEvidence:
    """Add evidence; the claim's level stays until somebody claims more. Raises Unfit."""
    if errors := problems(piece, local_date(now)):
        raise Unfit(errors)
    return add_piece(tag.company_id, tag.technology, piece, actor, now)


def withdraw(row: TagEvidence, reason: str, actor: Actor, now: dt.datetime) -> Tag | None:
    """Withdraw evidence with the reason; a claim that it carried falls to what is left. Answers the
    row of the tag that says so, where it falls.

    Raises InputError `reason.missing`, `evidence.gone`, and `evidence.last` where nothing would be
    left to a claim: then the claim itself is to be rejected.
    """
    if not reason.strip():
        raise InputError("reason.missing")
    db.session.refresh(row, ["superseded_at"], with_for_update=True)
    if row.superseded_at is not None:
        raise InputError("evidence.gone")
    tag = queries.current(row.company_id, row.technology)
    standing = queries.evidence_of([row.company_id], technology=row.technology)
    left = [one for one in standing.get(row.company_id, []) if one.id != row.id]
    claimed = tag is not None and tag.state == TagState.CONFIRMED.value
    if claimed and not left:
        raise InputError("evidence.last")
    row.superseded_at, row.withdrawn_by_id, row.reason = now, actor.id, reason.strip()
    db.session.flush()
    return _fallen(tag, left, actor, now) if tag is not None and claimed else None


def _fallen(tag: Tag, left: list[TagEvidence], actor: Actor, now: dt.datetime) -> Tag | None:
    """The tag on what is left of its evidence; a second reading holds as far as what was read then
    supports the level."""
    supported = ladder().supported((row.kind, row.level) for row in left)
    lowest = next(iter(ladder().levels))
    level = min(tag.level, supported or lowest, key=ladder().rank)
    read = [r for r in left if tag.second_read_at and r.recorded_at <= tag.second_read_at]
    by_both = ladder().supported((row.kind, row.level) for row in read)
    unread = tag.second_read_at is not None and (
        by_both is None or not ladder().at_least(by_both, level)
    )
    changes = {"level": level} if level != tag.level else {}
    reader = dict.fromkeys(SECOND_READING) if unread else {}
    return append(tag, actor, now, **changes, **reader) if changes or reader else None
