"""The audit trail as a file: one row an entry, as its maker may see it."""

from collections.abc import Callable

from portfolio.audit import titles
from portfolio.audit.queries import Line
from portfolio.audit.words import Words
from portfolio.web.formatting import local_dt
from portfolio.web.sheets import Column, Kind

# What one reader may see of some entries, and the words for their values.
Seen = tuple[Line, Words]


def columns() -> tuple[Column, ...]:
    """The columns; a row is a line and the words for it."""
    text, whole = Kind.TEXT, Kind.INTEGER
    return (
        Column("at", "时间", "Time", Kind.CODE, lambda r: local_dt(r[0].at)),
        Column("person", "人员", "Person", text, lambda r: r[0].actor_name or None),
        Column("action", "操作", "Action", text, _titled(titles.action_title, "action")),
        Column("object", "对象", "Object", text, _titled(titles.kind_title, "object_type")),
        Column("object_id", "对象编号", "Object no.", whole, lambda r: r[0].object_id),
        Column("before", "原值", "Before", text, lambda r: _side(r, 1)),
        Column("after", "新值", "After", text, lambda r: _side(r, 2)),
    )


def _titled(title: Callable[[str, str], str], name: str) -> Callable[[Seen], str | None]:
    def read(row: Seen) -> str | None:
        key = getattr(row[0], name)
        return title(key, row[1].locale) if key else None

    return read


def _side(row: Seen, place: int) -> str | None:
    line, words = row
    parts = (
        f"{titles.column_title(change[0], words.locale)}: {change[place]}"
        for change in words.shown(line)
        if change[place]
    )
    return "; ".join(parts) or None
