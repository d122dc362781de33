"""What an import would do, row by row, against what is known (pure)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portfolio.intake.choices import Choices
from portfolio.intake.contradictions import alike, contradictions
from portfolio.intake.rows import Finding, Row, keys, same_company
from portfolio.rulebook.metrics import dictionary

FILLED = [
    *("uscc", "short_name", "name_en", "place", "region_code", "industry", "founded_on"),
    *("website", "lead_source", "description", "products"),
]
Value = tuple[int | None, str | None]
FigureKey = tuple[str, int | None]


@dataclass
class Known:
    """A company as it stands: its columns, other names, codes and current figures. `disputed` are
    values that wait for an answer, `answered` those that somebody has decided on."""

    id: int
    columns: dict[str, Any]
    codes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    figures: dict[tuple[str, int | None], Value] = field(default_factory=dict)
    disputed: set[tuple[str, int | None, Value]] = field(default_factory=set)
    answered: set[tuple[str, int | None, Value]] = field(default_factory=set)


@dataclass
class Snapshot:
    """The companies that a file may mean, found by code, credit code and exact name."""

    by_code: dict[str, Known] = field(default_factory=dict)
    by_uscc: dict[str, Known] = field(default_factory=dict)
    by_name: dict[str, list[Known]] = field(default_factory=dict)


@dataclass
class CompanyPlan:
    """What happens to one company: entered anew, completed or changed, with its figures.

    `figures` are new, `replaced` take the place of the current one, `disputed` are kept beside it,
    `same` are there already. `before` holds the old values of columns that are changed.
    """

    row: int
    known: Known | None
    columns: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dt.date | None] = field(default_factory=dict)
    former_names: list[str] = field(default_factory=list)
    figures: dict[FigureKey, Value] = field(default_factory=dict)
    replaced: dict[FigureKey, Value] = field(default_factory=dict)
    disputed: dict[FigureKey, Value] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    same: set[FigureKey] = field(default_factory=set)
    named: bool = False
    entered: bool = False

    @property
    def current(self) -> dict[FigureKey, Value]:
        """The figures that become current: those that are new, and those that replace others."""
        return {**self.figures, **self.replaced}

    @property
    def touched(self) -> bool:
        """Whether the company's own columns, codes or names change."""
        return bool(self.columns or self.codes or self.former_names)


@dataclass(frozen=True)
class Difference:
    """A value of the file that is not the one there is, and whether it is taken."""

    row: int
    field: str
    year: int | None
    company: str
    known: str
    value: str
    taken: bool


@dataclass
class Plan:
    """Everything an import would do, and everything it has to say."""

    companies: list[CompanyPlan] = field(default_factory=list)
    refused: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    choices: Choices = field(default_factory=Choices)
    rows: int = 0

    @property
    def refused_rows(self) -> set[int]:
        """The numbers of the rows that are not sound."""
        return {finding.row for finding in self.refused}


def make_plan(rows: Sequence[Row], snapshot: Snapshot, choices: Choices | None = None) -> Plan:
    """Decide for every sound row what it adds. A blank says nothing; of a differing value the
    choices say whether it is taken, and unless they do the known one stays."""
    plan = Plan(rows=len(rows), choices=choices or Choices())
    begun = _begun([row for row in rows if not row.refusals], snapshot)
    contradicted = _contradicted(plan, rows, begun)
    for row in rows:
        plan.warnings += row.warnings
        refusals = row.refusals or contradicted.get(row.number, [])
        refusals = refusals or _unclear(begun[row.number], row, snapshot)
        if refusals:
            plan.refused += refusals
            continue
        company = begun[row.number]
        if not company.entered:
            plan.companies.append(company)
            company.entered = True
        _columns(plan, company, row)
        _figures(plan, company, row)
    return plan


def _contradicted(
    plan: Plan, rows: Sequence[Row], begun: Mapping[int, CompanyPlan]
) -> dict[int, list[Finding]]:
    groups: dict[int, list[Row]] = {}
    for row in rows:
        if not row.refusals:
            groups.setdefault(id(begun[row.number]), []).append(row)
    found: dict[int, list[Finding]] = {}
    for group in groups.values():
        if len(group) > 1:
            refused, doubts = contradictions(group)
            plan.warnings += doubts
            for finding in refused:
                found.setdefault(finding.row, []).append(finding)
    return found


def _begun(rows: Sequence[Row], snapshot: Snapshot) -> dict[int, CompanyPlan]:
    """For each row the plan of its company; rows that mean one known company share one."""
    by_row: dict[int, CompanyPlan] = {}
    by_known: dict[int, CompanyPlan] = {}
    for group in same_company(rows):
        known = None
        if snapshot.by_name:
            telling = [row for row in group if keys(row)] or group  # a bare name tells least
            known = next((k for row in telling for k in find(row, snapshot)), None)
        company = CompanyPlan(group[0].number, known)
        if known is not None:
            company = by_known.setdefault(known.id, company)
        company.named = company.named or any(row.columns.get("name_zh") for row in group)
        by_row.update((row.number, company) for row in group)
    return by_row


def _unclear(company: CompanyPlan, row: Row, snapshot: Snapshot) -> list[Finding]:
    """Why a row cannot be told to mean one company."""
    others = [k for k in find(row, snapshot) if k is not company.known]
    if others:
        names = (company.known or others[0]).columns["name_zh"], others[0].columns["name_zh"]
        params = (("one", str(names[0])), ("other", str(names[1])))
        return [Finding(row.number, "stock_code", "row.two_companies", params)]
    if company.known is None and not company.named:
        return [Finding(row.number, "name_zh", "name.missing")]
    return []


def find(row: Row, snapshot: Snapshot) -> list[Known]:
    """The companies a row means, one where all is well: by our own number beside the name, by
    stock code and by credit code; else by its exact name, unless that one has another code."""
    if not snapshot.by_name:
        return []
    codes, credit = row.columns.get("stock_code") or [], row.columns.get("uscc")
    same = snapshot.by_name.get(row.columns.get("name_zh", ""), [])
    found = [k for k in same if str(k.id) == row.columns.get("company_id")]
    found += [snapshot.by_code[code] for code in codes if code in snapshot.by_code]
    if credit and credit in snapshot.by_uscc:
        found.append(snapshot.by_uscc[credit])
    if found:
        return list({k.id: k for k in found}.values())
    fitting = [k for k in same if not (codes and k.codes) and not (credit and k.columns["uscc"])]
    return fitting if len(fitting) == 1 else []


def _columns(plan: Plan, company: CompanyPlan, row: Row) -> None:
    for code in row.columns.get("stock_code") or []:
        if company.known is None or code not in company.known.codes:
            company.codes.setdefault(code, row.columns.get("listed_on"))
    said = row.columns.get("former_names") or []
    known = company.known.names | {company.known.columns["name_zh"]} if company.known else set()
    company.former_names += [n for n in said if n not in {*known, *company.former_names}]
    for name in ("name_zh", *FILLED):
        if name in row.columns:
            _column(plan, company, row, name, row.columns[name])


def _column(plan: Plan, company: CompanyPlan, row: Row, name: str, value: Any) -> None:
    if name in company.said:
        return  # the first row counts; one that says otherwise is named by `contradictions`
    company.said[name] = value
    present = company.known.columns.get(name) if company.known else None
    if not present:
        company.columns[name] = value
    elif not alike(name, present, value):
        found = _difference(plan, company, row, (name, None), str(present), str(value))
        _warn(plan, found, "value.differs")
        if found.taken:
            company.columns[name], company.before[name] = value, present


def _difference(
    plan: Plan, company: CompanyPlan, row: Row, key: FigureKey, known: str, value: str
) -> Difference:
    """Keep a difference to be chosen about; it says whether the file's value is taken."""
    taken = plan.choices.takes(row.number, key[0])
    whose = str(company.known.columns["name_zh"]) if company.known else ""
    found = Difference(row.number, key[0], key[1], whose, known, value, taken)
    plan.differences.append(found)
    return found


def _warn(plan: Plan, found: Difference, code: str) -> None:
    params = (("known", found.known), ("value", found.value))
    code = "value.taken" if found.taken else code
    plan.warnings.append(Finding(found.row, found.field, code, params))


def _figures(plan: Plan, company: CompanyPlan, row: Row) -> None:
    for metric, value in row.figures.items():
        key = (metric, row.year if dictionary()[metric].yearly else None)
        if key in company.disputed or key in company.replaced or key in company.figures:
            continue
        known = company.known.figures.get(key) if company.known else None
        if known is None:
            company.figures[key] = value
        elif known == value:
            company.same.add(key)
        elif key not in company.same:
            _other_figure(plan, company, row, key, value, known)


def _other_figure(
    plan: Plan, company: CompanyPlan, row: Row, key: FigureKey, value: Value, current: Value
) -> None:
    assert company.known is not None  # noqa: S101 - only a known company has another figure
    metric, stated = dictionary()[key[0]], (*key, value)
    written = str(metric.written(*current)), str(metric.written(*value))
    found = _difference(plan, company, row, key, *written)
    if found.taken or stated not in company.known.answered:
        code = "figure.hundredfold" if _hundredfold(value, current) else "figure.differs"
        _warn(plan, found, code)
    if found.taken:
        company.replaced[key] = value
    elif stated in company.known.disputed | company.known.answered:
        company.same.add(key)
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


def entered_names(plan: Plan) -> dict[str, str]:
    """The companies that would be entered, by the row that begins each, with their names."""
    fresh = (c for c in plan.companies if c.known is None)
    return {f"row {company.row}": str(company.columns["name_zh"]) for company in fresh}
