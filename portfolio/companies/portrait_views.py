"""The page of one company, now or as it was known on a past day."""

import datetime as dt
from typing import Any

from flask import abort, current_app, render_template

from portfolio.companies import merge_history_queries as merge_history
from portfolio.companies import merge_queries as merges
from portfolio.companies import portrait_queries as portrait
from portfolio.companies import queries
from portfolio.companies.bars import bars_of
from portfolio.companies.history import Act, acts
from portfolio.companies.history_queries import words_of
from portfolio.companies.models import Company
from portfolio.companies.views import Answer, blueprint, company_or_404, led_on
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.web.formatting import today
from portfolio.web.messages import text_of
from portfolio.web.past import asked_day, end_of


@blueprint.get("/companies/<int:company_id>")
@access.permit("company.read")
def show(company_id: int) -> Answer:
    """Everything about one company on one page; `as_of` asks for what was known on a day."""
    try:
        day, wrong = asked_day(), ""
    except InputError as error:
        day, wrong = None, text_of(error)
    known_at = end_of(day) if day else None
    company = _before_merge(company_id, known_at)
    if company is None:
        company = queries.get_visible(access.me(), company_id)
    if company is None:  # it may have been merged into another one
        return led_on(company_id) or abort(404)
    if wrong:
        return _page(company, company, None, None, wrong), 422
    if day is None or known_at is None:
        return _page(company, company, None, None)
    then = portrait.company_as_known(company.id, known_at)
    if then is None:
        return render_template("companies/not_yet.html", company=company, day=day)
    return _page(company, then, day, known_at)


def _before_merge(company_id: int, known_at: dt.datetime | None) -> Company | None:
    """A company that was not merged yet on the day asked for, for who sees the one it went into."""
    merge = merges.merge_of(company_id) if known_at else None
    if merge is None or known_at is None or merge.merged_at <= known_at:
        return None
    company_or_404(merges.survivors([company_id])[company_id])
    return db.session.get_one(Company, company_id)


def _page(
    company: Company,
    shown: Any,
    day: dt.date | None,
    known_at: dt.datetime | None,
    wrong_day: str = "",
) -> str:
    user = access.me()
    table = portrait.figure_table(company.id, known_at)
    tasks = portrait.open_tasks(company.id, known_at)
    terms = queries.readable(user, [company.id]).get(company.id, False)
    return render_template(
        "companies/show.html",
        company=shown,
        day=day,
        wrong_day=wrong_day,
        writable=day is None and user.may("company.write"),
        sections=_sections(company, user, known_at),
        figures=table,
        bars=bars_of(table.revenue),
        rounds=portrait.rounds(company.id, known_at),
        activities=portrait.activities(company.id, known_at),
        tasks=tasks,
        today=day or today(),
        documents=portrait.documents(company.id, terms, known_at),
        history=_history(company.id, terms, known_at),
        names=people.names_of({company.created_by_id or 0, *(task.owner_id for task in tasks)}),
        terms=terms,
    )


def _history(company_id: int, terms: bool, known_at: dt.datetime | None) -> list[Act]:
    lines = portrait.history_lines(company_id, terms, known_at)
    return acts(lines, words_of(lines, merges=merge_history.details(access.me(), lines)))


def _sections(company: Company, user: User, known_at: dt.datetime | None) -> list[Any]:
    makers = current_app.extensions["company_sections"]
    made = [s for make in makers if (s := make(company, user, known_at))]
    return sorted(
        (s for s in made if known_at is None or s.as_known), key=lambda section: section.order
    )
