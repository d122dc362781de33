"""Reads of what identifies companies, so that a person can tell two of them apart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from portfolio.audit.titles import column_title
from portfolio.companies.models import Company, Contact, Figure
from portfolio.companies.name_parts import same_place
from portfolio.extensions import db, one_of
from portfolio.kernel.text import legal_form
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.web.formatting import MISSING, listed, local_date
from portfolio.web.i18n import language


@dataclass(frozen=True)
class Mark:
    """One thing by which companies are told apart: its title, and by company what it is of each as
    people read it. A company that has none has no text or a dash. What is but counted or dated is
    not `compared`: two that are one have it of their own. `parts` are what is compared, piece by
    piece, where that is not the text as a whole; what one of both leaves out tells nothing. `same` says
    whether two pieces are."""

    title: str
    values: Mapping[int, str]
    compared: bool = True
    parts: Mapping[int, Sequence[str]] | None = None
    same: Callable[[str, str], bool] = eq

    def of(self, company_id: int) -> str:
        """What it is of one company; a dash where nothing is known."""
        return self.values.get(company_id) or MISSING

    def alike(self, one: int, other: int) -> bool | None:
        """Whether two companies have it in common; None where it is not known of both."""
        parts = {i: [self.of(i)] for i in (one, other)} if self.parts is None else self.parts
        pairs = zip(parts[one], parts[other], strict=True)
        known = [(a, b) for a, b in pairs if a and b and MISSING not in (a, b)]
        return all(self.same(a, b) for a, b in known) if known else None


# What slices above know of companies, as far as a person may know of it.
Marking = Callable[[User, Sequence[int]], Sequence[Mark]]


def marks(user: User, companies: Sequence[Company]) -> list[Mark]:
    """What identifies these companies, known or not, alike or not, for this reader."""
    ids = [company.id for company in companies]
    markings: Sequence[Marking] = current_app.extensions["company_marks"]
    return [
        *_own(companies),
        Mark(_("Founder"), _founders(ids)),
        Mark(_("Yearly figures"), _years(ids), compared=False),
        *(mark for marking in markings for mark in marking(user, ids)),
        Mark(_("Entered"), _entered(companies), compared=False),
    ]


def _own(companies: Sequence[Company]) -> list[Mark]:
    here = language()
    # Why a code is missing is told in its place, and is no code that could differ.
    said: Sequence[tuple[str, Callable[[Company], str], Callable[[Company], list[str]] | None]] = (
        (column_title("uscc", here), _code, lambda c: [c.uscc or ""]),
        (column_title("stock_codes", here), lambda c: listed(r.code for r in c.stock_codes), None),
        (column_title("place", here), _place, lambda c: [c.place, c.region_code]),
        (column_title("founded_on", here), lambda c: local_date(c.founded_on), None),
        (_("Legal form"), lambda c: legal_form(c.name_zh), None),
        (_("Former names"), lambda c: listed(row.name for row in c.names), None),
    )
    return [
        Mark(
            title,
            {c.id: told(c) for c in companies},
            parts={c.id: parts(c) for c in companies} if parts else None,
            same=same_place if told is _place else eq,
        )
        for title, told, parts in said
    ]


def _code(company: Company) -> str:
    return company.uscc or company.uscc_missing_reason


def _place(company: Company) -> str:
    return f"{company.place} {company.region_code}".strip()


def _founders(ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(
        sa.select(Contact.company_id, Contact.name)
        .where(one_of(Contact.company_id, ids), Contact.founder)
        .order_by(Contact.id)
    )
    found: dict[int, list[str]] = {}
    for company_id, name in rows:
        found.setdefault(company_id, []).append(name)
    return {company_id: listed(names) for company_id, names in found.items()}


def _years(ids: Sequence[int]) -> dict[int, str]:
    """How many figures of fiscal years are current, and of which years."""
    current = (Figure.superseded_at.is_(None), Figure.disputed.is_(False))
    year = Figure.fiscal_year
    rows = db.session.execute(
        sa.select(Figure.company_id, sa.func.count(), sa.func.min(year), sa.func.max(year))
        .where(one_of(Figure.company_id, ids), year.is_not(None), *current)
        .group_by(Figure.company_id)
    )
    counted = {row[0]: (row[1], _span(row[2], row[3])) for row in rows}
    return {i: "{} ({})".format(*counted[i]) if i in counted else "0" for i in ids}


def _span(first: int | None, last: int | None) -> str:
    return str(first) if first == last else f"{first}–{last}"


def _entered(companies: Sequence[Company]) -> dict[int, str]:
    names = people.names_of({company.created_by_id or 0 for company in companies})
    return {
        company.id: f"{local_date(company.created_at)} {names.get(company.created_by_id or 0, '')}".strip()
        for company in companies
    }
