"""Batches of reports: ordered, taken up paper by paper under a lease, kept as files until taken."""

import datetime as dt
import io
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from portfolio.companies import queries as companies
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.errors import InputError
from portfolio.people.models import User
from portfolio.reports import queries
from portfolio.reports.content_views import content_of
from portfolio.reports.kinds import kinds
from portfolio.reports.models import PaperState, ReportBatch, ReportPaper
from portfolio.reports.paper import pdf
from portfolio.web.i18n import speaking

MOST = 200
LEASE = dt.timedelta(minutes=2)
MOST_ATTEMPTS = 3


def order(
    kind: str,
    company_ids: Sequence[int],
    day: dt.date,
    language: str,
    actor: User,
    now: dt.datetime,
) -> ReportBatch:
    """Put a paper for each company behind those that wait. Raises InputError `report.none` and
    `report.too_many`."""
    if not company_ids:
        raise InputError("report.none")
    if len(company_ids) > MOST:
        raise InputError("report.too_many", most=MOST)
    batch = ReportBatch(
        kind=kind, language=language, day=day, created_by_id=actor.id, created_at=now
    )
    db.session.add(batch)
    db.session.flush()
    for company in companies.by_ids(list(company_ids)):
        paper = ReportPaper(batch_id=batch.id, company_id=company.id, name=company.name_zh)
        db.session.add(paper)
    db.session.flush()
    return batch


def claim(now: dt.datetime) -> int | None:
    """Take up the oldest paper that waits, or whose maker is gone; answers its id."""
    with unit_of_work("report.claim"):
        paper = db.session.scalar(
            sa.select(ReportPaper)
            .where(queries.free(now))
            .order_by(ReportPaper.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        if paper is None:
            return None
        paper.attempts += 1
        given_up = paper.attempts > MOST_ATTEMPTS
        paper.state = (PaperState.FAILED if given_up else PaperState.MAKING).value
        paper.lease_until = now + LEASE
    return None if given_up else paper.id


def make(paper_id: int) -> PaperState:
    """Make a paper that was claimed, unless its orderer may no longer take that company home."""
    paper = db.session.get_one(ReportPaper, paper_id)
    batch = db.session.get_one(ReportBatch, paper.batch_id)
    orderer = db.session.get_one(User, batch.created_by_id)
    company = companies.get_visible(orderer, paper.company_id, "export")
    state = PaperState.HIDDEN
    if company is not None:
        with speaking(batch.language):
            said = content_of(company, kinds()[batch.kind], batch.day)
        path = paper_path(paper)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pdf(said, batch.day))
        state = PaperState.MADE
    with unit_of_work("report.make"):
        paper.state = state.value
    return state


def paper_path(paper: ReportPaper) -> Path:
    """Where a paper lies, outside of anything that is served."""
    return _folder(paper.batch_id) / f"{paper.id}.pdf"


def _folder(batch_id: int) -> Path:
    return Path(current_app.config["INSTANCE_PATH"]) / "reports" / str(batch_id)


def forget_old(now: dt.datetime) -> int:
    """Let go of the batches that were kept long enough, the files first, so that none is left
    without a row that knows of it; answers how many. Writes nothing when there are none."""
    ids = [batch.id for batch in queries.forgotten(now)]
    if not ids:
        return 0
    for batch_id in ids:
        shutil.rmtree(_folder(batch_id), ignore_errors=True)
    with unit_of_work("report.forget") as session:
        session.execute(sa.delete(ReportPaper).where(ReportPaper.batch_id.in_(ids)))
        session.execute(sa.delete(ReportBatch).where(ReportBatch.id.in_(ids)))
    return len(ids)


def archive(batch: ReportBatch, actor: User) -> tuple[bytes, list[int]]:
    """What was made as one ZIP file, and whose companies' it holds: of those that the person may
    still take home."""
    target, taken = io.BytesIO(), []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for paper in queries.papers(batch.id):
            if paper.state != PaperState.MADE.value:
                continue
            if companies.get_visible(actor, paper.company_id, "export") is None:
                continue
            stamp = (batch.day.year, batch.day.month, batch.day.day, 0, 0, 0)
            entry = zipfile.ZipInfo(f"{paper.company_id}_{paper.name}_{batch.kind}.pdf", stamp)
            made.writestr(entry, paper_path(paper).read_bytes())
            taken.append(paper.company_id)
    return target.getvalue(), taken
