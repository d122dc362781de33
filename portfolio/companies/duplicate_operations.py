"""Keeping what likely duplicates are told by, and which of them are not the same."""

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from portfolio.companies.likeness import keys_of
from portfolio.companies.models import Company, CompanyDistinction, CompanyKey, CompanyName
from portfolio.extensions import Actor, db, insert_rows
from portfolio.kernel.errors import InputError
from portfolio.kernel.parts import in_parts


def rekey(company: Company) -> None:
    """Keep the keys of the company's present names and code."""
    wanted = keys_of(company.name_zh, company.uscc, (name.name for name in company.names))
    kept = db.session.scalars(sa.select(CompanyKey).where(CompanyKey.company_id == company.id))
    present = {(row.kind, row.value): row for row in kept}
    for key in present.keys() - wanted:
        db.session.delete(present[key])
    for kind, value in sorted(wanted - present.keys()):
        db.session.add(CompanyKey(company_id=company.id, kind=kind, value=value))


def rekey_many(company_ids: Iterable[int]) -> None:
    """Keep the keys of companies that were written in bulk."""
    for part in in_parts(company_ids):
        db.session.execute(sa.delete(CompanyKey).where(CompanyKey.company_id.in_(part)))
        others: dict[int, list[str]] = {}
        names = sa.select(CompanyName.company_id, CompanyName.name)
        for company_id, name in db.session.execute(names.where(CompanyName.company_id.in_(part))):
            others.setdefault(company_id, []).append(name)
        columns = sa.select(Company.id, Company.name_zh, Company.uscc)
        rows = [
            {"company_id": company_id, "kind": kind, "value": value}
            for company_id, name, uscc in db.session.execute(columns.where(Company.id.in_(part)))
            for kind, value in sorted(keys_of(name, uscc, others.get(company_id, ())))
        ]
        insert_rows(CompanyKey, rows)


def tell_apart(one_id: int, other_id: int, actor: Actor, now: dt.datetime) -> CompanyDistinction:
    """Keep that two companies are not the same. Raises InputError `company.itself`, or
    `company.told_apart` when somebody has said so already."""
    if one_id == other_id:
        raise InputError("company.itself")
    one, other = sorted((one_id, other_id))
    row = CompanyDistinction
    if db.session.scalar(sa.select(row.id).where(row.one_id == one, row.other_id == other)):
        raise InputError("company.told_apart")
    said = CompanyDistinction(one_id=one, other_id=other, decided_at=now, decided_by_id=actor.id)
    db.session.add(said)
    db.session.flush()
    return said


def withdraw(said: CompanyDistinction) -> None:
    """Take back that two companies are not the same."""
    db.session.delete(said)
    db.session.flush()
