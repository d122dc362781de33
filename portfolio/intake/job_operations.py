"""Long runs over files: queued as rows, taken up under a lease, told about while they run."""

import datetime as dt
import json
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from portfolio.extensions import db, unit_of_work
from portfolio.intake import operations, queries
from portfolio.intake.models import BatchState, ImportBatch, ImportJob, JobState
from portfolio.intake.operations import RowsRefused
from portfolio.kernel.errors import InputError
from portfolio.people.models import User

CHECK, APPLY = "check", "apply"
ACTIONS = {
    "companies": "company.import",
    "deals": "deal.import",
    "contacts": "contact.import",
    "tasks": "task.import",
    "documents": "document.import",
}
LEASE = dt.timedelta(minutes=5)
LONGEST_WRITE = dt.timedelta(hours=6)
MOST_ATTEMPTS = 3
TELL_EVERY = 0.5  # seconds


class Progress:
    """How far a run is, kept in a file beside the upload: while the run writes, the database has
    no room for a second writer."""

    def __init__(self, path: Path, total: int) -> None:
        self.path, self.total, self.told = path, total, 0.0

    def __call__(self, done: int) -> None:
        """Note that so many rows are done."""
        if time.monotonic() - self.told > TELL_EVERY:
            self.told = time.monotonic()
            self.path.write_text(f"{min(done, self.total)}", encoding="ascii")


def progress_path(batch: ImportBatch) -> Path:
    """Where a run over a file notes how far it is."""
    return operations.upload_path(batch).with_suffix(".progress")


def done_so_far(batch: ImportBatch) -> int:
    """How many rows the present run has done."""
    try:
        return int(progress_path(batch).read_text(encoding="ascii") or 0)
    except (OSError, ValueError):
        return 0


def queue(
    batch: ImportBatch,
    task: str,
    rows: int,
    actor: User | None,
    ip: str,
    now: dt.datetime,
    sound_rows_only: bool = False,
) -> ImportJob:
    """Put a run behind those that wait. Raises InputError when one over this file waits or runs."""
    if queries.open_job(batch.id) is not None:
        raise InputError("import.running")
    job = ImportJob(
        batch_id=batch.id,
        task=task,
        total=rows,
        sound_rows_only=sound_rows_only,
        actor_id=actor.id if actor else None,
        ip=ip,
        created_at=now,
    )
    db.session.add(job)
    db.session.flush()
    return job


def claim(worker: str, now: dt.datetime) -> int | None:
    """Take up the oldest run that waits, or whose worker is gone; answers its id."""
    free = sa.or_(
        ImportJob.state == JobState.WAITING.value,
        sa.and_(ImportJob.state == JobState.RUNNING.value, ImportJob.lease_until < now),
    )
    with unit_of_work("import.claim"):
        job = db.session.scalar(
            sa.select(ImportJob)
            .where(free)
            .order_by(ImportJob.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if job is None:
            return None
        job.state, job.worker, job.attempts = JobState.RUNNING.value, worker, job.attempts + 1
        job.lease_until = now + LEASE
        if job.attempts > MOST_ATTEMPTS:
            _end(job, JobState.FAILED, now, InputError("import.given_up"))
    return job.id


def waiting(now: dt.datetime) -> bool:
    """Whether somebody should take a run up."""
    query = sa.select(ImportJob.id).where(
        sa.or_(
            ImportJob.state == JobState.WAITING.value,
            sa.and_(ImportJob.state == JobState.RUNNING.value, ImportJob.lease_until < now),
        )
    )
    return db.session.scalar(query.limit(1)) is not None


def writing_since(now: dt.datetime) -> dt.datetime | None:
    """When the oldest import that is being written was taken up: its rows bear a later moment, and
    nobody sees them yet. None where none is."""
    query = sa.select(sa.func.min(ImportJob.lease_until)).where(
        ImportJob.state == JobState.RUNNING.value,
        ImportJob.task != CHECK,
        # Behind its lease too: a dead one is taken up again at once, one that is held is at work.
        ImportJob.lease_until > now - LONGEST_WRITE,
    )
    until: dt.datetime | None = db.session.scalar(query)
    return until - LEASE if until else None


def _end(
    job: ImportJob, state: JobState, now: dt.datetime, error: InputError | None = None
) -> None:
    job.state, job.finished_at = state.value, now
    if state is JobState.DONE:
        job.done = job.total
    if error is not None:
        job.error = json.dumps({"code": error.code, "params": error.params}, ensure_ascii=False)


def run(job_id: int, worker: str) -> None:
    """Do a run that was claimed. A refusal ends it and is kept; a fault leaves it to the lease."""
    job = db.session.get_one(ImportJob, job_id, populate_existing=True)
    if job.state != JobState.RUNNING.value:
        return
    batch = db.session.get_one(ImportBatch, job.batch_id)
    actor = db.session.get(User, job.actor_id) if job.actor_id else None
    tell = Progress(progress_path(batch), job.total)
    try:
        error = (
            _checked(job, batch, actor, tell)
            if job.task == CHECK
            else _applied(job, batch, actor, worker, tell)
        )
    finally:
        progress_path(batch).unlink(missing_ok=True)
    if error is not None:
        with unit_of_work("import.end", actor=actor):
            ended = _mine(job_id, worker)
            if ended is not None:
                _end(ended, JobState.FAILED, dt.datetime.now(dt.UTC), error)


def _mine(job_id: int, worker: str) -> ImportJob | None:
    """The run, held until the unit of work ends, unless somebody else took it over."""
    job = db.session.get_one(ImportJob, job_id, populate_existing=True, with_for_update=True)
    mine = job.worker == worker and job.state == JobState.RUNNING.value
    return job if mine else None


def _checked(
    job: ImportJob, batch: ImportBatch, actor: User | None, tell: Progress
) -> InputError | None:
    found = operations.check(batch, actor, tell)
    with unit_of_work("import.check", actor=actor):
        held = _mine(job.id, job.worker)
        if held is not None:
            keep_check(batch, found)
            _end(held, JobState.DONE, dt.datetime.now(dt.UTC))
    return None


def keep_check(batch: ImportBatch, found: dict[str, Any]) -> None:
    """Keep what a check found, for the preview."""
    batch.checked = json.dumps(found, ensure_ascii=False)


def _applied(
    job: ImportJob, batch: ImportBatch, actor: User | None, worker: str, tell: Progress
) -> InputError | None:
    job_id, sound, ip = job.id, job.sound_rows_only, job.ip
    try:
        prepared = operations.prepared_batch(batch, actor, lambda done: tell(done // 2))
        with unit_of_work(ACTIONS[batch.kind], actor=actor, ip=ip):
            held = _mine(job_id, worker)
            if held is None or queries.locked(batch.id).state != BatchState.UPLOADED.value:
                return InputError("import.running")
            now = dt.datetime.now(dt.UTC)
            half = job.total // 2
            operations.apply(batch, prepared, actor, now, sound, lambda n: tell(half + n // 2))
            _end(held, JobState.DONE, now)
    except RowsRefused as refusal:
        return refusal
    except InputError as error:
        return error
    operations.clear_away(batch)
    return None
