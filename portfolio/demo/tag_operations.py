"""Claims of technologies at every level of evidence: counted, waiting, due, expired and open ones."""

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portfolio.chokepoint import operations, queries
from portfolio.chokepoint.claims import Card, Claim, Incumbent, Piece
from portfolio.chokepoint.expiry_operations import expire_due
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies import operations as companies
from portfolio.companies.models import Company
from portfolio.extensions import unit_of_work
from portfolio.kernel.dates import local_date
from portfolio.kernel.numbers import MICRO
from portfolio.people.models import User

FILE = Path(__file__).with_name("tags.toml")
DAY = dt.timedelta(days=1)
OPEN = "open"


def enter_tags(firms: Sequence[Company], managers: Sequence[User], now: dt.datetime) -> None:
    """Suggestions from the descriptions: two in three are claimed, some rejected, some wait."""
    told, done = tomllib.loads(FILE.read_text(encoding="utf-8")), 0
    for number, company in enumerate(firms):
        at = company.created_at + 7 * DAY
        pair = (managers[number % len(managers)], managers[(number + 1) % len(managers)])
        with unit_of_work("tag.suggest", pair[0], at=at):
            operations.refresh_suggestions(company, at)
        for tag in queries.tags_of([company.id]).get(company.id, []):
            if number % 12 == 11:
                with unit_of_work("tag.reject", pair[0], at=at + DAY):
                    operations.reject(tag, "", pair[0], at + DAY, told["reason"])
            elif number % 3 != 2:
                _claim(tag, told, told["plan"][done % len(told["plan"])], pair, now)
                done += 1
    expire_due(now)


def _claim(
    tag: Tag,
    told: Mapping[str, Any],
    plan: Mapping[str, Any],
    pair: tuple[User, User],
    now: dt.datetime,
) -> None:
    first, second = pair
    at = tag.recorded_at + DAY
    if plan["level"] == OPEN:
        with unit_of_work("tag.accept", first, at=at):
            operations.accept(tag, first, at)
        return
    with unit_of_work("tag.confirm", first, at=at):
        evidence = _evidence(tag, told["evidence"][plan["level"]], plan["level"], first, at)
        claim = Claim(
            tag.technology,
            plan["level"],
            _card(tag, told, at),
            told["card"]["counter"],
            _recheck(plan, at, now),
            (evidence,),
        )
        made = operations.confirm(tag.company_id, claim, first, at)
    if plan["second"]:
        with unit_of_work("tag.read_again", second, at=at + DAY):
            operations.read_again(made.tag, second, at + DAY)


def _recheck(plan: Mapping[str, Any], at: dt.datetime, now: dt.datetime) -> dt.date:
    latest = ladder().latest_recheck(local_date(at))
    if "due_days" not in plan:
        return latest
    return min(local_date(now) + plan["due_days"] * DAY, latest)


def _evidence(tag: Tag, row: Mapping[str, str], level: str, owner: User, at: dt.datetime) -> Piece:
    number = None
    if row["kind"] == "document":
        title = row["title"]
        content = f"{title} {tag.company_id} {tag.technology}（演示文件，内容虚构）\n".encode()
        kept = companies.keep_document(
            content, f"{title}.txt", "text/plain", owner, at, title, company_id=tag.company_id
        )
        number = kept.document_id
    day = local_date(at) - 20 * DAY
    link, issuer = row.get("link", ""), row.get("issuer", "")
    return Piece(row["kind"], level, row["text"], link, number, "", issuer, day)


def _card(tag: Tag, told: Mapping[str, Any], at: dt.datetime) -> Card:
    card, year = told["card"], at.year - 1
    same = ("choked_kind", "node", "basis_kind", "basis", "share_source", "substitute")
    about = ("validator", "validation", "impact", "suppliers")
    incumbents = [
        Incumbent(r["name"], r["country"], r["share"] * MICRO, year, r["source"])
        for r in told["incumbent"]
    ]
    return Card(
        **{name: card[name] for name in (*same, *about)},
        choked=card["choked"].format(name=taxonomy().technologies[tag.technology].zh),
        foreign_micro=card["foreign"] * MICRO,
        domestic_micro=card["domestic"] * MICRO,
        share_year=year,
        incumbents=tuple(incumbents),
    )
