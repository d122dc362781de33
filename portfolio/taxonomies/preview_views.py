"""What the draft would do to tags and suggestions, seen before it is published."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portfolio.chokepoint import joining, taxonomy_queries
from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.sources import Text
from portfolio.kernel.errors import InputError
from portfolio.people import access
from portfolio.people import queries as people
from portfolio.taxonomies import jobs, operations, publish_operations, queries
from portfolio.taxonomies.comparing import (
    COMMON_PERCENT,
    COMMON_TEXTS,
    Doubt,
    Doubtful,
    added_words,
    doubts,
)
from portfolio.taxonomies.models import TaxonomyPublication, TaxonomyRun
from portfolio.taxonomies.moving import EFFECTS, SPLIT, Effect
from portfolio.taxonomies.operations import DraftConflict, Overtaken, Publishing
from portfolio.taxonomies.queries import Drafted
from portfolio.taxonomies.views import Answer, blueprint, draft_globals, seen_in
from portfolio.web.formatting import now
from portfolio.web.messages import text_of
from portfolio.web.paging import Page, page_of
from portfolio.web.requests import sent_number

PER_PAGE = 25
BEFORE, BEHIND = 40, 60
Piece = tuple[str, bool]


@blueprint.post("/settings/taxonomy/preview")
@access.permit("settings.taxonomy")
def ask() -> Answer:
    """Have computed what the draft does, in the background."""
    _asked()
    return redirect(url_for("taxonomies.preview"))


def _asked() -> None:
    with access.writing("taxonomy.run"):
        found = queries.drafted()
        if found.row is not None and not found.faults:
            operations.ask_for_preview(found, now())
    jobs.start(current_app._get_current_object())  # type: ignore[attr-defined]


@blueprint.get("/settings/taxonomy/preview")
@access.permit("settings.taxonomy")
def preview() -> Answer:
    """What the draft changes, whom it touches, what is doubtful, and the way to publish it."""
    return _page()


def _page(error: str = "") -> str | Response:
    found = queries.drafted()
    if found.row is None:
        if error:
            flash(error)
        return redirect(url_for("taxonomies.index"))
    run, going = queries.preview_of(found.mark), queries.publishing()
    ended = run is not None and run.ended_at is not None
    return render_template(
        "taxonomies/preview.html",
        run=run,
        counts=[
            (EFFECTS[effect], technology, becomes, number)
            for effect, technology, becomes, number in queries.counts(run)
        ]
        if run and ended
        else [],
        doubtful=sorted(_doubts(found, run), key=lambda d: (d.technology, d.word))
        if run and ended
        else [],
        named=_named(found),
        lost=_lost_words(found),
        stopped=_stopped(found),
        error=error or _refused(found),
        **(_publication(going) if going else {}),
        **draft_globals(found),
    )


def _refused(found: Drafted) -> str:
    """Why this very draft was not published in the end."""
    last = queries.last_publication()
    mine = last is not None and last.mark == found.mark
    refusal = publish_operations.refusal_of(last) if mine else None
    return text_of(refusal) if refusal else ""


def _stopped(found: Drafted) -> str:
    try:
        operations.check(found)
    except InputError as error:
        return text_of(error)
    return ""


def _named(found: Drafted) -> dict[str, Any]:
    """What technologies are called, before or after."""
    books = (found.base, found.book)
    return {n: t for b in books for n, t in {**b.former, **b.technologies}.items()}


def _lost_words(found: Drafted) -> list[tuple[str, tuple[str, ...]]]:
    """The words of technologies that were split that no part took over."""
    lost = []
    for move in found.moves:
        (name, *_rest) = move["from"]
        old = found.base.technologies.get(name)
        if move["kind"] == SPLIT and old is not None:
            kept = {w for p in move["to"] for w in _words_in(found, p)}
            if words := tuple(w for w in (*old.aliases, *old.loose) if w not in kept):
                lost.append((name, words))
    return lost


def _words_in(found: Drafted, name: str) -> Sequence[str]:
    known = found.book.known(name)
    return (known.zh, *known.aliases, *known.loose) if known else ()


def _doubts(found: Drafted, run: TaxonomyRun) -> Iterator[Doubtful]:
    added = added_words(found.base, found.book)
    yield from doubts(added, taxonomy_queries.words_of(found.book))
    hits = queries.hits_of(run)
    for technology, words in added.items():
        for word in words:
            often = hits.get(word, 0) * 100 > run.total * COMMON_PERCENT
            if often and hits[word] >= COMMON_TEXTS:
                yield Doubtful(technology, word, Doubt.COMMON, (), hits[word])


@blueprint.get("/settings/taxonomy/preview/progress")
@access.permit("settings.taxonomy")
def progress() -> Answer:
    """How far it is; the page loads anew when it has ended or is needed no more."""
    run = queries.preview_of(queries.drafted().mark)
    if run is None or run.ended_at is not None:
        return FlaskResponse("", headers={"HX-Refresh": "true"})
    return render_template("taxonomies/_progress.html", run=run)


@blueprint.get("/settings/taxonomy/preview/effects")
@access.permit("settings.taxonomy")
def effects() -> Answer:
    """The companies that one effect is about, with the words it rests on."""
    found = queries.drafted()
    run = queries.preview_of(found.mark)
    effect = EFFECTS.get(request.args.get("effect", ""))
    if run is None or effect is None:
        abort(404)
    technology, becomes = request.args.get("from"), request.args.get("to")
    ids = queries.effects(access.me(), run, effect.value, technology, becomes)
    page = Page(*_paged(ids))
    shown = queries.shown(page.rows)
    texts = texts_of(company.id for _, company in shown)
    words = {
        False: taxonomy_queries.words_of(found.base),
        True: taxonomy_queries.words_of(found.book),
    }
    place, move = _split_of(found, technology)
    return render_template(
        "taxonomies/effects.html",
        effect=effect,
        page=page,
        rows=[
            (row, company, _excerpt(texts.get(company.id, []), row, words))
            for row, company in shown
        ],
        counted=queries.count_of_effect(run, effect.value, technology, becomes),
        named=_named(found),
        technology=technology,
        becomes=becomes,
        place=place,
        move=move if effect in {Effect.MOVED, Effect.UNDECIDED, Effect.JOINED} else None,
        **draft_globals(found),
    )


def _paged(ids: Any) -> tuple[Sequence[int], int, int, int]:
    rows, number, total = page_of(ids, per_page=PER_PAGE)
    return rows, number, total, PER_PAGE


def _split_of(found: Drafted, technology: str | None) -> tuple[int, Any]:
    for place, change in enumerate(found.changes):
        move = change.get("move")
        if move and move["kind"] == SPLIT and move["from"] == [technology]:
            return place, move
    return 0, None


def _excerpt(texts: Sequence[Text], row: Any, words: dict[bool, Lexicon]) -> list[Piece]:
    """The place of a company's texts that speaks of the technology, with the words marked."""
    after = row.effect != Effect.VANISHES
    for new, name in ((after, row.becomes or row.technology), (False, row.technology)):
        for one in joining.named(texts, words[new]):
            if one.technology.id == name:
                return list(_marked(one.parts[0].text.text, one.best.places))
    return [(text.text[: BEFORE + BEHIND], False) for text in texts[:1]]


def _marked(text: str, places: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    start = max(0, places[0][0] - BEFORE)
    end = min(len(text), max(places[0][1], *(b for a, b in places if a < start + 200)) + BEHIND)
    if start:
        yield "…", False
    at = start
    for a, b in places:
        if a >= at and b <= end:
            yield text[at:a], False
            yield text[a:b], True
            at = b
    yield text[at:end] + ("…" if end < len(text) else ""), False


@blueprint.post("/settings/taxonomy/preview/assignments")
@access.permit("settings.taxonomy")
def assign() -> Answer:
    """Say by hand to which part the tags of companies go."""
    place = sent_number("place")
    hand = {k[3:]: v for k, v in request.form.items() if k.startswith("to-") and k[3:].isdigit()}
    if place is None:
        abort(400)
    try:
        with access.writing("taxonomy.draft"):
            found = operations.locked(sent_number("version"))
            operations.assign(found, place, hand, access.me(), now())
    except InputError as error:
        page = _page(text_of(error))
        return (page, 409) if isinstance(page, str) else page
    _asked()
    return redirect(url_for("taxonomies.preview"))


@blueprint.post("/settings/taxonomy/publish")
@access.permit("settings.taxonomy")
def publish() -> Answer:
    """Have the draft put in force as the next edition, in the background."""
    mark, note = seen_in("mark"), seen_in("note")
    try:
        with access.writing(publish_operations.ACTION):
            publish_operations.ask(sent_number("version"), mark, note, access.me(), now())
    except InputError as error:
        status = 409 if isinstance(error, DraftConflict | Overtaken | Publishing) else 422
        page = _page(text_of(error))
        return (page, status) if isinstance(page, str) else page
    jobs.start(current_app._get_current_object())  # type: ignore[attr-defined]
    return redirect(url_for("taxonomies.preview"))


@blueprint.get("/settings/taxonomy/publication")
@access.permit("settings.taxonomy")
def publication() -> Answer:
    """How far publishing is; leads to the editions when it has ended, or back to the draft."""
    row = queries.last_publication() or abort(404)
    if row.ended_at is None:
        return render_template("taxonomies/_publication.html", **_publication(row))
    number = publish_operations.number_of(row)
    if number is None:
        return FlaskResponse("", headers={"HX-Refresh": "true"})
    flash(_("Edition %(number)s of the taxonomy is in force.", number=number))
    return FlaskResponse("", headers={"HX-Redirect": url_for("taxonomies.editions")})


def _publication(row: TaxonomyPublication) -> Mapping[str, Any]:
    done, total = publish_operations.progress(row) or (0, 0)
    asker = people.names_of({row.asked_by_id}).get(row.asked_by_id, "")
    return {"publication": row, "asker": asker, "done": done, "total": total}
