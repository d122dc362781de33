"""What else is written of the story's companies: products, titles of patents, notes."""

import datetime as dt
import tomllib
from collections.abc import Sequence
from pathlib import Path

from portfolio.chokepoint import owed_operations
from portfolio.companies import operations as companies
from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.kernel.records import ActivityKind, PaperKind
from portfolio.people.models import User

FILE = Path(__file__).with_name("texts.toml")
DAY = dt.timedelta(days=1)


def enter_texts(firms: Sequence[Company]) -> None:
    """Enter them some weeks after their companies; suggestions follow."""
    by_name = {firm.short_name: firm for firm in firms}
    for row in tomllib.loads(FILE.read_text(encoding="utf-8"))["text"]:
        company = by_name[row["of"]]
        owner = db.session.get_one(User, company.created_by_id)
        at = company.created_at + 20 * DAY
        if "products" in row:
            with unit_of_work("company.change", owner, at=at):
                companies.update(company, {"products": row["products"]}, at)
        for title in row.get("patents", ()):
            with unit_of_work("document.keep", owner, at=at + DAY):
                _keep_patent(title, company, owner, at + DAY)
        for text in row.get("notes", ()):
            with unit_of_work("activity.note", owner, at=at + 2 * DAY):
                companies.note_activity(
                    text, ActivityKind.NOTE.value, owner, at + 2 * DAY, company_id=company.id
                )
    owed_operations.settle()


def _keep_patent(title: str, company: Company, owner: User, at: dt.datetime) -> None:
    companies.keep_document(
        f"{title}（演示文件，内容虚构）\n".encode(),
        f"{title}.txt",
        "text/plain",
        owner,
        at,
        title=title,
        kind=PaperKind.PATENT.value,
        company_id=company.id,
    )
