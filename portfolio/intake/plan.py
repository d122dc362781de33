"""What an import would do, row by row, against what is known (pure)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portfolio.intake.checks import Finding, Row, identity
from portfolio.kernel.text import without_legal_form
from portfolio.rulebook.metrics import dictionary

FILLED = [
    *("uscc", "short_name", "name_en", "place", "region_code", "industry", "founded_on"),
    *("website", "lead_source", "description"),
]
Value = tuple[int | None, str | None]


@dataclass
class Known:
    """A company as it stands: its columns, names, codes and current figures."""

    id: int
    columns: dict[str, Any]
    codes: set[str]
    figures: dict[tuple[str, int | None], Value] = field(default_factory=dict)
    disputed: set[tuple[str, int | None, Value]] = field(default_factory=set)


@dataclass
class Snapshot:
    """The companies that a file may mean, found by code, credit code and exact name."""

    by_code: dict[str, Known] = field(default_factory=dict)
    by_uscc: dict[str, Known] = field(default_factory=dict)
    by_name: dict[str, list[Known]] = field(default_factory=dict)


@dataclass
class CompanyPlan:
    """What happens to one company: entered anew or completed, with the figures that are added."""

    row: int
    known: Known | None
    columns: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dt.date | None] = field(default_factory=dict)
    former_names: list[str] = field(default_factory=list)
    figures: dict[tuple[str, int | None], Value] = field(default_factory=dict)
    disputed: dict[tuple[str, int | None], Value] = field(default_factory=dict)
    unchanged: int = 0
    told: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Plan:
    """Everything an import would do, and everything it has to say."""

    companies: list[CompanyPlan] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    rows: int = 0

    @property
    def refused_rows(self) -> set[int]:
        """The numbers of the rows that are not sound."""
        return {finding.row for finding in self.refused}


def make_plan(rows: Sequence[Row], snapshot: Snapshot) -> Plan:
    """Decide for every sound row what it adds. Nothing known is overwritten: a blank says
    nothing, a differing value is kept beside the current one and asked about."""
    plan = Plan(rows=len(rows))
    open_plans: dict[str, CompanyPlan] = {}
    for row in rows:
        plan.warnings += row.warnings
        if row.refusals:
            plan.refused += row.refusals
            continue
        key = identity(row)
        company = open_plans.get(key)
        if company is None:
            company = _begin(row, snapshot)
            if company.known is None and not row.columns.get("name_zh"):
                plan.refused.append(Finding(row.number, "name_zh", "name.missing"))
                continue
            open_plans[key] = company
            plan.companies.append(company)
        _columns(plan, company, row)
        _figures(plan, company, row)
    return plan


def _begin(row: Row, snapshot: Snapshot) -> CompanyPlan:
    return CompanyPlan(row.number, _find(row, snapshot))


def _find(row: Row, snapshot: Snapshot) -> Known | None:
    """The company a row means: by stock code, by credit code, then by its exact name, unless
    that one has another code."""
    codes = row.columns.get("stock_code") or []
    for code in codes:
        if code in snapshot.by_code:
            return snapshot.by_code[code]
    credit = row.columns.get("uscc")
    if credit and credit in snapshot.by_uscc:
        return snapshot.by_uscc[credit]
    same = snapshot.by_name.get(row.columns.get("name_zh", ""), [])
    fitting = [k for k in same if not (codes and k.codes) and not (credit and k.columns["uscc"])]
    return fitting[0] if len(fitting) == 1 else None


def _columns(plan: Plan, company: CompanyPlan, row: Row) -> None:
    for code in row.columns.get("stock_code") or []:
        if company.known is None or code not in company.known.codes:
            company.codes.setdefault(code, row.columns.get("listed_on"))
    for name in row.columns.get("former_names") or []:
        if name not in company.former_names:
            company.former_names.append(name)
    for name in ("name_zh", *FILLED):
        if name in row.columns:
            _column(plan, company, row, name, row.columns[name])


def _column(plan: Plan, company: CompanyPlan, row: Row, name: str, value: Any) -> None:
    present = company.known.columns.get(name) if company.known else None
    held = company.columns.get(name) or present
    if not held:
        company.columns[name] = value
    elif held != value and (name, str(value)) not in company.told:
        company.told.add((name, str(value)))  # once a company, not once a row
        params = (("known", str(held)), ("value", str(value)))
        plan.warnings.append(Finding(row.number, name, "value.differs", params))


def _figures(plan: Plan, company: CompanyPlan, row: Row) -> None:
    for metric, value in row.figures.items():
        key = (metric, row.year if dictionary()[metric].yearly else None)
        if key in company.figures or key in company.disputed:
            continue
        current = company.known.figures.get(key) if company.known else None
        if current is None:
            company.figures[key] = value
        elif current == value:
            company.unchanged += 1
        else:
            _dispute(plan, company, row, key, value, current)


def _dispute(
    plan: Plan,
    company: CompanyPlan,
    row: Row,
    key: tuple[str, int | None],
    value: Value,
    current: Value,
) -> None:
    metric = dictionary()[key[0]]
    code = "figure.hundredfold" if _hundredfold(value, current) else "figure.differs"
    params = (("known", str(metric.written(*current))), ("value", str(metric.written(*value))))
    plan.warnings.append(Finding(row.number, key[0], code, params))
    if company.known is not None and (*key, value) in company.known.disputed:
        company.unchanged += 1
    else:
        company.disputed[key] = value


def _hundredfold(one: Value, other: Value) -> bool:
    a, b = one[0], other[0]
    if not a or not b:
        return False
    small, large = sorted((abs(a), abs(b)))
    return 90 * small <= large <= 110 * small


@dataclass(frozen=True)
class Duplicate:
    """Two records that are likely one company, and why."""

    one: str
    other: str
    reason: str


def likely_duplicates(fresh: Mapping[str, str], everybody: Mapping[str, str]) -> list[Duplicate]:
    """Fresh records whose bare name another record has; labels by record with their names."""
    by_name: dict[str, list[str]] = {}
    for label, name in everybody.items():
        by_name.setdefault(without_legal_form(name), []).append(label)
    found, seen = [], set()
    for label, name in fresh.items():
        for other in by_name.get(without_legal_form(name), []):
            pair = tuple(sorted((label, other)))
            if other != label and pair not in seen:
                seen.add(pair)
                found.append(Duplicate(pair[0], pair[1], "name"))
    return found
