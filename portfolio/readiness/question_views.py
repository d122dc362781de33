"""Three questions worth asking: what a company should be asked first, and what that would decide."""

from functools import lru_cache

from flask import render_template, request

from portfolio.people import access
from portfolio.readiness.asking import asked_for
from portfolio.readiness.company_views import company_or_404, picture
from portfolio.readiness.gaps import Gap
from portfolio.readiness.pictures import Picture
from portfolio.readiness.questions import Question, Worth, worth_asking
from portfolio.readiness.views import blueprint
from portfolio.readiness.wording_views import gap_url
from portfolio.web.formatting import today
from portfolio.web.i18n import language

MOST_KEPT = 500


@lru_cache(maxsize=MOST_KEPT)
def _worth(seen: Picture) -> Worth:
    """The same figures are the same picture, which is measured once."""
    return worth_asking(seen)


def _asked(question: Question, company_id: int) -> tuple[str, str]:
    """The question in the reader's language, and where its answer is entered."""
    years = [year for year in question.years if year is not None]
    first = Gap(question.metric, question.years[0])
    return asked_for(question.metric, years, language()), gap_url(first, company_id)


@blueprint.get("/companies/<int:company_id>/readiness/questions")
@access.permit("company.read")
def questions(company_id: int) -> str:
    """The questions as a part of the company's page, or as a page of their own."""
    company = company_or_404(company_id)
    worth = _worth(picture(company, today(), None))
    part = request.headers.get("HX-Request") == "true"
    return render_template(
        "readiness/_questions.html" if part else "readiness/questions.html",
        company=company,
        worth=worth,
        asked=[_asked(question, company_id) for question in worth.questions],
        writable=access.me().may("company.write"),
    )
