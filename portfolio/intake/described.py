"""What the preview says of a file before its rows: each column, how much there is, what is left out
(pure)."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from portfolio.intake import headings
from portfolio.intake.checks import amount
from portfolio.intake.reading import Table, labels
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean
from portfolio.rulebook.metrics import dictionary

SAMPLE = 3


def described(table: Table, chosen: Mapping[str, str], kind: str) -> dict[str, Any]:
    """The columns of the file with what they stand for, and their first values: of amounts and
    shares as they are read, in millionths of their unit. `formulas` counts the computed cells whose value could be taken."""
    automatic = headings.matched(table.headings, kind)
    try:
        targets = headings.mapped(table.headings, chosen, kind)
    except InputError:  # as by a mapping remembered from before
        targets = automatic
    columns = []
    for place, (label, target) in enumerate(zip(labels(table.headings), targets, strict=True)):
        reason = "" if target.field else target.reason or "column.unmapped"
        sample = [row[place][:60] for row in table.rows[:SAMPLE] if row[place].strip()]
        columns.append(
            {
                "heading": label,
                "field": target.field,
                "reason": reason,
                "sample": sample,
                "unit": target.unit,
                "units": list(target.units),
                "assumed": target.assumed,
                "read": _as_read(sample, target) if target.metric and target.units else [],
            }
        )
    return {
        "columns": columns,
        "size": len(table.rows),
        "encoding": table.encoding,
        "other_sheets": table.other_sheets,
        "formulas": sum(bool(targets[place].field) for _, place in table.with_value()),
    }


def _as_read(sample: Sequence[str], target: headings.Target) -> list[int]:
    """The first values of a column in millionths; those that are none are told of elsewhere."""
    found = []
    for text in sample:
        with suppress(InputError):
            found.append(amount(dictionary()[target.metric], clean(text), target.factor)[0])
    return found
