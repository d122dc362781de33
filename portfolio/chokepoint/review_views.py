"""The review of suggestions: one after the other, decided with one key each; and suggestions for the
whole library."""

from collections.abc import Mapping
from typing import Any

from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portfolio.chokepoint import jobs, review_operations, review_queries, run_operations
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.review_queries import Asked, Card, place_from
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.taxonomy_queries import TechnologiesInForce, taxonomy
from portfolio.chokepoint.views import Answer, blueprint
from portfolio.companies.models import Company
from portfolio.extensions import db
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.web.formatting import now, title_of
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

FLAGS = ("mine", "unsure", "mixed")
MOST_WORDS = 300


def _asked() -> Asked:
    """What is asked for; what nobody knows asks for nothing."""
    book, said = taxonomy(), request.args
    known = {"domain": book.domains, "technology": book.technologies, "band": terms().bands}
    chosen: dict[str, Any] = {n: said[n] for n, of in known.items() if said.get(n) in of}
    if "technology" in chosen:
        chosen.pop("domain", None)
    return Asked(**chosen | {name: said.get(name) == "1" for name in FLAGS})


def _query(asked: Asked) -> dict[str, str]:
    """The same question as the words of an address."""
    said = {name: getattr(asked, name) for name in ("domain", "technology", "band")}
    return {k: v for k, v in said.items() if v} | {n: "1" for n in FLAGS if getattr(asked, n)}


def _shown(cards: list[Card], asked: Asked, after: str) -> Mapping[str, Any]:
    return {"cards": cards, "query": _query(asked), "after": after, "terms": terms()}


@blueprint.get("/chokepoints/review")
@access.permit("tag.review")
def review() -> str:
    """The suggestions that wait, one of them shown, and how far the review is."""
    asked, after, me = _asked(), request.args.get("after", ""), access.me()
    counts = review_queries.waiting(me, asked)
    chosen = asked.technologies
    run = run_operations.last()
    return render_template(
        "chokepoint/review.html",
        asked=asked,
        counts=counts,
        left=sum(n for name, n in counts.items() if chosen is None or name in chosen),
        tally=review_queries.tally(me, now()),
        act=review_queries.last_act(me, now()),
        run=run,
        names=people.names_of({run.asked_by_id or 0} if run else set()),
        book=taxonomy(),
        **_shown(review_queries.next_ones(me, asked, place_from(after)), asked, after),
    )


@blueprint.get("/chokepoints/review/cards")
@access.permit("tag.review")
def review_cards() -> str:
    """The suggestions behind a place, for a page that goes on without being loaded anew."""
    asked, after = _asked(), request.args.get("after", "")
    found = review_queries.next_ones(access.me(), asked, place_from(after))
    return render_template("chokepoint/_review_cards.html", **_shown(found, asked, ""))


@blueprint.post("/chokepoints/review/<int:tag_id>")
@access.permit("tag.review")
def decide(tag_id: int) -> Answer:
    """Take a suggestion up, or reject it with a reason."""
    accepting = request.form.get("doing") == "accept"
    key, words = request.form.get("because", ""), request.form.get("reason", "")[:MOST_WORDS]
    try:
        with access.writing("tag.accept" if accepting else "tag.reject"):
            tag = review_operations.waiting(tag_id, access.me()) or abort(404)
            what = _named(tag)
            if accepting:
                review_operations.accept(tag, access.me(), now())
            else:
                review_operations.reject(tag, key, words, access.me(), now())
    except IntegrityError:  # somebody claimed the same at that moment
        return _refused(InputError("tag.decided"), 409)
    except InputError as error:
        return _refused(error, 409 if isinstance(error, review_operations.Gone) else 422)
    if accepting:
        return _done(_("Taken up as claimed: %(what)s", what=what))
    return _done(_("Rejected: %(what)s", what=what))


def _named(tag: Tag) -> str:
    """A suggestion in short: whose, and which technology."""
    company = db.session.get_one(Company, tag.company_id)
    return f"{company.display_name} · {title_of(TechnologiesInForce()[tag.technology])}"


@blueprint.post("/chokepoints/review/undo")
@access.permit("tag.review")
def undo_decision() -> Answer:
    """Take back what the person decided last, of today."""
    try:
        with access.writing("act.undo"):
            tag = review_operations.take_back(access.me(), now())
    except InputError as error:
        return _refused(error, 409)
    if tag is None:
        return _refused(InputError("review.nothing"), 409)
    card = review_queries.card_of(tag)
    page = render_template("chokepoint/_review_cards.html", **_shown([card], _asked(), ""))
    return _done(_("Taken back: %(what)s", what=_named(tag)), card=page)


def _back() -> Response:
    """To the suggestions as they were asked for."""
    after = request.args.get("after")
    return redirect(url_asking("chokepoint.review", _query(_asked()) | {"after": after}))


def _done(said: str, **more: str) -> Answer:
    if request.accept_mimetypes.best != "application/json":
        flash(said)
        return _back()
    tally = review_queries.tally(access.me(), now())
    return jsonify(message=said, today=tally.today, lately=tally.lately, **more)


def _refused(error: InputError, status: int) -> Answer:
    if request.accept_mimetypes.best != "application/json":
        flash(text_of(error))
        return _back()
    answer = jsonify(message=text_of(error))
    answer.status_code = status
    return answer


@blueprint.post("/chokepoints/review/run")
@access.permit("tag.review")
def suggest_all() -> Response:
    """Go through the whole library, beside this request."""
    with access.writing(run_operations.ACTION):
        run_operations.ask(access.me(), now())
    jobs.start_suggesting(current_app._get_current_object())  # type: ignore[attr-defined]
    return redirect(url_for("chokepoint.review"))


@blueprint.get("/chokepoints/review/progress")
@access.permit("tag.review")
def suggesting() -> str:
    """How far the way through the library is."""
    run = run_operations.last() or abort(404)
    names = people.names_of({run.asked_by_id or 0})
    return render_template("chokepoint/_review_run.html", run=run, names=names)
