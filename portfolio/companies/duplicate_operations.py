"""Keeping what likely duplicates are told by, and which of them are not the same."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from portfolio.companies.duplicate_queries import are_told_apart
from portfolio.companies.likeness import Key, keys_of
from portfolio.companies.merge_queries import dropped_codes
from portfolio.companies.models import Company, CompanyDistinction, CompanyKey, CompanyName
from portfolio.extensions import Actor, db, insert_rows
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts


def rekey(company: Company) -> None:
    """Keep the keys of the company's present names and code."""
    dropped = dropped_codes([company.id]).get(company.id, [])
    names = [name.name for name in company.names]
    wanted = _keys(company.name_zh, company.uscc, names, dropped)
    kept = db.session.scalars(sa.select(CompanyKey).where(CompanyKey.company_id == company.id))
    present = {(row.kind, row.value): row for row in kept}
    for key in present.keys() - wanted:
        db.session.delete(present[key])
    for kind, value in sorted(wanted - present.keys()):
        db.session.add(CompanyKey(company_id=company.id, kind=kind, value=value))


def _keys(
    name: str, uscc: str | None, others: Iterable[str], dropped: Iterable[str]
) -> frozenset[Key]:
    """The keys with those of the codes that merged companies had."""
    return keys_of(name, uscc, others).union(*(keys_of("", code) for code in dropped))


def rekey_many(company_ids: Iterable[int]) -> None:
    """Keep the keys of companies that were written in bulk."""
    for part in in_parts(company_ids):
        db.session.execute(sa.delete(CompanyKey).where(CompanyKey.company_id.in_(part)))
        others: dict[int, list[str]] = {}
        names = sa.select(CompanyName.company_id, CompanyName.name)
        for company_id, name in db.session.execute(names.where(CompanyName.company_id.in_(part))):
            others.setdefault(company_id, []).append(name)
        dropped = dropped_codes(part)
        columns = sa.select(Company.id, Company.name_zh, Company.uscc)
        insert_keys(
            (number, _keys(name, uscc, others.get(number, ()), dropped.get(number, ())))
            for number, name, uscc in db.session.execute(columns.where(Company.id.in_(part)))
        )


def insert_keys(keyed: Iterable[tuple[int, Iterable[Key]]]) -> None:
    """Keep the keys of companies that have none yet, in bulk."""
    rows = [
        {"company_id": company_id, "kind": kind, "value": value}
        for company_id, keys in keyed
        for kind, value in sorted(keys)
    ]
    insert_rows(CompanyKey, rows)


def tell_apart(one_id: int, other_id: int, actor: Actor, now: dt.datetime) -> CompanyDistinction:
    """Keep that two companies are not the same. Raises InputError `company.itself`, or
    `company.told_apart` when somebody has said so already."""
    if one_id == other_id:
        raise InputError("company.itself")
    one, other = sorted((one_id, other_id))
    if are_told_apart(one, other):
        raise InputError("company.told_apart")
    said = CompanyDistinction(one_id=one, other_id=other, decided_at=now, decided_by_id=actor.id)
    db.session.add(said)
    db.session.flush()
    return said


def withdraw(said: CompanyDistinction) -> None:
    """Take back that two companies are not the same."""
    db.session.delete(said)
    db.session.flush()
