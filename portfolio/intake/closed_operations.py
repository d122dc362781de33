"""What an import wrote to deals that are closed to its maker by now, when it is taken back.

A refusal would tell that something is there, so nothing refuses and nothing is said of it: what
nobody touched since goes back like all the rest; what somebody touched stays, and the deal's own
team finds a task.
"""

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import cast

from flask_babel import lazy_gettext as _l

from portfolio.audit import operations as audit
from portfolio.audit import past_queries as past
from portfolio.audit import queries as trail
from portfolio.extensions import db
from portfolio.intake.console import Console
from portfolio.intake.models import BatchState, ImportBatch
from portfolio.intake.restore_operations import deal_back, record_back
from portfolio.intake.undo_queries import RECORDS, Written, against_record
from portfolio.intake.use_queries import used_deals
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.pipeline.models import Deal, DealGrant
from portfolio.pipeline.team_operations import tell_team

# What changes when a deal is closed to somebody, which is no work on what the import wrote: their
# tasks go over too.
CLOSING = frozenset({"walled", "owner_id"})
DAYS_TO_ACT = 7


def take_back(
    closed: Mapping[int, Sequence[Written]], batch: ImportBatch, actor: User, now: dt.datetime
) -> None:
    """Put back what was written to each of these deals; one with something left is told its team.

    A deal in the bin stays as it was put there.
    """
    changed = past.columns_changed_since("deal", closed, _imported_at(batch)) if closed else {}
    for deal_id, changes in closed.items():
        deal = db.session.get_one(Deal, deal_id, populate_existing=True)
        if deal.deleted_at is not None:
            continue
        since = changed.get(deal_id, set())
        back = [_back(change, deal, since, batch, actor, now) for change in changes]
        if not all(back):
            title = _l(
                "The import “%(name)s”, which wrote to this deal, was taken back; what was changed "
                "here since has stayed: decide what follows",
                name=batch.filename,
            )
            tell_team(deal, title, actor, now, DAYS_TO_ACT)


def _imported_at(batch: ImportBatch) -> dt.datetime:
    """When the trail took in what the import wrote."""
    entries = trail.history("import_batch", batch.id)
    done = BatchState.DONE.value
    return next(e.at for e in entries if json.loads(e.after).get("state") == done)


def _back(
    change: Written,
    deal: Deal,
    since: Collection[str],
    batch: ImportBatch,
    actor: User,
    now: dt.datetime,
) -> bool:
    """Whether nothing is left of what the import wrote: it is back, or gone already."""
    if change.object_type in RECORDS:
        row = db.session.get(RECORDS[change.object_type], change.object_id, populate_existing=True)
        kept = {name: value for name, value in change.after.items() if name not in CLOSING}
        against = against_record(replace(change, after=kept), row)
        if not against:
            record_back(change)
        return against in ("", "gone")
    if not _stands(change, deal, since):
        return False
    # The maker's own rights do not reach here any more; it is done in their name all the same.
    deputy = cast(User, Console(actor.id))
    try:
        with audit.trial():
            deal_back(change, batch, deputy, now)
    except InputError:  # the pipeline does not let it go back
        return False
    return True


def _stands(change: Written, deal: Deal, since: Collection[str]) -> bool:
    """Whether a deal is as the import left it, but for what closed it to the maker. Nobody comes
    to own it by this who is not on its team, and so may see it."""
    closing = CLOSING - change.before.keys()
    if set(since) - closing:
        return False
    owner_id = change.before.get("owner_id")
    if owner_id is not None and owner_id not in {member.user_id for member in deal.members}:
        return False
    return not (change.created and used_deals([deal.id], but={DealGrant.__tablename__}))
