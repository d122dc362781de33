"""The papers and notes of the story's first deals, kept over the weeks so that past days differ."""

import datetime as dt
from collections.abc import Sequence

from portfolio.companies import operations as companies
from portfolio.companies.models import TERMS, Document
from portfolio.demo.history import NOTES
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.pipeline.models import Deal

DAY = dt.timedelta(days=1)
# Title, kind, and after how many days each version came.
PAPERS = (
    ("项目建议书", "", (4,)),
    ("尽职调查报告", "", (18, 30)),
    ("投资意向书", TERMS, (24,)),
)
STORY = 12


def keep_papers(opened: Sequence[Deal], now: dt.datetime) -> None:
    """Papers and notes for the story's deals that have gone beyond the first look."""
    for number, deal in enumerate(opened[:STORY]):
        if number < 2:
            continue
        owner = db.session.get_one(User, deal.owner_id)
        for title, kind, days in PAPERS:
            _keep(deal, owner, title, kind, [deal.created_at + day * DAY for day in days], now)
        for place, day in enumerate((6, 21)):
            at = deal.created_at + day * DAY
            if at < now:
                with unit_of_work("activity.note", owner, at=at):
                    text = NOTES[(number + place) % len(NOTES)]
                    companies.note_activity(text, "visit", owner, at, deal_id=deal.id)


def _keep(
    deal: Deal,
    owner: User,
    title: str,
    kind: str,
    times: Sequence[dt.datetime],
    now: dt.datetime,
) -> None:
    document: Document | None = None
    for number, at in enumerate(times, start=1):
        if at >= now:
            return
        content = f"{deal.code} {title} v{number}（演示文件，内容虚构）\n".encode()
        with unit_of_work("document.keep", owner, at=at):
            version = companies.keep_document(
                content,
                f"{title}.txt",
                "text/plain",
                owner,
                at,
                title=title,
                kind=kind,
                deal_id=deal.id,
                document=document,
            )
            document = version.document
