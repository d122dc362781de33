"""The rejected rows of an import as a file to mend and upload again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from portfolio.intake.headings import Target
from portfolio.intake.reading import Table
from portfolio.intake.reporting import reasons_by_row
from portfolio.web.messages import sentence
from portfolio.web.sheets import Column, Kind

FORMULA = "[公式/formula] "
REASONS = ("问题（导入时忽略）", "Problems (ignored by the import)")


def rejected_columns(table: Table, targets: Sequence[Target]) -> list[Column]:
    """The file's own columns, every cell as text, and the reasons behind them. A column of
    reasons that the file already bore is not repeated."""
    kept = [n for n, target in enumerate(targets) if target.reason != "column.reasons"]
    columns = [_own(table.headings[place], place) for place in kept]
    return [*columns, Column("problems", *REASONS, Kind.TEXT, lambda row: row[-1])]


def _own(heading: str, place: int) -> Column:
    return Column(heading, heading, heading, Kind.CODE, lambda row: row[place] or None)


def rejected_rows(
    table: Table, refused: Sequence[Mapping[str, Any]], field_title: Any
) -> Iterator[list[str]]:
    """The cells of each rejected row as the file has them, and its reasons in words. A formula stays
    as its text behind a mark: whoever mends another cell of the row does not lose it, and whoever
    sends it again as it is is told again."""
    for number, findings in sorted(reasons_by_row(refused).items()):
        line = number - table.first_row
        cells = [
            FORMULA + cell if (line, place) in table.formulas else cell
            for place, cell in enumerate(table.rows[line])
        ]
        words = (f"{field_title(f['field'])}: {_said(f)}" for f in findings)
        yield [*cells, "; ".join(words)]


def marked_as_formulas(table: Table) -> Table:
    """A table in which the cells that an own file of rejected rows marks are formulas again."""
    if not set(table.headings) & set(REASONS):
        return table
    for line, row in enumerate(table.rows):
        for place, cell in enumerate(row):
            if cell.startswith(FORMULA):
                row[place] = cell.removeprefix(FORMULA)
                table.formulas.add((line, place))
    return table


def _said(finding: Mapping[str, Any]) -> str:
    return sentence(finding["code"], **finding["params"])
