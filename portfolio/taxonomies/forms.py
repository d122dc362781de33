"""Forms of the taxonomy: domains, technologies with their words, splits and merges."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from portfolio.chokepoint.taxonomy import Note, Technology
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO, micro_text, parse_decimal, to_micro
from portfolio.kernel.text import clean, halfwidth
from portfolio.taxonomies.editing import SERIES, Part, refused, words_of
from portfolio.taxonomies.moving import Rule
from portfolio.web.fields import CheckboxesField, WholeField, choices_of
from portfolio.web.formatting import today
from portfolio.web.messages import text_of

MOST_PARTS = 4
EARLIEST = 1990
LONG = Length(max=20_000)
NAME = [DataRequired(_l("A name is needed."))]


class DomainForm(FlaskForm):
    """A domain."""

    id = StringField(_l("Id"), [DataRequired(_l("An id is needed."))])
    zh = StringField(_l("Chinese name"), NAME)
    en = StringField(_l("English name"), NAME)


class TechnologyForm(FlaskForm):
    """A technology with its words, lists and note."""

    id = StringField(_l("Id"), [DataRequired(_l("An id is needed."))])
    domain = SelectField(_l("Domain"))
    zh = StringField(_l("Chinese name"), NAME)
    en = StringField(_l("English name"), NAME)
    aliases = TextAreaField(_l("Aliases"), [LONG])
    loose = TextAreaField(_l("Loose words"), [LONG])
    exclude = TextAreaField(_l("Contexts that exclude"), [LONG])
    lists = CheckboxesField(_l("Source lists"))
    note_text = StringField(_l("Made at home"), [Length(max=300)])
    note_share = StringField(
        _l("Share made at home, in percent"), render_kw={"inputmode": "decimal"}
    )
    note_year = WholeField(_l("Year"), bounds=lambda: (EARLIEST, today().year))
    note_source = StringField(_l("Source"), [Length(max=200)])

    @classmethod
    def of(cls, technology: Technology) -> "TechnologyForm":
        """The form of a technology as it is."""
        note = technology.note
        words: dict[str, Any] = {n: "、".join(getattr(technology, n)) for n in SERIES}
        if note:
            share = "" if note.share_micro is None else micro_text(note.share_micro)
            said = {"text": note.text, "share": share, "year": note.year, "source": note.source}
            words |= {f"note_{name}": value for name, value in said.items()}
        names = {n: getattr(technology, n) for n in ("id", "domain", "zh", "en")}
        return cls(data={**names, "lists": list(technology.lists), **words})

    def values(self) -> dict[str, Any]:
        """What `editing.edited` takes. Raises InputError for a note that lacks something."""
        names = {n: str(self[n].data or "") for n in ("domain", "zh", "en")}
        words = {name: words_of(self[name].data or "") for name in SERIES}
        return {**names, **words, "lists": self.lists.data or [], "note": self._note()}

    def _note(self) -> Note | None:
        text, share, source = (
            clean(field.data or "") for field in (self.note_text, self.note_share, self.note_source)
        )
        if not (text or share or source or self.note_year.number):
            return None
        if not text and not share:
            raise refused("taxonomy.note_empty", "note_text")
        if self.note_year.number is None:
            raise refused("taxonomy.note_year", "note_year")
        if not source:
            raise refused("taxonomy.note_source", "note_source")
        return Note(text, _share(share), self.note_year.number, source)


def _share(text: str) -> int | None:
    if not text:
        return None
    try:
        micro = to_micro(parse_decimal(halfwidth(text).rstrip("% ")))
    except InputError as error:
        error.params["field"] = "note_share"
        raise
    if not 0 <= micro <= 100 * MICRO:
        raise refused("taxonomy.note_share", "note_share")
    return micro


class RenameForm(FlaskForm):
    """Another id for a technology."""

    id = StringField(_l("New id"), [DataRequired(_l("An id is needed."))])


class MergeForm(FlaskForm):
    """Which technology takes one over."""

    into = SelectField(_l("Merge into"))


class SplitForm(FlaskForm):
    """The parts of a technology, and how tags find theirs."""

    rule = RadioField(_l("How tags find their part"), choices=lambda: choices_of(Rule, blank=False))

    def parts(self) -> list[Part]:
        """The parts that were typed."""
        rows = [{n: self[f"p{place}_{n}"].data or "" for n in PART} for place in range(MOST_PARTS)]
        return [
            Part(clean(row["id"]), row["zh"], row["en"], words_of(row["aliases"]))
            for row in rows
            if any(clean(value) for value in row.values())
        ]

    def rows(self) -> Sequence[Sequence[Any]]:
        """The fields, part by part."""
        return [[self[f"p{place}_{name}"] for name in PART] for place in range(MOST_PARTS)]


PART: Mapping[str, Any] = {
    "id": _l("Id"),
    "zh": _l("Chinese name"),
    "en": _l("English name"),
    "aliases": _l("Aliases"),
}
for _place in range(MOST_PARTS):
    for _name, _label in PART.items():
        _kind = TextAreaField if _name == "aliases" else StringField
        setattr(SplitForm, f"p{_place}_{_name}", _kind(_label, [LONG]))


def show(form: FlaskForm, error: InputError) -> None:
    """Put a refusal at its field, or above the form where it is of none."""
    field = str(error.params.get("field", ""))
    if field in form:
        form[field].errors = [text_of(error)]
    else:
        form.form_errors = [text_of(error)]
