"""Forms of companies: the company itself, a year's figures, contacts, activities, tasks, files."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, ValidationError

from portfolio.companies.models import Company
from portfolio.companies.year_sheet import require_ended
from portfolio.kernel import stockcode, uscc
from portfolio.kernel.errors import InputError
from portfolio.kernel.records import LeadSource
from portfolio.web.fields import DayField, PhoneField, VersionField, WholeField, choices_of
from portfolio.web.formatting import today
from portfolio.web.messages import text_of

FIRST_YEAR = 1990  # before it there are no annual reports of companies


def checked_uscc(form: FlaskForm, field: Field) -> None:
    """The credit code with its check digit."""
    if not (field.data or "").strip():
        return
    try:
        field.data = uscc.checked(field.data)
    except InputError as error:
        raise ValidationError(text_of(error)) from error


def checked_codes(form: FlaskForm, field: Field) -> None:
    """Stock codes, separated by spaces or commas."""
    try:
        for code in split(field.data):
            stockcode.normalise(code)
    except InputError as error:
        raise ValidationError(text_of(error)) from error


def checked_website(form: FlaskForm, field: Field) -> None:
    """Only addresses that a browser may follow safely."""
    if field.data and not field.data.startswith(("http://", "https://")):
        raise ValidationError(_l("Begin the address with https:// or http://."))


def checked_email(form: FlaskForm, field: Field) -> None:
    """Something before one @ and a domain with a dot behind it; mail is not sent to it."""
    name, _sign, domain = (field.data or "").strip().partition("@")
    if field.data and not (name and "." in domain and "@" not in domain and " " not in field.data):
        raise ValidationError(text_of(InputError("email.malformed", value=field.data)))


def lines(text: str | None) -> list[str]:
    """Entries one a line: English names have commas of their own."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def split(text: str | None) -> list[str]:
    """Entries separated by commas, semicolons, spaces or new lines."""
    plain = (text or "").replace("，", ",").replace("；", ",").replace(";", ",").replace("、", ",")
    return [part.strip() for line in lines(plain) for part in line.split(",") if part.strip()]


class CompanyForm(FlaskForm):
    """A company's own columns and names."""

    version = VersionField()
    opened = HiddenField()
    name_zh = StringField(
        _l("Chinese name"), [DataRequired(_l("A company needs its Chinese name.")), Length(max=200)]
    )
    short_name = StringField(_l("Short name"), [Length(max=60)])
    name_en = StringField(_l("English name"), [Length(max=200)])
    former_names = TextAreaField(_l("Former names"), [Length(max=2000)])
    uscc = StringField(_l("Unified social credit code"), [checked_uscc])
    uscc_missing_reason = StringField(_l("Why there is no code yet"), [Length(max=200)])
    stock_codes = StringField(_l("Stock codes"), [checked_codes])
    place = StringField(_l("Place"), [Length(max=100)])
    region_code = StringField(_l("Administrative code"), [Length(max=6)])
    industry = StringField(_l("Industry"), [Length(max=100)])
    founded_on = DayField(_l("Founded"))
    website = StringField(_l("Website"), [Length(max=300), checked_website])
    lead_source = SelectField(
        _l("Source of the lead"), choices=lambda: choices_of(LeadSource), default=""
    )
    lead_source_note = StringField(_l("Who or what exactly"), [Length(max=200)])
    description = TextAreaField(_l("What it does"), [Length(max=20000)])
    products = TextAreaField(_l("Main products"), [Length(max=4000)])
    confirmed = BooleanField(_l("It is another company: save it all the same"))

    def validate_region_code(self, field: Field) -> None:
        """Six digits, when given."""
        if field.data and not (
            len(field.data) == 6 and field.data.isascii() and field.data.isdigit()
        ):
            raise ValidationError(_l("An administrative code has six digits, such as 370212."))

    def opened_at(self) -> dt.datetime | None:
        """When the form was first shown; None when the browser says something else."""
        try:
            instant = dt.datetime.fromisoformat(self.opened.data or "")
        except ValueError:
            return None
        return instant if instant.tzinfo else None

    def values(self) -> dict[str, Any]:
        """What the operation takes."""
        names = (
            "name_zh name_en short_name uscc uscc_missing_reason region_code place industry "
            "website description products lead_source lead_source_note"
        )
        given = {name: self[name].data or "" for name in names.split()}
        return {**given, "uscc": given["uscc"] or None, "founded_on": self.founded_on.day}


def texts_of(company: Any) -> dict[str, str]:
    """What is stored (or was on a past day), as the form's fields write it."""
    return {
        "name_zh": company.name_zh,
        "short_name": company.short_name,
        "name_en": company.name_en,
        "former_names": "\n".join(name.name for name in company.names),
        "uscc": company.uscc or "",
        "uscc_missing_reason": company.uscc_missing_reason,
        "stock_codes": ", ".join(code.code for code in company.stock_codes),
        "founded_on": company.founded_on.isoformat() if company.founded_on else "",
        "place": company.place,
        "region_code": company.region_code,
        "industry": company.industry,
        "website": company.website,
        "description": company.description,
        "products": company.products,
        "lead_source": company.lead_source,
        "lead_source_note": company.lead_source_note,
    }


def form_for(company: Company, now: dt.datetime) -> CompanyForm:
    """The form filled with what is stored, and with what it was opened on."""
    form = CompanyForm(obj=company)
    if not form.is_submitted():
        texts = texts_of(company)
        form.former_names.data = texts["former_names"]
        form.stock_codes.data = texts["stock_codes"]
        form.version.data = str(company.version)
        form.opened.data = now.isoformat()
    return form


class FigureYearForm(FlaskForm):
    """Where the figures of one fiscal year come from; the figures themselves are read by name."""

    fiscal_year = WholeField(
        _l("Fiscal year"),
        [DataRequired(_l("Enter the fiscal year, such as 2025."))],
        bounds=lambda: (FIRST_YEAR, today().year),
    )
    source = StringField(
        _l("Source"), [DataRequired(_l("Say where the figures come from.")), Length(max=200)]
    )
    audited = BooleanField(_l("Audited"))
    confirmed = BooleanField(_l("The doubtful values are right"))

    def validate_audited(self, field: BooleanField) -> None:
        """Figures are audited once their fiscal year has ended."""
        try:
            require_ended([self.fiscal_year.number or FIRST_YEAR] if field.data else [], today())
        except InputError as error:
            raise ValidationError(text_of(error)) from error


class FactForm(FlaskForm):
    """As of which day facts are stated, by whom and on what they rest; they are read by name."""

    as_of = DayField(_l("As of"), [DataRequired(_l("Say on which day this was so."))])
    source = StringField(
        _l("Source"), [DataRequired(_l("Say where the facts come from.")), Length(max=200)]
    )
    evidence = TextAreaField(_l("What it rests on"), [Length(max=4000)])
    confirmed = BooleanField(_l("The doubtful values are right"))

    def validate_as_of(self, field: DayField) -> None:
        """A fact is of a day that has come."""
        if field.day and field.day > today():
            raise ValidationError(_l("That day has not come yet."))


class ContactForm(FlaskForm):
    """A founder or another person."""

    name = StringField(
        _l("Full name"), [DataRequired(_l("A person needs a name.")), Length(max=100)]
    )
    position = StringField(_l("Position"), [Length(max=100)])
    founder = BooleanField(_l("Founder"))
    phone = PhoneField(_l("Phone"))
    email = StringField(_l("E-mail"), [Length(max=200), checked_email])


class PatentsForm(FlaskForm):
    """Patents by their titles."""

    titles = TextAreaField(
        _l("Titles of patents"),
        [DataRequired(_l("Enter the titles, one a line.")), Length(max=60_000)],
        description=_l(
            "One a line, its number beside it if you have it; rows copied from a sheet will do."
            " Suggestions of technologies are made from the titles."
        ),
        render_kw={"rows": 10},
    )
