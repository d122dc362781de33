"""The funnel as a file: one row for each stage, shares and days as numbers."""

from collections.abc import Callable
from decimal import Decimal

from portfolio.pipeline.flow import Pipeline
from portfolio.pipeline.funnel import Funnel, Row
from portfolio.pipeline.models import Status
from portfolio.web.formatting import title_of
from portfolio.web.sheets import Column, Kind


def columns(funnel: Funnel, pipeline: Pipeline) -> list[Column]:
    """The columns for this funnel: its reasons are named in the reader's language."""
    whole, share = Kind.INTEGER, Kind.DECIMAL
    zh, en = ("工作日", "working days") if funnel.working else ("自然日", "calendar days")
    return [
        Column("stage", "阶段", "Stage", Kind.TEXT, lambda row: title_of(row.stage)),
        Column("reached", "到达项目数", "Reached", whole, lambda row: row.reached),
        Column(
            "from_before", "较上一阶段转化%", "From the stage before %", share, _percent("before")
        ),
        Column("from_start", "较起点转化%", "From the start %", share, _percent("start")),
        Column("stays", "已结束停留次数", "Finished stays", whole, lambda row: row.stays),
        Column("median", f"停留中位数（{zh}）", f"Median, {en}", whole, lambda row: row.median),
        Column("p90", f"停留90分位（{zh}）", f"90th percentile, {en}", whole, lambda row: row.p90),
        Column("here", "目前在此", "Now here", whole, lambda row: row.here),
        *(_status(status) for status in Status if status is not Status.ACTIVE),
        Column(
            "reasons", "主要原因", "Main reasons", Kind.TEXT, lambda row: _reasons(row, pipeline)
        ),
    ]


def _percent(name: str) -> Callable[[Row], Decimal | None]:
    def share(row: Row) -> Decimal | None:
        value = getattr(row, name)
        return None if value is None else Decimal(value).scaleb(-1)

    return share


def _status(status: Status) -> Column:
    def number(row: Row) -> int:
        return sum(rest.count for rest in row.rests if rest.status == status.value)

    return Column(status.value, status.zh, status.en, Kind.INTEGER, number)


def _reasons(row: Row, pipeline: Pipeline) -> str | None:
    said = []
    for rest in row.rests:
        for code, number in rest.reasons:
            reason = pipeline.reason_then(code)
            said.append(f"{title_of(reason) if reason else code} {number}")
    return "; ".join(said) or None
