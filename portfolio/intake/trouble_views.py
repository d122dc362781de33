"""Imports that went wrong, for the digest of those who run the house."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from portfolio.extensions import db
from portfolio.intake.models import ImportBatch, ImportJob, JobState
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.web.messages import text_of

MOST = 50


def digest_lines(user: User, since: dt.datetime, until: dt.datetime) -> Sequence[dict[str, Any]]:
    """The long runs that failed in a window, and the files of which rows were refused."""
    failed = db.session.execute(
        sa.select(ImportBatch.id, ImportBatch.filename, ImportJob.error)
        .join(ImportBatch, ImportBatch.id == ImportJob.batch_id)
        .where(
            ImportJob.state == JobState.FAILED.value,
            ImportJob.finished_at > since,
            ImportJob.finished_at <= until,
        )
        .order_by(ImportJob.id.desc())
        .limit(MOST)
    )
    partly = db.session.execute(
        sa.select(ImportBatch.id, ImportBatch.filename, ImportBatch.summary)
        .where(ImportBatch.applied_at > since, ImportBatch.applied_at <= until)
        .order_by(ImportBatch.id.desc())
        .limit(MOST)
    )
    page = "/imports/%s" if user.may("import") else "/audit?object=import_batch&id=%s"
    told = [_line(page % number, name, _reason(error)) for number, name, error in failed]
    for number, name, summary in partly:
        if rows := json.loads(summary).get("refused"):
            text = ngettext("%(num)d row refused", "%(num)d rows refused", rows)
            told.append(_line(page % number, name, text))
    return told


def _line(path: str, name: str, text: str) -> dict[str, Any]:
    return {"path": path, "title": name, "text": text, "tone": "bad"}


def _reason(error: str) -> str:
    if not error:
        return ""
    said = json.loads(error)
    return text_of(InputError(said["code"], **said["params"]))
