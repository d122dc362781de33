"""What if: a company's figures changed on the page alone, and which verdicts move. Nothing is saved;
the address carries what is assumed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portfolio.companies.models import Company
from portfolio.kernel.dates import parse_date, reported_year
from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import short_number
from portfolio.people import access
from portfolio.readiness import scenario_queries
from portfolio.readiness.company_views import assessed, basis_of, company_or_404
from portfolio.readiness.courses import Growth, read_growth
from portfolio.readiness.inputs import Stated
from portfolio.readiness.models import Scenario
from portfolio.readiness.pictures import Picture
from portfolio.readiness.scenarios import told
from portfolio.readiness.views import blueprint
from portfolio.readiness.whatif import Assumed, Key, Move, moves, on_record, read_assumed, supposed
from portfolio.readiness.whatif_sheet import Section, sections
from portfolio.web.formatting import today
from portfolio.web.messages import text_of
from portfolio.web.paths import url_asking

OPEN_SECTIONS = 5
PATH = "/companies/<int:company_id>/readiness/what-if"


@dataclass(frozen=True)
class Supposition:
    """A company with figures changed in thought, by the rules of a day."""

    company: Company
    day: dt.date
    stated: tuple[Stated, ...]
    region: str | None
    assumed: Assumed
    growth: Growth
    scenario: Scenario | None = None
    wrong_day: str = ""

    @cached_property
    def before(self) -> Picture:
        """What the figures on record come to."""
        return assessed(self.stated, self.day, self.region)

    @cached_property
    def after(self) -> Picture:
        """What they come to with the changes."""
        if not self.assumed.values:
            return self.before
        return supposed(self.stated, self.assumed.values, self.day, self.region)

    @cached_property
    def moves(self) -> Sequence[Move]:
        """The targets that stand otherwise."""
        return moves(self.before, self.after)

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of the address that says the same."""
        on = {} if self.day == today() else {"on": self.day.isoformat()}
        return {**on, **self.beside, **self.assumed.arguments}

    @property
    def beside(self) -> Mapping[str, str]:
        """Those of them that say no figure: the scenario, and how figures go on."""
        opened = {"scenario": str(self.scenario.id)} if self.scenario else {}
        return opened | self.growth.texts

    @property
    def query(self) -> str:
        """The same as the address writes them."""
        return urlencode(self.arguments)

    @property
    def modified(self) -> bool:
        """Whether the page supposes something else than the scenario that was opened."""
        said = {**self.assumed.arguments, **self.growth.texts}
        row = self.scenario
        return row is not None and said != {**told(row.changes), **told(row.growth)}

    @property
    def wrong(self) -> bool:
        """Whether something was typed that says nothing."""
        return bool(self.assumed.errors or self.growth.errors or self.wrong_day)

    def without(self, key: Key) -> Mapping[str, str]:
        """The same arguments but for one figure."""
        return {name: text for name, text in self.arguments.items() if name != key.name}

    @cached_property
    def known(self) -> Mapping[Key, Any]:
        """The figures on record as the engine takes them."""
        return {Key(row.metric, row.year): row.value for row in self.stated}

    @cached_property
    def texts(self) -> Mapping[Key, str]:
        """The figures on record as they are typed."""
        return {key: key.entry.written(*kept) or "" for key, kept in on_record(self.stated).items()}

    @property
    def errors(self) -> Mapping[Key, str]:
        """What is wrong with what was typed."""
        return {key: text_of(error) for key, error in self.assumed.errors.items()}

    @property
    def now(self) -> str:
        """The day it is, as the field of the day has it."""
        return today().isoformat()

    def assumed_value(self, key: Key) -> Any:
        """A figure as it is assumed, as the engine takes it; None where it is taken away."""
        return Stated(*key, *self.assumed.values[key], None).value

    def value_of(self, key: Key) -> Any:
        """A figure as it is supposed, changed or not; None where it is not known."""
        return self.assumed_value(key) if key in self.assumed.values else self.known.get(key)

    def recorded(self, part: Section) -> int:
        """How many figures of a section are on record."""
        return sum(key in self.texts for key in part.keys)

    def opened(self, part: Section) -> bool:
        """Whether a section stands open: the yearly figures and those of a listing come first, and
        what is changed is seen."""
        place = self.sections.index(part)
        return place < OPEN_SECTIONS or any(key in self.assumed.texts for key in part.keys)

    @cached_property
    def sections(self) -> Sequence[Section]:
        """The figures that can be changed."""
        latest = self.before.figures.latest_year or reported_year(self.day)
        return sections(self.day, self.region, latest, {**self.texts, **self.assumed.texts})


Basis = tuple[tuple[Stated, ...], str | None]


def supposition(
    company: Company, texts: Mapping[str, str], basis: Basis | None = None
) -> Supposition:
    """What the arguments of an address suppose of a company; `basis` is what it is assessed on."""
    stated, region = basis or basis_of(company)
    day, wrong_day = _day_in(texts)
    number = short_number(texts.get("scenario", ""))
    return Supposition(
        company,
        day,
        stated,
        region,
        read_assumed(texts, stated),
        read_growth(texts),
        scenario_queries.find(company.id, number) if number else None,
        wrong_day,
    )


def _day_in(texts: Mapping[str, str]) -> tuple[dt.date, str]:
    """By the rules of which day, and what is wrong with it."""
    text = texts.get("on", "").strip()
    try:
        return (parse_date(text) if text else today()), ""
    except InputError as error:
        return today(), text_of(error)


@blueprint.get(PATH)
@access.permit("company.read")
def what_if(company_id: int) -> tuple[str, int]:
    """The figures that targets read, to be changed, and what moves by it."""
    found = supposition(company_or_404(company_id), request.args)
    return what_if_page(found), _status(found)


def what_if_page(found: Supposition, name: str = "", wrong: str = "") -> str:
    """The page of what is supposed, with the name that a scenario could not be kept under."""
    return render_template(
        "readiness/what_if.html", s=found, company=found.company, name=name, wrong=wrong
    )


@blueprint.post(PATH)
@access.permit("company.read")
def suppose(company_id: int) -> Response:
    """The way without scripts: lead to the address that carries what was changed."""
    found = supposition(company_or_404(company_id), request.form)
    odd_day = {"on": request.form["on"]} if found.wrong_day else {}
    asked = found.arguments | odd_day
    return redirect(url_asking("readiness.what_if", asked, company_id=company_id))


@blueprint.get(f"{PATH}/moves")
@access.permit("company.read")
def moved(company_id: int) -> tuple[str, int]:
    """What moves, as a part of the page."""
    found = supposition(company_or_404(company_id), request.args)
    return render_template("readiness/moved.html", s=found), _status(found)


def _status(found: Supposition) -> int:
    return 422 if found.wrong else 200
