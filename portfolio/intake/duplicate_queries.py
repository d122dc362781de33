"""Likely duplicates of what a file enters: before anything is written, and afterwards."""

from collections.abc import Mapping, Set

from portfolio.companies.duplicate_queries import holders_of
from portfolio.companies.likeness import Key, keys_of, meeting, pairs
from portfolio.intake.plan import CompanyPlan, Duplicate, Plan


def among_planned(plan: Plan) -> list[Duplicate]:
    """Companies that would be entered, as `row N`, and which known or entered ones they may be."""
    fresh = {f"row {c.row}": planned_keys(c) for c in plan.companies if c.known is None}
    holders = _holders(fresh)
    for label, keys in fresh.items():
        for key in keys:
            holders.setdefault(key, []).append(label)
    return _found(fresh, holders)


def planned_keys(company: CompanyPlan) -> frozenset[Key]:
    """By what a company that would be entered is likely another."""
    columns = company.columns
    return keys_of(columns["name_zh"], columns.get("uscc"), company.former_names)


def among_entered(entered: Mapping[int, Set[Key]]) -> list[Duplicate]:
    """Companies that were entered, by their numbers with their keys, and which others they may
    be."""
    fresh = {str(number): keys for number, keys in entered.items()}
    return _found(fresh, _holders(fresh))


def _holders(fresh: Mapping[str, Set[Key]]) -> dict[Key, list[str]]:
    wanted = {other for keys in fresh.values() for key in keys for other in meeting(key)}
    return {key: [str(i) for i in ids] for key, ids in holders_of(wanted).items()}


def _found(fresh: Mapping[str, Set[Key]], holders: Mapping[Key, list[str]]) -> list[Duplicate]:
    return [Duplicate(one, other, why.value) for (one, other), why in pairs(fresh, holders).items()]
