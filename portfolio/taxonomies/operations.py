"""What is done with the draft of a taxonomy: changed, put on a newer edition, discarded, published."""

import datetime as dt
import json
from collections.abc import Callable, Sequence

import sqlalchemy as sa

from portfolio.audit import operations as audit
from portfolio.chokepoint import taxonomy_queries
from portfolio.chokepoint.taxonomy_models import TaxonomyEdition
from portfolio.extensions import db, serialise
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.taxonomies import queries, tag_operations
from portfolio.taxonomies.changes import Change, taken_back
from portfolio.taxonomies.models import TaxonomyDraft, TaxonomyEffect, TaxonomyRun
from portfolio.taxonomies.queries import Drafted

KEY = "taxonomy"
LONGEST_NOTE = 300


class DraftConflict(InputError):
    """Somebody else has changed the draft since it was opened, or published or discarded it."""

    def __init__(self, code: str = "record.conflict") -> None:
        super().__init__(code)


class Overtaken(InputError):
    """Another edition came in force since the draft was begun: one must see it first."""

    def __init__(self, number: int) -> None:
        super().__init__("taxonomy.overtaken", number=number)


class Publishing(InputError):
    """The draft is being published: nothing about it changes until that has ended."""

    def __init__(self) -> None:
        super().__init__("taxonomy.publishing")


def locked(expected: int | None) -> Drafted:
    """The draft as it is while nobody else changes or publishes it; `expected` is the version that
    the person saw, 0 where there was none. Raises DraftConflict and Publishing."""
    _unpublished()  # told at once, instead of when it has ended
    serialise(KEY)
    _unpublished()
    return held(expected)


def _unpublished() -> None:
    if queries.publishing() is not None:
        raise Publishing


def held(expected: int | None) -> Drafted:
    """The same for who publishes it."""
    serialise(KEY)
    row = queries.draft()
    if row is not None:
        db.session.refresh(row)
    if (row.version if row else 0) != expected:
        raise DraftConflict("draft.gone" if row is None else "record.conflict")
    return queries.drafted(row)


def add(found: Drafted, change: Change, actor: User, now: dt.datetime) -> TaxonomyDraft:
    """Put one change more into a draft, which begins by it where there is none."""
    row = found.row
    if row is None:
        row = _begun([], None, actor, now)
    _keep(row, [*found.changes, change], actor, now)
    said = {"kind": change["kind"], "name": change["about"]}
    audit.record(audit.Entry("taxonomy.draft", "taxonomy_draft", row.id, after=said))
    return row


def _begun(
    changes: Sequence[Change], takes_back_id: int | None, actor: User, now: dt.datetime
) -> TaxonomyDraft:
    _id, number = taxonomy_queries.latest()
    row = TaxonomyDraft(
        base=number,
        changes=json.dumps(changes, ensure_ascii=False),
        takes_back_id=takes_back_id,
        created_at=now,
        created_by_id=actor.id,
        updated_at=now,
        updated_by_id=actor.id,
    )
    db.session.add(row)
    db.session.flush()
    return row


def _keep(row: TaxonomyDraft, changes: Sequence[Change], actor: User, now: dt.datetime) -> None:
    row.changes = json.dumps(changes, ensure_ascii=False)
    row.updated_at, row.updated_by_id = now, actor.id
    db.session.flush()


def drop(found: Drafted, place: int, actor: User, now: dt.datetime) -> None:
    """Take a change out of the draft; what no longer fits without it says so. The last one takes
    the draft along."""
    if found.row is None or not 0 <= place < len(found.changes):
        raise DraftConflict
    changes = [change for n, change in enumerate(found.changes) if n != place]
    if changes:
        _keep(found.row, changes, actor, now)
    else:
        discard(found)


def discard(found: Drafted) -> None:
    """Forget the draft; what is in force stays."""
    if found.row is not None:
        _forget_previews()
        db.session.delete(found.row)
        db.session.flush()


def put_on_newest(found: Drafted, shown: int | None, actor: User, now: dt.datetime) -> None:
    """Let the draft stand on the edition that overtook it, of which the person was shown the number.
    Raises Overtaken when yet another one is in force."""
    _id, number = taxonomy_queries.latest()
    if shown != number:
        raise Overtaken(number)
    if found.row is not None:
        found.row.base = number
        found.row.updated_at, found.row.updated_by_id = now, actor.id
        db.session.flush()


def assign(found: Drafted, place: int, hand: dict[str, str], actor: User, now: dt.datetime) -> None:
    """Say by hand to which part the tags of companies go when their technology is split; "" leaves a
    company to the rule."""
    if found.row is None or not 0 <= place < len(found.changes):
        raise DraftConflict
    changes = [dict(change) for change in found.changes]
    move = changes[place].get("move")
    if move is None or not set(hand.values()) <= {"", *move["to"]}:
        raise DraftConflict
    chosen = {**move["hand"], **hand}
    changes[place]["move"] = {**move, "hand": {c: part for c, part in chosen.items() if part}}
    _keep(found.row, changes, actor, now)


def begin_taking_back(edition: TaxonomyEdition, actor: User, now: dt.datetime) -> TaxonomyDraft:
    """A draft that takes an edition back. Raises InputError `taxonomy.draft_there`, Publishing."""
    _unpublished()
    serialise(KEY)
    if queries.draft() is not None:
        raise InputError("taxonomy.draft_there")
    return _begun(taken_back(json.loads(edition.changes)), edition.id, actor, now)


def ask_for_preview(found: Drafted, now: dt.datetime) -> TaxonomyRun:
    """The run that shows what the draft does, begun unless there is one of this very draft."""
    serialise(KEY)
    known = queries.preview_of(found.mark)
    if known is not None:
        return known
    _forget_previews()
    return _asked(found.mark, None, now)


def _asked(mark: str, edition_id: int | None, now: dt.datetime) -> TaxonomyRun:
    run = TaxonomyRun(mark=mark, edition_id=edition_id, asked_at=now, total=queries.how_many())
    db.session.add(run)
    db.session.flush()
    return run


def _forget_previews() -> None:
    ids = sa.select(TaxonomyRun.id).where(TaxonomyRun.edition_id.is_(None))
    db.session.execute(sa.delete(TaxonomyEffect).where(TaxonomyEffect.run_id.in_(ids)))
    db.session.execute(sa.delete(TaxonomyRun).where(TaxonomyRun.edition_id.is_(None)))


def check_ready(found: Drafted, mark: str, note: str) -> TaxonomyDraft:
    """Answer with the row of a draft that can be published now.

    `mark` names the draft of which the person saw the preview. Raises DraftConflict, Overtaken, and
    InputError where changes do not fit, claims would be left without a technology, or the preview
    is of another draft.
    """
    row = found.row
    if row is None:
        raise DraftConflict("draft.gone")
    _id, number = taxonomy_queries.latest()
    if number != row.base:
        raise Overtaken(number)
    check(found)
    run = queries.preview_of(found.mark)
    if found.mark != mark or run is None or run.ended_at is None:
        raise InputError("taxonomy.unseen")
    if len(note) > LONGEST_NOTE:
        raise InputError("taxonomy.note_long", most=LONGEST_NOTE)
    return row


def publish(
    found: Drafted,
    row: TaxonomyDraft,
    note: str,
    actor: User,
    now: dt.datetime,
    tell: Callable[[int], object],
) -> TaxonomyEdition:
    """Put a draft that is ready in force as the next edition: tags go where their technologies went
    at once, the suggestions of the library follow in a run. `tell` hears of how many companies the
    tags have followed."""
    edition = TaxonomyEdition(
        number=row.base + 1,
        note=note,
        changes=row.changes,
        takes_back_id=row.takes_back_id,
        published_at=now,
        published_by_id=actor.id,
    )
    discard(found)
    db.session.add(edition)
    db.session.flush()
    tag_operations.move_tags(edition, found, now, tell)
    _asked("", edition.id, now)
    return edition


def check(found: Drafted) -> None:
    """Raise InputError where a draft cannot be put in force."""
    if found.faults:
        raise InputError("taxonomy.faulty", count=len(found.faults))
    lost = {*found.base.technologies, *found.base.former} - {
        *found.book.technologies,
        *found.book.former,
    }
    takes_back = found.row.takes_back_id if found.row else None
    carried = tag_operations.left_behind(lost, found, takes_back)
    if carried:
        raise InputError("taxonomy.carried", value=min(carried), count=sum(carried.values()))
