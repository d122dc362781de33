"""The pages of a hand-over: choose, look at what will move, confirm."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portfolio.extensions import db
from portfolio.handover import operations, queries
from portfolio.handover.plan import Choice, Door, Plan
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.pipeline.operations import Refused
from portfolio.web.messages import text_of
from portfolio.web.requests import sent_number

blueprint = Blueprint("handover", __name__)


@blueprint.route("/handover", methods=["GET", "POST"])
@access.signed_in
def own() -> Any:
    """Hand over one's own work; a partner chooses here whose else."""
    person = short_number(request.args.get("person", ""))
    if person is not None and person != access.me().id:
        return redirect(url_for("handover.of_person", user_id=person))
    return _handle(access.me())


@blueprint.route("/settings/people/<int:user_id>/handover", methods=["GET", "POST"])
@access.signed_in
def of_person(user_id: int) -> Any:
    """Hand over somebody's work: for those who manage accounts, and for partners."""
    leaver = db.session.get(User, user_id) or abort(404)
    return _handle(leaver)


def _handle(leaver: User) -> Any:
    actor = access.me()
    door = queries.door_of(actor, leaver)
    if not door.open:
        abort(404)
    plan = queries.plan_for(actor, leaver, door)
    if request.method == "GET":
        return _page(leaver, door, plan, Choice())  # closing an account is asked for, not the rule
    choice = _choice(plan, door)
    errors = {
        name: text_of(error) for name, error in operations.faults(plan, choice, leaver).items()
    }
    if errors or request.form.get("step") != "confirm":
        return _page(leaver, door, plan, choice, errors)
    if request.form.get("mark") != plan.mark:
        flash(_("What moves has changed meanwhile. Look at it again."))
        return _page(leaver, door, plan, choice, status=409)
    return _confirmed(leaver, door, plan, choice)


def _confirmed(leaver: User, door: Door, plan: Plan, choice: Choice) -> Any:
    try:
        with access.writing("user.handover"):
            operations.hand_over(plan, choice, door, access.me(), leaver, dt.datetime.now(dt.UTC))
    except Refused:
        abort(403)
    except InputError as error:
        return _page(leaver, door, plan, choice, {"successor": text_of(error)})
    if choice.close:
        flash(_("The work of %(name)s is handed over and the account closed.", name=leaver.name))
    else:
        flash(_("The work of %(name)s is handed over.", name=leaver.name))
    return redirect(url_for("people.settings" if door.manages else "pipeline.desk"))


def _choice(plan: Plan, door: Door) -> Choice:
    others = {
        item.deal_id: person
        for item in plan.items
        if (person := sent_number(f"deal-{item.deal_id}")) is not None
    }
    close = door.closes and bool(request.form.get("close"))
    return Choice(
        successor_id=sent_number("successor"),
        by_deal=others,
        end_digests=close or bool(request.form.get("end_digests")),
        close=close,
    )


def _page(
    leaver: User,
    door: Door,
    plan: Plan,
    choice: Choice,
    errors: dict[str, str] | None = None,
    status: int = 0,
) -> Any:
    looked = request.method == "POST" and not errors
    page = render_template(
        "handover/confirm.html" if looked else "handover/choose.html",
        leaver=leaver,
        door=door,
        plan=plan,
        choice=choice,
        errors=errors or {},
        candidates=queries.candidates(leaver),
        everybody=people.active_names() if door.partner else {},
    )
    return page, status or (422 if errors else 200)
