"""Forms of claims: the claim with its card, a piece of evidence, reasons."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.chokepoint.claims import (
    FIRST_YEAR,
    INCUMBENT_COLUMNS,
    LONG,
    MOST_INCUMBENTS,
    SHORT,
    Card,
    Claim,
    Incumbent,
    Piece,
    patent_number,
)
from portfolio.chokepoint.ladder import ladder
from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.reviewing import terms
from portfolio.chokepoint.taxonomy_queries import taxonomy
from portfolio.companies.models import Document
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import micro_text, parse_decimal, short_number, to_micro
from portfolio.kernel.text import clean, halfwidth
from portfolio.web.fields import DayField, VersionField, WholeField, choices, choices_of
from portfolio.web.formatting import title_of, today
from portfolio.web.messages import sentence, text_of

BLANK_ROWS = 2
# The kind of evidence that a field is for.
KIND_OF = {"link": "link", "document_id": "document", "patent": "patent"}
TEXTS = (
    *("choked_kind", "choked", "node", "basis_kind", "basis", "basis_number", "share_source"),
    *("substitute", "validator", "validation", "impact", "official"),
)


def read_percent(text: str) -> int | None:
    """Millionths of a percent, with or without its sign; None for nothing. Raises InputError."""
    plain = clean(text).rstrip("%％")
    return to_micro(parse_decimal(plain)) if plain else None


class PercentField(StringField):
    """A part of a whole in percent; what was typed stays when it is wrong."""

    micro: int | None = None

    def process_data(self, value: Any) -> None:
        """Show a stored part."""
        self.micro = value
        self.data = "" if value is None else micro_text(value)

    def pre_validate(self, form: FlaskForm) -> None:
        """Read the part, or say what is wrong with it."""
        self.micro = None
        try:
            self.micro = read_percent(self.data or "")
        except InputError as error:
            raise ValidationError(text_of(error)) from error


class IncumbentsField(Field):
    """Rows of incumbents: inputs of one name a column, side by side."""

    rows: list[dict[str, str]]
    values: tuple[Incumbent, ...] = ()

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take the rows that were sent; those that say nothing are none."""
        super().process(None, data)
        self.rows = []
        if formdata is not None:
            columns = [formdata.getlist(f"{self.name}-{name}") for name in INCUMBENT_COLUMNS]
            sent = [
                dict(zip(INCUMBENT_COLUMNS, row, strict=True))
                for row in zip(*columns, strict=False)
            ]
            self.rows = [row for row in sent if any(text.strip() for text in row.values())]
        self.data = self.rows

    def show(self, known: Sequence[Incumbent]) -> None:
        """Show stored ones."""
        self.rows = [
            {
                "name": one.name,
                "country": one.country,
                "share_micro": "" if one.share_micro is None else micro_text(one.share_micro),
                "year": str(one.year or ""),
                "source": one.source,
            }
            for one in known
        ]

    @property
    def shown(self) -> Sequence[Mapping[str, str]]:
        """The rows with some more to fill in."""
        return [*self.rows, *({} for _ in range(BLANK_ROWS))][:MOST_INCUMBENTS]

    def pre_validate(self, form: FlaskForm) -> None:
        """Read them, or say which row is wrong."""
        self.values = ()
        if len(self.rows) > MOST_INCUMBENTS:
            raise ValidationError(sentence("incumbent.many", most=MOST_INCUMBENTS))
        found = []
        for number, row in enumerate(self.rows, start=1):
            try:
                found.append(_incumbent(row))
            except InputError as error:
                raise ValidationError(at_row(number, text_of(error))) from error
        self.values = tuple(found)


def at_row(number: int, words: str) -> str:
    """A sentence about one row of several."""
    return sentence("incumbent.row", number=number, words=words)


def _incumbent(row: Mapping[str, str]) -> Incumbent:
    year = short_number(halfwidth(clean(row["year"])))
    if row["year"].strip() and year is None:
        raise InputError("share.year", least=FIRST_YEAR, most=today().year)
    name, country, source = (clean(row[key])[:SHORT] for key in ("name", "country", "source"))
    return Incumbent(name, country, read_percent(row["share_micro"]), year, source)


def years() -> tuple[int, int]:
    """The years that a share may be of."""
    return FIRST_YEAR, today().year


class PieceForm(FlaskForm):
    """A piece of evidence."""

    piece_kind = SelectField(
        _l("Kind of evidence"),
        choices=lambda: choices_of(ladder().kinds.values(), blank=False),
        default="text",
    )
    piece_level = SelectField(
        _l("Level it supports"), choices=lambda: choices(levels()), default="E0"
    )
    piece_text = TextAreaField(_l("What it says"), [Length(max=LONG)])
    piece_link = StringField(_l("Link"), [Length(max=2000)])
    piece_document_id = SelectField(_l("Document of the company"), default="")
    piece_patent = StringField(_l("Patent number"), [Length(max=60)])
    piece_issuer = StringField(_l("Who gave it"), [Length(max=SHORT)])
    piece_dated_on = DayField(_l("Its date"))

    def offer(self, documents: Sequence[Document]) -> None:
        """Let these documents be chosen."""
        pairs = [(str(row.id), row.title) for row in documents]
        self.piece_document_id.choices = choices(pairs, blank=True)

    @property
    def given(self) -> bool:
        """Whether anything of a piece of the kind that is chosen was filled in."""
        return any(self._typed(name) for name in ("text", "issuer", *KIND_OF))

    def _typed(self, name: str) -> str:
        """What was typed into a field, as far as it belongs to the kind that is chosen."""
        kind = KIND_OF.get(name, self.piece_kind.data)
        return clean(self[f"piece_{name}"].data or "") if kind == self.piece_kind.data else ""

    def piece(self) -> Piece:
        """What was filled in; a patent's number in its common form where it has one."""
        patent = self._typed("patent")
        with suppress(InputError):  # said at the field, by what checks the piece
            patent = patent_number(patent) if patent else ""
        return Piece(
            self.piece_kind.data,
            self.piece_level.data,
            self._typed("text"),
            self._typed("link"),
            short_number(self._typed("document_id")),
            patent,
            self._typed("issuer"),
            self.piece_dated_on.day,
        )

    def place(self, errors: Mapping[str, InputError]) -> None:
        """Show what is wrong at the fields that it concerns."""
        for name, error in errors.items():
            field = self._fields.get(name.replace("piece-", "piece_"))
            words = text_of(error)
            if name.startswith("incumbents-"):
                field = self._fields["incumbents"]
                words = at_row(int(name.removeprefix("incumbents-")) + 1, words)
            if field is None:
                self.form_errors.append(words)
            elif not field.errors:
                field.errors = [words]


def levels() -> list[tuple[str, str]]:
    """The levels with their titles."""
    return [(one.value, f"{one.value} {title_of(one)}") for one in ladder().levels.values()]


def technologies() -> list[tuple[str, str]]:
    """The technologies with their titles."""
    return [(t.id, title_of(t)) for t in taxonomy().technologies.values()]


class ClaimForm(PieceForm):
    """A claim that a company develops a technology: what it says, what shows it, until when."""

    seen = VersionField()
    technology = SelectField(_l("Technology"), choices=lambda: choices(technologies(), blank=True))
    level = SelectField(_l("Evidence level"), choices=lambda: choices(levels()), default="E0")
    choked_kind = SelectField(
        _l("Kind"), choices=lambda: choices_of(ladder().choked.values()), default=""
    )
    choked = StringField(_l("Which exactly"), [Length(max=SHORT)])
    node = StringField(_l("Its place in the chain"), [Length(max=SHORT)])
    basis_kind = SelectField(
        _l("Basis of control"), choices=lambda: choices_of(ladder().bases.values()), default=""
    )
    basis = TextAreaField(_l("What it says or shows"), [Length(max=LONG)])
    basis_number = StringField(_l("Number of the list or entry"), [Length(max=SHORT)])
    basis_on = DayField(_l("Its day"))
    foreign_micro = PercentField(_l("Foreign share (%)"))
    domestic_micro = PercentField(_l("Domestic share (%)"))
    share_year = WholeField(_l("Year of the shares"), bounds=years)
    share_source = StringField(_l("Source of the shares"), [Length(max=SHORT)])
    suppliers = WholeField(_l("Number of suppliers"), bounds=lambda: (0, 9999))
    incumbents = IncumbentsField(_l("Foreign incumbents"))
    substitute = SelectField(
        _l("Domestic substitute"),
        choices=lambda: choices_of(ladder().substitutes.values()),
        default="",
    )
    validator = StringField(_l("Downstream user"), [Length(max=SHORT)])
    validation = TextAreaField(_l("What the user found"), [Length(max=LONG)])
    impact = TextAreaField(_l("What a cut-off would do"), [Length(max=LONG)])
    official = StringField(_l("Match in an official list"), [Length(max=SHORT)])
    counter_evidence = TextAreaField(_l("Counter-evidence looked for"), [Length(max=LONG)])
    recheck_on = DayField(_l("Look at it again by"))

    def claim(self) -> Claim:
        """What was filled in."""
        return Claim(
            self.technology.data or "",
            self.level.data,
            Card(
                **{name: clean(self[name].data or "") for name in TEXTS},
                basis_on=self.basis_on.day,
                foreign_micro=self.foreign_micro.micro,
                domestic_micro=self.domestic_micro.micro,
                share_year=self.share_year.number,
                suppliers=self.suppliers.number,
                incumbents=self.incumbents.values,
            ),
            clean(self.counter_evidence.data or ""),
            self.recheck_on.day,
            (self.piece(),) if self.given else (),
        )

    def show(self, tag: Tag | None, renewing: bool) -> None:
        """Fill in what stands; of a claim that expired all but what has to be looked at again."""
        self.seen.data = str(tag.id if tag else 0)
        self.recheck_on.process_data(ladder().latest_recheck(today()))
        if tag is None:
            return
        self.technology.data, self.level.data = tag.technology, tag.level
        if tag.card is not None:
            self._show_card(tag.card.value())
        if not renewing:
            self.counter_evidence.data = tag.counter_evidence
            if tag.recheck_on:
                self.recheck_on.process_data(tag.recheck_on)

    def _show_card(self, card: Card) -> None:
        for name in (*TEXTS, "basis_on", "foreign_micro", "domestic_micro", "share_year"):
            self[name].process_data(getattr(card, name))
        self.suppliers.process_data(card.suppliers)
        self.incumbents.show(card.incumbents)


class RejectForm(FlaskForm):
    """Why a suggestion or a claim is wrong: one of the reasons, words, or both."""

    because = SelectField(
        _l("Main reason"), choices=lambda: choices_of(terms().offered()), default=""
    )
    reason = StringField(_l("Why not"), [Length(max=SHORT)])

    def validate_reason(self, field: Field) -> None:
        """Nothing is rejected without saying why."""
        if not (self.because.data or clean(field.data or "")):
            raise ValidationError(text_of(InputError("reason.missing")))


class WithdrawForm(FlaskForm):
    """Why a piece of evidence does not hold."""

    reason = StringField(
        _l("Why it does not hold"),
        [DataRequired(_l("Say why it does not hold.")), Length(max=SHORT)],
    )
