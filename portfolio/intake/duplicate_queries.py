"""Likely duplicates of what a file enters: before anything is written, and afterwards."""

from collections.abc import Mapping, Sequence, Set

from portfolio.companies.duplicate_queries import holders_of, keys_kept
from portfolio.companies.likeness import Key, keys_of, meeting, pairs
from portfolio.intake.plan import Duplicate, Plan


def among_planned(plan: Plan) -> list[Duplicate]:
    """Companies that would be entered, as `row N`, and which known or entered ones they may be."""
    fresh = {
        f"row {c.row}": keys_of(c.columns["name_zh"], c.columns.get("uscc"), c.former_names)
        for c in plan.companies
        if c.known is None
    }
    holders = _holders(fresh)
    for label, keys in fresh.items():
        for key in keys:
            holders.setdefault(key, []).append(label)
    return _found(fresh, holders)


def among_entered(company_ids: Sequence[int]) -> list[Duplicate]:
    """Companies that were entered, by their numbers, and which others they may be."""
    fresh = {str(number): keys for number, keys in keys_kept(company_ids).items()}
    return _found(fresh, _holders(fresh))


def _holders(fresh: Mapping[str, Set[Key]]) -> dict[Key, list[str]]:
    wanted = {other for keys in fresh.values() for key in keys for other in meeting(key)}
    return {key: [str(i) for i in ids] for key, ids in holders_of(wanted).items()}


def _found(fresh: Mapping[str, Set[Key]], holders: Mapping[Key, list[str]]) -> list[Duplicate]:
    return [Duplicate(one, other, why.value) for (one, other), why in pairs(fresh, holders).items()]
