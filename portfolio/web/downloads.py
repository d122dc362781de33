"""What is taken home as a file: a list with how many of its rows, a document as it was kept."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import send_file
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.kernel.dates import local_date
from portfolio.web.formatting import local_dt
from portfolio.web.paging import DEEPEST
from portfolio.web.sheets import Column, Kind, Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTES = (
    Column("what", "项目", "What", Kind.TEXT, lambda r: r[0]),
    Column("said", "说明", "Note", Kind.TEXT, lambda r: r[1]),
)
Notes = Sequence[tuple[str, str]]


def download(path: Path, filename: str) -> Response:
    """A kept file, never shown in the browser: what people upload is not trusted."""
    answer = send_file(
        path,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=filename,
    )
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@dataclass(frozen=True)
class Share:
    """How much of a list a file holds: some rows stay behind that its maker may see but not
    export. Rows that its maker may not see are in neither count. One that is `cut` holds the first
    rows of a longer list, of which nobody counts the others."""

    rows: int
    left_out: int
    cut: bool = False

    @property
    def total(self) -> int:
        """The rows of the list as its maker sees it."""
        return self.rows + self.left_out

    def headers(self, stem: str, ending: str, now: dt.datetime) -> dict[str, str]:
        """The headers of the file. A file that leaves rows out says so in its name: a CSV has no
        other place, since each of its lines is a record."""
        part = f"_{self.rows}-of-{self.total}" if self.left_out else ""
        part += "_cut" if self.cut else ""
        name = f"{stem}_{local_date(now):%Y%m%d}{part}.{ending}"
        return {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Rows": str(self.rows),
            "X-Rows-Left-Out": str(self.left_out),
            "X-Rows-Cut": str(int(self.cut)),
        }

    def about(self, maker: str, now: dt.datetime, conditions: Notes, notes: Notes) -> Sheet:
        """The sheet of a workbook that says what the file holds."""
        words = "; ".join(f"{label}: {value}" for label, value in conditions)
        lines = [
            (_("Made by"), maker),
            (_("Made at"), local_dt(now)),
            (_("Filter"), words or _("none")),
            (_("Rows"), str(self.rows)),
            (_("Rows of the list left out, which may not be exported"), str(self.left_out)),
            *([(_("Rows behind these"), beyond())] if self.cut else []),
            *notes,
        ]
        return notes_sheet(lines)


def beyond() -> str:
    """That a list is longer than a file, in words."""
    return _(
        "A file holds at most %(most)s rows, the first of the list; narrow the filter for others.",
        most=f"{DEEPEST:,}",
    )


def notes_sheet(lines: Notes) -> Sheet:
    """The sheet of a workbook that says what there is to know of it."""
    return Sheet(_("About this file"), NOTES, lines)


def units(columns: Sequence[Column], header: str) -> list[tuple[str, str]]:
    """Which unit the numbers of which columns have, where headings may not name it."""
    found: dict[str, list[str]] = {}
    for column in columns:
        unit = column.unit[header == "en"]
        if unit:
            found.setdefault(unit, []).append(column.heading(header))
    between = ", " if header == "en" else "、"
    return [(_("Unit: %(unit)s", unit=unit), between.join(names)) for unit, names in found.items()]
