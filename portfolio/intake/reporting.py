"""The report of an import, as the command prints it and the pages show it (pure)."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from portfolio.intake.headings import COMPANIES, Target
from portfolio.intake.plan import Difference, Duplicate, Plan, entered_names
from portfolio.intake.record_plan import RecordPlan
from portfolio.intake.rows import Finding, refused_by
from portfolio.kernel.errors import InputError

Labels = Mapping[int, tuple[str, str]]
# As many as somebody looks through; the rest is counted.
MOST_FRESH = 2000


def report(
    plan: Plan | RecordPlan, duplicates: Sequence[Duplicate] = (), labels: Labels | None = None
) -> dict[str, Any]:
    """Counts, findings and likely duplicates. `labels` say by row whom it is about."""
    counts = _companies(plan) if isinstance(plan, Plan) else _records(plan)
    labels = labels or {}
    return {
        "rows": plan.rows,
        **counts,
        "refused": [finding_row(f, labels) for f in plan.refused],
        "warnings": [finding_row(f, labels) for f in plan.warnings],
        "duplicates": [{"one": d.one, "other": d.other, "reason": d.reason} for d in duplicates],
    }


def refused_whole(kind: str, error: InputError) -> dict[str, Any]:
    """The report of a file of which no row was looked at. The finding's row is the one the refusal
    names, else 0."""
    row = int(str(error.params.get("row", 0)))
    empty = Plan() if kind == COMPANIES else RecordPlan()
    empty.refused.append(refused_by(error, row, ""))
    return report(empty) | {"ignored": [], "other_sheets": []}


def _companies(plan: Plan) -> dict[str, Any]:
    entered = [c for c in plan.companies if c.known is None]
    changed = [c for c in plan.companies if c.known is not None and c.touched]
    return {
        "created": {
            "companies": len(entered),
            "figures": sum(len(c.figures) for c in plan.companies),
        },
        "updated": {
            "companies": len(changed),
            "figures": sum(len(c.replaced) for c in plan.companies),
        },
        "unchanged": {
            "companies": len(plan.companies) - len(entered) - len(changed),
            "figures": sum(len(c.same) for c in plan.companies),
        },
        "disputed": sum(len(c.disputed) for c in plan.companies),
    }


def _records(plan: RecordPlan) -> dict[str, Any]:
    return {name: {"records": count} for name, count in plan.counts().items()} | {"disputed": 0}


def finding_row(finding: Finding, labels: Labels) -> dict[str, Any]:
    """A finding as plain values, with the name and the code its row bears."""
    company, code = labels.get(finding.row, ("", ""))
    return {
        "row": finding.row,
        "company": company,
        "company_code": code,
        "field": finding.field,
        "code": finding.code,
        "params": dict(finding.params),
    }


def summary(whole: Mapping[str, Any]) -> dict[str, Any]:
    """What a list of imports shows of a report."""
    return {
        "created": whole["created"],
        "updated": whole["updated"],
        "refused": len({finding["row"] for finding in whole["refused"]}),
        "warnings": len(whole["warnings"]),
    }


def difference_row(difference: Difference) -> dict[str, Any]:
    """A difference as plain values."""
    return dict(difference.__dict__)


def fresh(
    plan: Plan | RecordPlan, duplicates: Sequence[Mapping[str, str]]
) -> dict[str, list[dict[str, Any]] | dict[str, str]]:
    """The companies that would be entered: the first of them with row, name, codes and place, and
    the names of those that are likely duplicates, by their label."""
    if not isinstance(plan, Plan):
        return {"fresh": [], "entered": {}}
    named = {d[side] for d in duplicates for side in ("one", "other")}
    rows = [
        {
            "row": company.row,
            "name": str(company.columns["name_zh"]),
            "codes": [str(c) for c in (company.columns.get("uscc"), *company.codes) if c],
            "place": str(company.columns.get("place") or ""),
        }
        for company in islice((c for c in plan.companies if c.known is None), MOST_FRESH)
    ]
    names = entered_names(plan)
    return {"fresh": rows, "entered": {k: name for k, name in names.items() if k in named}}


def ignored_columns(headings: Sequence[str], targets: Sequence[Target]) -> list[dict[str, str]]:
    """The columns that are not imported, each with the reason."""
    named = zip(headings, targets, strict=True)
    return [{"heading": h, "reason": t.reason} for h, t in named if not t.field]


def reasons_by_row(refused: Sequence[Mapping[str, Any]]) -> dict[int, list[Mapping[str, Any]]]:
    """The refusals of a report, by row."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    for finding in refused:
        found.setdefault(finding["row"], []).append(finding)
    return found
