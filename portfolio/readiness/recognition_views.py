"""What an authority granted a company, target by target: recording it, taking it back."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.companies import queries as companies
from portfolio.companies.models import Company
from portfolio.people import access
from portfolio.readiness import recognition_operations as operations
from portfolio.readiness import recognition_queries as queries
from portfolio.readiness.forms import RecognitionForm, WithdrawalForm
from portfolio.readiness.recognitions import Recognition, granted_targets, usual_end
from portfolio.readiness.targets import Target
from portfolio.readiness.views import blueprint
from portfolio.web.formatting import now, today

Answer = str | Response | tuple[str, int]
PATH = "/companies/<int:company_id>/recognitions/<key>"


@blueprint.get(PATH)
@access.permit("company.read")
def recognition(company_id: int, key: str) -> Answer:
    """What stands recorded and all that did; the form for who may record."""
    company, target = _found(company_id, key)
    return _page(company, target, RecognitionForm(formdata=None), WithdrawalForm(formdata=None))


@blueprint.get("/companies/<int:company_id>/recognised-by/<metric_id>")
@access.permit("company.read")
def recognised_by(company_id: int, metric_id: str) -> Answer:
    """Lead from the fact to the page of the target that it records."""
    target = granted_targets().get(metric_id) or abort(404)
    return redirect(url_for("readiness.recognition", company_id=company_id, key=target.key))


@blueprint.post(PATH)
@access.permit("company.write")
def recognise(company_id: int, key: str) -> Answer:
    """Record it; what stood before stays in the history."""
    company, target = _found(company_id, key)
    form = RecognitionForm()
    if not form.validate():
        return _page(company, target, form, WithdrawalForm(formdata=None)), 422
    since = form.since.day
    said = Recognition(
        target,
        True,
        since,
        form.until.day or (usual_end(target, since) if since else None),
        (form.number.data or "").strip(),
        (form.evidence.data or "").strip(),
        now(),
        access.me().name,
    )
    return _recorded(said, company, _("Recognition recorded."))


@blueprint.post(f"{PATH}/withdrawal")
@access.permit("company.write")
def revoke(company_id: int, key: str) -> Answer:
    """Take what stands recorded back, with the reason."""
    company, target = _found(company_id, key)
    if target.key not in queries.current(company.id):
        abort(404)
    form = WithdrawalForm()
    if not form.validate():
        return _page(company, target, RecognitionForm(formdata=None), form), 422
    reason = (form.reason.data or "").strip()
    said = Recognition(target, False, today(), None, "", reason, now(), access.me().name)
    return _recorded(said, company, _("Recognition withdrawn."))


def _recorded(said: Recognition, company: Company, words: str) -> Response:
    with access.writing("recognition.record" if said.granted else "recognition.withdraw"):
        act = operations.recognise(said, company, access.me(), now())
    flash(words, str(act.id) if act else "message")
    return redirect(url_for("readiness.company", company_id=company.id))


def _found(company_id: int, key: str) -> tuple[Company, Target]:
    company = companies.get_visible(access.me(), company_id) or abort(404)
    found = next((t for t in granted_targets().values() if t.key == key), None)
    return company, found or abort(404)


def _page(
    company: Company, target: Target, form: RecognitionForm, withdrawal: WithdrawalForm
) -> str:
    return render_template(
        "readiness/recognition.html",
        company=company,
        target=target,
        form=form,
        withdrawal=withdrawal,
        current=queries.current(company.id).get(target.key),
        history=queries.history(company.id, target),
        today=today(),
        writable=access.me().may("company.write"),
    )
