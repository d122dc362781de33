"""The bin, and the list of what one did lately and can take back."""

from collections.abc import Iterable
from typing import Any

from flask import render_template, request
from werkzeug.exceptions import NotFound

from portfolio.journal import operations as journal
from portfolio.journal import queries as acts
from portfolio.journal.models import Act
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.people.models import User
from portfolio.records import queries
from portfolio.records.views import blueprint
from portfolio.web import errors
from portfolio.web.formatting import now, today
from portfolio.web.messages import text_of
from portfolio.web.paging import page_in

# Whether an act can be taken back takes a handful of queries each.
ACTS_PER_PAGE = 20


@blueprint.get("/bin")
@access.permit("company.read")
def bin_() -> str:
    """What was deleted, by whom, when, for how long it can be restored, or why it cannot be."""
    user = access.me()
    page = page_in(queries.in_bin(user), ACTS_PER_PAGE)
    mine = queries.among(user, page.rows, write=True)
    return render_template(
        "records/bin.html",
        page=page,
        days={act.id: (act.purge_on - today()).days for act in page.rows},
        restorable={act.id for act in mine},
        reasons=_reasons(mine, user),
        actors=people.names_of(queries.actors_of(page.rows)),
        kept=journal.KEPT_DAYS,
    )


def _reasons(acts: Iterable[Act], user: User) -> dict[int, str]:
    """Why those of the acts that this person cannot take back now cannot be, by their ids."""
    refusals = {act.id: journal.refusal(act, user, now()) for act in acts}
    return {number: text_of(error) for number, error in refusals.items() if error}


@blueprint.get("/acts")
@access.permit("company.read")
def mine() -> str:
    """The reader's own acts, newest first: those that can be taken back now, and why not the others."""
    user = access.me()
    before = short_number(request.args.get("before", ""))
    # Their number is not told: it would tell of those that are closed by now.
    own, older = queries.own_acts(user, journal.undoable_actions(), ACTS_PER_PAGE, before)
    found = acts.by_ids([act.id for act in own])
    return render_template(
        "records/acts.html",
        found=found,
        older=found[-1].id if older else None,
        newest=before is None,
        reasons=_reasons(found, user),
        kept=journal.KEPT_DAYS,
    )


@blueprint.app_errorhandler(404)
def in_bin(error: NotFound) -> Any:
    """Of a company that was deleted, or is part of a deleted one, say so and where to restore it."""
    asked = request.view_args or {}
    number = asked.get("number" if asked.get("kind") == "company" else "company_id")
    user = access.current_user()
    fragment = request.headers.get("HX-Request") == "true"
    act = None
    if user is not None and number is not None and user.may("company.read") and not fragment:
        act = queries.deletion_of(user, number)
    if act is None or user is None:
        return errors.page(404)
    names = people.names_of(queries.actors_of([act]))
    days = (act.purge_on - today()).days
    reason = _reasons(queries.among(user, [act], write=True), user).get(act.id, "")
    page = {"act": act, "actors": names, "days": days, "reason": reason}
    merged = number != act.object_id
    return render_template("records/in_bin.html", **page, merged=merged), 404
