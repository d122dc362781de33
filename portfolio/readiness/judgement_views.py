"""An item that only a person can judge: what was judged of a company, judging it, withdrawing it."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.people import access
from portfolio.readiness import judgement_operations as operations
from portfolio.readiness import judgement_queries as queries
from portfolio.readiness.forms import JudgementForm, WithdrawalForm
from portfolio.readiness.inputs import region_of
from portfolio.readiness.judgements import Judgement, asked_by, judged
from portfolio.readiness.views import blueprint
from portfolio.rulebook.metrics import Metric
from portfolio.web.formatting import now, today

Answer = str | Response | tuple[str, int]
PATH = "/companies/<int:company_id>/judgements/<metric_id>"


@blueprint.get(PATH)
@access.permit("company.read")
def judgement(company_id: int, metric_id: str) -> Answer:
    """What was judged, by whom and on what it rests; the form for who may judge."""
    company, metric = _item(company_id, metric_id)
    form = _form(metric)
    form.judged_on.process_data(today())
    return _page(company, metric, form, WithdrawalForm())


@blueprint.post(PATH)
@access.permit("company.write")
def judge(company_id: int, metric_id: str) -> Answer:
    """Record a judgement; the former one stays in the history."""
    company, metric = _item(company_id, metric_id)
    form = _form(metric)
    if not form.validate():
        return _page(company, metric, form, WithdrawalForm(formdata=None)), 422
    said = Judgement(
        metric,
        form.verdict.data,
        form.judged_on.day,
        form.valid_until.day,
        (form.source.data or "").strip(),
        (form.evidence.data or "").strip(),
        now(),
        access.me().name,
    )
    with access.writing("judgement.record"):
        act = operations.judge(said, company, access.me(), now())
    flash(_("Judgement recorded."), str(act.id) if act else "message")
    return redirect(url_for("readiness.company", company_id=company.id))


@blueprint.post(f"{PATH}/withdrawal")
@access.permit("company.write")
def withdraw(company_id: int, metric_id: str) -> Answer:
    """Take the judgement that counts back, with the reason."""
    company, metric = _item(company_id, metric_id)
    if metric.id not in queries.current(company.id):
        abort(404)
    form = WithdrawalForm()
    if not form.validate():
        return _page(company, metric, _form(metric, sent=False), form), 422
    reason = (form.reason.data or "").strip()
    with access.writing("judgement.withdraw"):
        act = operations.withdraw(metric, reason, company, access.me(), now(), today())
    flash(_("Judgement withdrawn."), str(act.id) if act else "message")
    return redirect(url_for("readiness.company", company_id=company.id))


def _item(company_id: int, metric_id: str) -> tuple[Company, Metric]:
    company = companies.get_visible(access.me(), company_id) or abort(404)
    return company, judged().get(metric_id) or abort(404)


def _form(metric: Metric, sent: bool = True) -> JudgementForm:
    form = JudgementForm() if sent else JudgementForm(formdata=None)
    form.ask(metric)
    return form


def _page(company: Company, metric: Metric, form: JudgementForm, withdrawal: WithdrawalForm) -> str:
    region = region_of(company.region_code, company.uscc)
    history = queries.history(company.id, metric)
    current = next((told for told in history if told.current and not told.withdrawn), None)
    return render_template(
        "readiness/judgement.html",
        company=company,
        metric=metric,
        form=form,
        withdrawal=withdrawal,
        history=history,
        current=current,
        today=today(),
        asking=asked_by(metric.id, today(), region),
        writable=access.me().may("company.write"),
    )
