"""Companies of the story that were entered twice, for the finder of likely duplicates."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from portfolio.companies import operations as companies
from portfolio.companies import queries
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.extensions import unit_of_work
from portfolio.people.models import User

DAY = dt.timedelta(days=1)
OTHER_SHARE = 103  # in percent: what the second source says of a figure


def enter_twins(
    rows: Sequence[Mapping[str, Any]], firms: Sequence[Company], owner: User, now: dt.datetime
) -> int:
    """Enter the companies again under the names of the rows; answers how many."""
    by_name = {firm.short_name: firm for firm in firms}
    for number, row in enumerate(rows):
        _twin(row, by_name[row["of"]], owner, now - (30 - number) * DAY)
    return len(rows)


def _twin(row: Mapping[str, Any], firm: Company, owner: User, entered: dt.datetime) -> None:
    values = {
        "name_zh": row["name"],
        "uscc_missing_reason": "企业尚未提供",
        "place": firm.place,
        "industry": row.get("industry", firm.industry),
        "lead_source": row["source"],
    }
    with unit_of_work("company.register", owner, at=entered):
        twin = companies.register(values, owner, entered)
        companies.note_activity(row["note"], "note", owner, entered, company_id=twin.id)
    told = [
        Statement(
            twin.id, metric, year, micro=figure.micro * OTHER_SHARE // 100, source="商业计划书"
        )
        for (_, metric, year), figure in queries.current_rows([firm.id]).items()
        if metric == companies.REVENUE and year is not None and figure.micro is not None
    ]
    with unit_of_work("figure.state", owner, at=entered + DAY):
        companies.state_figures(told, owner, entered + DAY)
