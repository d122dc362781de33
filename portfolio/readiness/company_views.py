"""A company's readiness: the section of its page, and a page of its own, clause by clause."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import abort, render_template, request
from flask_babel import gettext as _

from portfolio.companies import portrait_queries as portrait
from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.companies.sections import Section
from portfolio.kernel.dates import local_date, parse_date
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people.models import User
from portfolio.readiness import judgement_queries, queries, recognition_queries
from portfolio.readiness.inputs import Stated, figures_from, region_of
from portfolio.readiness.judgements import Judgement
from portfolio.readiness.pictures import Picture, days_of_effect, picture_of
from portfolio.readiness.recognitions import Recognition
from portfolio.readiness.views import READINESS_CSS, blueprint
from portfolio.web.formatting import today
from portfolio.web.messages import text_of
from portfolio.web.past import asked_day, end_of

MOST_KEPT = 500  # about a hundred kilobytes each
MOST_DAYS = 6


@lru_cache(maxsize=MOST_KEPT)
def assessed(stated: tuple[Stated, ...], day: dt.date, region: str | None) -> Picture:
    """What figures come to under the rules of a day; the same ones are assessed once."""
    figures, audited = figures_from(stated, day)
    return picture_of(figures, audited, day, region)


def picture(company: Company, day: dt.date, known_at: dt.datetime | None) -> Picture:
    """A company under the rules of a day, by what was known then, or is known now."""
    stated, region = basis_of(company, known_at)
    return assessed(stated, day, region)


def basis_of(
    company: Company, known_at: dt.datetime | None = None
) -> tuple[tuple[Stated, ...], str | None]:
    """What a company is assessed on: its figures, and the region whose rulebooks apply."""
    stated = queries.stated_of([company.id], known_at)[company.id]
    then = portrait.company_as_known(company.id, known_at) if known_at else company
    return tuple(stated), region_of(then.region_code, then.uscc) if then else None


def company_section(company: Company, user: User, known_at: dt.datetime | None) -> Section | None:
    """The pre-assessments of a company at a glance."""
    day = local_date(known_at or dt.datetime.now(dt.UTC))
    context = {
        "company_id": company.id,
        "picture": picture(company, day, known_at),
        "as_of": day.isoformat() if known_at else "",
        "held": tuple(recognition_queries.current(company.id, known_at).items()),
    }
    return Section(
        "readiness",
        _("Readiness"),
        "readiness/_company.html",
        context,
        order=30,
        style=READINESS_CSS,
        as_known=True,
    )


@blueprint.get("/companies/<int:company_id>/readiness")
@access.permit("company.read")
def company(company_id: int) -> str | tuple[str, int]:
    """Every target with its tree; `on` asks for the rules of a day, `as_of` for what was known."""
    found = company_or_404(company_id)
    question = _read_question()
    if question.known_at and portrait.company_as_known(found.id, question.known_at) is None:
        return render_template("companies/not_yet.html", company=found, day=question.known_on)
    page = render_template(
        "readiness/company.html",
        company=found,
        picture=picture(found, question.day, question.known_at),
        known_on=question.known_on,
        wrong=question.wrong,
        opened=request.args.get("target", ""),
        query=question.query,
        v=_reading(found, question),
        days=[d for d in days_of_effect() if d <= today()][:MOST_DAYS],
        first_day=days_of_effect()[-1],
    )
    return page, 422 if question.wrong else 200


@blueprint.get("/companies/<int:company_id>/readiness/<key>")
@access.permit("company.read")
def tree(company_id: int, key: str) -> str:
    """What one target's line unfolds to, for the same days."""
    found = company_or_404(company_id)
    question = _read_question()
    seen = picture(found, question.day, question.known_at)
    finding = next((f for f in seen.assessed if f.target.key == key), None) or abort(404)
    return render_template(
        "readiness/tree.html",
        company=found,
        picture=seen,
        finding=finding,
        v=_reading(found, question),
    )


@dataclass(frozen=True)
class Reading:
    """Who reads a company's trees, what was judged of it by metric, and granted to it by target."""

    company_id: int
    day: dt.date
    writable: bool
    judged: Mapping[str, Judgement]
    held: Mapping[str, Recognition]


def _reading(company: Company, question: "Question") -> Reading:
    told = judgement_queries.current(company.id, question.known_at)
    held = recognition_queries.current(company.id, question.known_at)
    return Reading(company.id, question.day, question.writable, told, held)


def company_or_404(company_id: int) -> Company:
    """The company, unless it does not exist for who asks."""
    return companies.get_visible(access.me(), company_id) or abort(404)


@dataclass(frozen=True)
class Question:
    """By the rules of which day, and by what was known on which day; what was wrong with either."""

    day: dt.date
    known_on: dt.date | None
    wrong: Mapping[str, str]

    @property
    def known_at(self) -> dt.datetime | None:
        """The instant up to which figures count; None is now."""
        return end_of(self.known_on) if self.known_on else None

    @property
    def writable(self) -> bool:
        """Whether what is missing can be entered: today, by who may."""
        return self.known_on is None and access.me().may("company.write")

    @property
    def query(self) -> Mapping[str, str]:
        """The arguments of the address that ask it."""
        given = (("on", self.day if request.args.get("on") else None), ("as_of", self.known_on))
        return {name: day.isoformat() for name, day in given if day}


def _read_question() -> Question:
    wrong: dict[str, str] = {}
    known_on = _asked("as_of", wrong)
    day = _asked("on", wrong) or known_on or today()
    return Question(day, known_on, wrong)


def _asked(name: str, wrong: dict[str, str]) -> dt.date | None:
    """The day in an argument of the address, and what is wrong with it."""
    try:
        if name == "as_of":
            return asked_day()
        text = request.args.get(name, "").strip()
        return parse_date(text) if text else None
    except InputError as error:
        wrong[name] = text_of(error)
        return None
