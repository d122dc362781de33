"""Publishing a draft behind the page: asked for, done by whoever takes it up, all of it or nothing."""

import datetime as dt
import json
import logging
from pathlib import Path

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from portfolio.chokepoint import lease_operations as leases
from portfolio.chokepoint import taxonomy_queries
from portfolio.extensions import db, serialise, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.taxonomies import operations, queries, tag_operations
from portfolio.taxonomies.models import TaxonomyPublication

ACTION = "taxonomy.publish"
log = logging.getLogger(__name__)


def ask(
    expected: int | None, mark: str, note: str, actor: User, now: dt.datetime
) -> TaxonomyPublication:
    """Have the draft published. Raises what stands against it, and Publishing where somebody else
    has asked for that already."""
    draft = operations.check_ready(operations.locked(expected), mark, note)
    row = TaxonomyPublication(
        mark=mark,
        draft_version=draft.version,
        note=note,
        asked_at=now,
        asked_by_id=actor.id,
        refusal="",
    )
    db.session.add(row)
    db.session.flush()
    return row


def anything_waits(now: dt.datetime) -> bool:
    """Whether there is a draft to publish."""
    return leases.anything_waits(TaxonomyPublication, now)


def claim(now: dt.datetime) -> int | None:
    """Take up the one that waits longest; answers its id."""
    return leases.claim(TaxonomyPublication, ACTION, now)


def carry_out(publication_id: int) -> None:
    """Publish a draft in one unit of work; what stands against it by now is kept for the page."""
    row = db.session.get_one(TaxonomyPublication, publication_id)
    actor, now = db.session.get_one(User, row.asked_by_id), dt.datetime.now(dt.UTC)
    try:
        with unit_of_work(ACTION, actor):
            _publish(publication_id, actor, now)
    except SQLAlchemyError:  # it is tried again when the lease has run out
        raise
    except Exception as error:
        said = error if isinstance(error, InputError) else InputError("taxonomy.failed")
        if said is not error:
            log.exception("an edition of the taxonomy could not be published")
        with unit_of_work(ACTION, actor):
            row = db.session.get_one(TaxonomyPublication, publication_id, populate_existing=True)
            row.ended_at = dt.datetime.now(dt.UTC)
            row.refusal = json.dumps([said.code, said.params], ensure_ascii=False, default=str)
    finally:
        _counter(publication_id).unlink(missing_ok=True)


def _publish(publication_id: int, actor: User, now: dt.datetime) -> None:
    serialise(operations.KEY)
    row = db.session.get_one(TaxonomyPublication, publication_id, populate_existing=True)
    if row.ended_at is not None:  # somebody else did it, whose lease had run out
        return
    found = operations.held(row.draft_version)
    draft = operations.check_ready(found, row.mark, row.note)
    touched = queries.touched(tag_operations.concerned(found), draft.takes_back_id)

    def tell(done: int) -> None:
        _counter(publication_id).write_text(f"{done} {len(touched)}", encoding="ascii")

    tell(0)
    edition = operations.publish(found, draft, row.note, actor, now, tell)
    row.edition_id, row.ended_at = edition.id, dt.datetime.now(dt.UTC)


def _counter(publication_id: int) -> Path:
    """Where it is told how far it is: beside the database, which shows nothing of a unit of work
    before its end and, as SQLite, lets nobody else write until then."""
    folder = Path(current_app.config["INSTANCE_PATH"])
    return folder / f"taxonomy-publication-{publication_id}.txt"


def progress(row: TaxonomyPublication) -> tuple[int, int] | None:
    """How many companies have followed, of how many; None before it has begun, or where another
    machine does it."""
    try:
        done, total = _counter(row.id).read_text(encoding="ascii").split()
        return int(done), int(total)
    except (OSError, ValueError):  # it is being written just now
        return None


def refusal_of(row: TaxonomyPublication | None) -> InputError | None:
    """Why a draft was not published, where that is said."""
    if row is None or not row.refusal:
        return None
    code, params = json.loads(row.refusal)
    return InputError(code, **params)


def number_of(row: TaxonomyPublication) -> int | None:
    """The number of the edition that it became."""
    numbers = {edition.id: edition.number for edition in taxonomy_queries.editions()}
    return numbers.get(row.edition_id or 0)
