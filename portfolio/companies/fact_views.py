"""Dated facts in the browser: stated with their day, source and evidence, appended only."""

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import ngettext

from portfolio.companies import operations, queries
from portfolio.companies.fact_sheet import GROUPS, NOT_KNOWN, ORDER, read_facts
from portfolio.companies.forms import FactForm
from portfolio.companies.models import Company
from portfolio.companies.operations import Statement
from portfolio.companies.sheet_groups import Typed
from portfolio.companies.undo_operations import keep_stated
from portfolio.companies.views import Answer, blueprint, company_or_404
from portfolio.people import access
from portfolio.web.formatting import today
from portfolio.web.messages import text_of, texts_of


@blueprint.route("/companies/<int:company_id>/facts", methods=["GET", "POST"])
@access.permit("company.write")
def facts(company_id: int) -> Answer:
    """State dated facts; what is left empty stays as it is, doubtful values are asked about."""
    company = company_or_404(company_id)
    form = FactForm()
    if request.method == "GET":
        form.as_of.process_data(today())
        return _page(company, form, {}, Typed())
    texts = {m.id: request.form.get(f"f-{m.id}", "") for m in ORDER}
    former = queries.current_rows([company.id])
    typed = read_facts(texts, queries.numbers_of(former, None))
    valid = form.validate()
    if not valid or typed.errors or (typed.questions and not form.confirmed.data):
        return _page(company, form, texts, typed), 422
    now = dt.datetime.now(dt.UTC)
    with access.writing("figure.state"):
        added = operations.state_figures(_statements(company, form, typed), access.me(), now)
        act = keep_stated(company, added, former, access.me(), now)
    said = ngettext("%(num)d fact recorded.", "%(num)d facts recorded.", len(added))
    flash(said, str(act.id) if act else "message")
    return redirect(url_for("companies.show", company_id=company.id, _anchor="dated"))


def _statements(company: Company, form: FactForm, typed: Typed) -> list[Statement]:
    return [
        Statement(
            company.id,
            metric_id,
            None,
            micro=micro,
            choice=choice,
            as_of=form.as_of.day,
            source=form.source.data or "",
            evidence=form.evidence.data or "",
        )
        for metric_id, (micro, choice) in typed.values.items()
    ]


def _page(company: Company, form: FactForm, texts: dict[str, str], typed: Typed) -> str:
    stored = queries.current_rows([company.id])
    kept = {m.id: row for m in ORDER if (row := stored.get((company.id, m.id, None)))}
    return render_template(
        "companies/facts.html",
        company=company,
        form=form,
        groups=GROUPS,
        opened=_opened(kept, texts),
        metrics=ORDER,
        texts=texts,
        kept=kept,
        not_known=NOT_KNOWN,
        errors={key: text_of(error) for key, error in typed.errors.items()},
        questions=texts_of(typed.questions),
    )


def _opened(kept: dict[str, Any], texts: dict[str, str]) -> list[str]:
    """The groups that stand open: the two that most is asked of, those with something typed or
    recorded, and that of the fact one came for."""
    wanted = {request.args.get("metric", ""), *kept, *(key for key, text in texts.items() if text)}
    usual = GROUPS[:2]
    return [g.zh for g in GROUPS if g in usual or wanted & {metric.id for metric in g.metrics}]
