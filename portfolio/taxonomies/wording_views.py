"""Changes of the taxonomy as people read them: what went and what came, field by field."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.chokepoint.taxonomy import Taxonomy
from portfolio.chokepoint.taxonomy_views import GONE
from portfolio.kernel.numbers import micro_text
from portfolio.taxonomies.changes import Change, Kind
from portfolio.web.formatting import listed, title_of

FIELDS = {
    "zh": _l("Chinese name"),
    "en": _l("English name"),
    "domain": _l("Domain"),
    "aliases": _l("Aliases"),
    "loose": _l("Loose words"),
    "exclude": _l("Contexts that exclude"),
    "lists": _l("Source lists"),
    "note": _l("Made at home"),
    "gone": _l("In use"),
    "leads_to": _l("In its place"),
    "pieces": _l("Its pieces are"),
}


# Under these a technology takes all of its words along.
GOES_ALONG = {Kind.RENAME.value, Kind.BACK.value}
KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True)
class Line:
    """What changed in one record: its id, the field, what went and what came."""

    id: str
    label: str
    went: str
    came: str


@dataclass(frozen=True)
class Told:
    """A change in words."""

    kind: Kind
    title: str
    about: str
    lines: Sequence[Line]


def told(change: Change, book: Taxonomy) -> Told:
    """A change for reading."""
    zh, en = change["title"]
    lines = [line for one in change["differences"] for line in _lines(one, change["kind"], book)]
    return Told(KINDS[change["kind"]], title_of({"zh": zh, "en": en}), change["about"], lines)


def _lines(one: Mapping[str, Any], kind: str, book: Taxonomy) -> Iterator[Line]:
    name = one["id"]
    if "born" in one or "dropped" in one:
        image = one.get("born") or one["dropped"]
        titles = title_of({"zh": image["zh"], "en": image["en"]})
        aliases = () if kind in GOES_ALONG else image.get("aliases", ())
        words = listed([titles, *aliases])
        yield Line(name, _("whole"), *(("", words) if "born" in one else (words, "")))
        return
    went_or_came = "gone" in one["set"]  # its words go with it or come back with it
    for column, (before, after) in one["set"].items():
        if column in FIELDS and not (went_or_came and column == "note"):
            sides = (_said(column, side, book) for side in (before, after))
            yield Line(name, str(FIELDS[column]), *sides)
    for column, words in () if went_or_came else one["words"].items():
        went, came = (_words(column, words[side], book) for side in ("drop", "add"))
        yield Line(name, str(FIELDS[column]), went, came)


def _words(column: str, places: Iterable[Sequence[Any]], book: Taxonomy) -> str:
    words = [word for _place, word in places]
    if column == "lists":
        words = [title_of(book.lists[w]) if w in book.lists else w for w in words]
    return listed(words)


def _said(column: str, value: Any, book: Taxonomy) -> str:
    if column == "gone":
        return str(GONE[value]) if value else _("in use")
    if column == "domain":
        return title_of(book.domains[value]) if value in book.domains else str(value)
    if column == "note":
        if not value:
            return ""
        share = "" if value["share_micro"] is None else f"{micro_text(value['share_micro'])}%"
        return listed(filter(None, (share, value["text"], str(value["year"]), value["source"])))
    return listed(value) if isinstance(value, list) else str(value)
