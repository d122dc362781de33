"""What authorities have granted the story's companies."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.companies.models import Company
from portfolio.extensions import db, unit_of_work
from portfolio.people.models import User
from portfolio.readiness import recognition_operations
from portfolio.readiness.recognitions import Recognition, granted_targets, usual_end

MONTH = dt.timedelta(days=30)
EVIDENCE = "公示名单（虚构）"


def enter_titles(
    rows: Sequence[Mapping[str, Any]], firms: Sequence[Company], now: dt.datetime
) -> None:
    """Record each title of the story a fortnight after it was granted, or when its company was
    entered."""
    targets = {target.key: target for target in granted_targets().values()}
    for row in rows:
        company = next(firm for firm in firms if firm.short_name == row["of"])
        granted = now - row["months_ago"] * MONTH
        at = max(granted + dt.timedelta(days=14), company.created_at)
        owner = db.session.get_one(User, company.created_by_id)
        target, since = targets[row["target"]], granted.date()
        until = usual_end(target, since)
        said = Recognition(target, True, since, until, row["number"], EVIDENCE, at, owner.name)
        with unit_of_work("recognition.record", owner, at=at):
            recognition_operations.recognise(said, company, owner, at)
