"""The writing of mails: what a reader may be told becomes the columns of a message, its bytes among them."""

import datetime as dt
from typing import Any

from flask import current_app

from portfolio.digest import (
    content_queries,
    event_queries,
    isolation_operations,
    letters,
    queries,
    robot_letters,
    robot_queries,
    template_letters,
)
from portfolio.digest.audience_queries import Recipient
from portfolio.digest.compose import Digest
from portfolio.digest.kinds import KINDS, ORIGINS
from portfolio.digest.models import DigestRun, DigestSchedule
from portfolio.digest.shared_queries import Shared
from portfolio.digest.states import MessageState, Reason
from portfolio.people.models import User
from portfolio.web.i18n import spoken

# What a message says that could not be written.
UNWRITTEN = {
    "empty": False,
    "locale": "",
    "subject": "",
    "mentions": queries.NOTHING,
    "mime": b"",
}


def drafted(
    schedule: DigestSchedule,
    run: DigestRun,
    reader: Recipient,
    since: dt.datetime,
    until: dt.datetime,
    shared: Shared,
) -> dict[str, Any]:
    """The columns of one reader's message, and `empty`: whether it tells nothing.

    One that cannot be written has failed, for all to see who run the house, and holds up no other.
    """
    message_id = letters.new_message_id(current_app.config["MAIL_FROM"])
    row = {
        "run_id": run.id,
        "recipient_id": reader.user.id,
        "address": reader.user.email,
        "message_id": message_id,
        "window_from": since,
        "window_to": until,
        "state": MessageState.FAILED.value,
        "reason": Reason.UNWRITTEN.value,
        "next_attempt_at": run.planned_at,
        **UNWRITTEN,
    }
    with isolation_operations.alone(f"the mail of run {run.id} to user {reader.user.id}"):
        row |= composed(schedule, run, reader.user, since, until, message_id, shared)
        row |= {"state": MessageState.PENDING.value, "reason": ""}
    return row


def composed(
    schedule: DigestSchedule,
    run: DigestRun,
    user: User,
    since: dt.datetime,
    until: dt.datetime,
    message_id: str,
    shared: Shared | None = None,
) -> dict[str, Any]:
    """Content, words and bytes of a mail as this reader may see it now."""
    digest = _content(schedule, run, user, since, until, shared or Shared())
    heading = template_letters.heading_of(schedule, ORIGINS[run.origin])
    words = template_letters.written(digest, user, schedule.id, heading)
    return {
        "empty": digest.empty,
        "locale": spoken(user.locale),
        "subject": words.subject,
        "mentions": queries.mentions_of(digest, robot_queries.platform_of(user)),
        "mime": robot_letters.sealed(digest, words.subject, user)
        if user.robot
        else template_letters.sealed(words, user, schedule.id, message_id, run.planned_at),
    }


def _content(
    schedule: DigestSchedule,
    run: DigestRun,
    user: User,
    since: dt.datetime,
    until: dt.datetime,
    shared: Shared,
) -> Digest:
    if not KINDS[schedule.kind].timed:
        return event_queries.digest_of(user, schedule.events.split(), since, until, shared)
    return content_queries.digest_for(user, run.label, since, until, run.late, run.missed, shared)
