"""The whole taxonomy for reading: what each technology is called, which words claim it, which lists
name it, how far it is made at home."""

from collections.abc import Callable

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from portfolio.chokepoint import taxonomy_queries as queries
from portfolio.chokepoint.folding import flattened
from portfolio.chokepoint.taxonomy import MERGED, RENAMED, RETIRED, SPLIT, Taxonomy, Technology
from portfolio.chokepoint.views import blueprint
from portfolio.kernel.text import clean
from portfolio.people import access

GONE = {
    RETIRED: _l("retired"),
    RENAMED: _l("goes by another id"),
    SPLIT: _l("was split"),
    MERGED: _l("was merged"),
}


@blueprint.get("/chokepoints/taxonomy")
@access.signed_in
def taxonomy() -> str:
    """Domains and technologies with their words, of one list or domain or with some word."""
    book, (_id, number) = queries.taxonomy(), queries.latest()
    asked = {name: clean(request.args.get(name, "")) for name in ("q", "list", "domain")}
    found = [t for t in book.technologies.values() if _fits(t, asked)]
    rows = [(d, [t for t in found if t.domain == d.id]) for d in book.domains.values()]
    return render_template(
        "chokepoint/taxonomy.html",
        book=book,
        edition=number,
        rows=[(domain, technologies) for domain, technologies in rows if technologies],
        former=[t for t in book.former.values() if _fits(t, asked)],
        led_to={name: _led_to(book, name) for name in book.former},
        gone=GONE,
        asked=asked,
        found=len(found),
        marked=_marked(asked["q"]),
    )


def _led_to(book: Taxonomy, technology: str) -> list[Technology]:
    return [book.technologies[name] for name in book.led_to(technology)]


def _fits(technology: Technology, asked: dict[str, str]) -> bool:
    if asked["list"] and asked["list"] not in technology.lists:
        return False
    if asked["domain"] and asked["domain"] != technology.domain:
        return False
    word = flattened(asked["q"])
    names = (technology.id, technology.zh, technology.en)
    return not word or any(word in flattened(n) for n in (*names, *words_in(technology)))


def words_in(technology: Technology) -> tuple[str, ...]:
    """Every word that the taxonomy has of a technology."""
    return (*technology.aliases, *technology.loose, *technology.exclude)


def _marked(word: str) -> Callable[[str], bool]:
    """Whether a word is one that was searched for."""
    sought = flattened(word)
    return lambda one: bool(sought) and sought in flattened(one)
