"""How findings, fields and differences of imports are put into the reader's words."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portfolio.companies import fact_sheet, year_sheet
from portfolio.intake.headings import METRIC, SHARES, choices
from portfolio.intake.models import Kind
from portfolio.kernel.numbers import from_micro, plain
from portfolio.kernel.records import LeadSource
from portfolio.rulebook.metrics import dictionary
from portfolio.rulebook.titles import exactly
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language
from portfolio.web.messages import sentence

FIELD_TITLES = {
    "company_id": _l("Company ID"),
    "company": _l("Company"),
    "stock_code": _l("Stock code"),
    "uscc": _l("Credit code"),
    "name_zh": _l("Chinese name"),
    "short_name": _l("Short name"),
    "name_en": _l("English name"),
    "former_names": _l("Former names"),
    "place": _l("Place"),
    "region_code": _l("Administrative code"),
    "industry": _l("Industry"),
    "founded_on": _l("Founded"),
    "website": _l("Website"),
    "lead_source": _l("Source of the lead"),
    "description": _l("What it does"),
    "products": _l("Main products"),
    "fiscal_year": _l("Fiscal year"),
    "listed_on": _l("Listed on"),
    "deal": _l("Number of the deal"),
    "name": _l("Deal name"),
    "pipeline": _l("Pipeline"),
    "vehicle": _l("Vehicle"),
    "vehicle_id": _l("Vehicle"),
    "target": _l("Target fund"),
    "owner": _l("Owner"),
    "owner_id": _l("Owner"),
    "round": _l("Round"),
    "round_size_fen": _l("Round size"),
    "amount_fen": _l("Our amount"),
    "pre_money_fen": _l("Pre-money valuation"),
    "lead_investor": _l("Lead investor"),
    "stage": _l("Stage"),
    "reason": _l("Reason"),
    "trl": _l("Technology readiness"),
    "risks": _l("Main risks"),
    "next_step": _l("Next step"),
    "next_step_on": _l("Next step on"),
    "position": _l("Position"),
    "founder": _l("Founder"),
    "phone": _l("Phone"),
    "email": _l("E-mail"),
    "note": _l("Note"),
    "title": _l("Title"),
    "due_on": _l("Due on"),
    "kind": _l("Type"),
    "dated_on": _l("Dated"),
    "link": _l("Link"),
}
# Fields that are something else in files of a kind.
OWN_TITLES = {(Kind.CONTACTS.value, "name"): _l("Person's name")}
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-bom": "UTF-8 BOM",
    "utf-16": "UTF-16",
    "gb18030": "GB18030",
    "xlsx": "XLSX",
}
# Findings that set two values of one field side by side, and those that say that they differ.
DIFFERING = frozenset({"value.taken", "value.differs", "figure.differs", "figure.hundredfold"})
COMPARING = DIFFERING | {"row.contradicts", "row.says_otherwise"}
# What a finding of the check says once the import was done.
DONE = {"value.taken": "value.was_taken"}
LEAD_SOURCE = "lead_source"
WHAT = {"changed": _l("changed since"), "used": _l("used since"), "gone": _l("no longer there")}


def field_title(field: str, kind: str) -> str:
    """What a field or a figure is called in files of a kind."""
    metric = dictionary().get(field.removeprefix(METRIC))
    own = OWN_TITLES.get((kind, field)) or FIELD_TITLES.get(field, field)
    return title_of(metric) if metric else str(own)


def grouped_options(kind: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything a column can stand for, in groups: what the rows are about, then the figures as
    their forms have them, with their units."""
    fields = [(field, field_title(field, kind)) for field in choices(kind)]
    groups = [(_("Details"), [(f, title) for f, title in fields if not f.startswith(METRIC)])]
    left = {f.removeprefix(METRIC) for f, _title in fields if f.startswith(METRIC)}
    for group in (*year_sheet.GROUPS, *fact_sheet.GROUPS):
        own = [metric for metric in group.metrics if metric.id in left]
        left -= {metric.id for metric in own}
        groups.append((title_of(group), [_headed(metric.id) for metric in own]))
    groups.append((_("Other figures"), [_headed(one) for one in dictionary() if one in left]))
    return [(title, options) for title, options in groups if options]


def _headed(metric_id: str) -> tuple[str, str]:
    return METRIC + metric_id, dictionary()[metric_id].heading(language())


def percent(field: str, micro: int) -> str:
    """A share as a percentage, however it is kept: 0.35 of one and 35 of a hundred are both 35%."""
    whole = SHARES[dictionary()[field.removeprefix(METRIC)].unit]["%"]
    return f"{plain(from_micro(micro) / whole)}%"


def told(field: str, text: str) -> str:
    """A value of a file, or of what is known, with the unit of its figure or the title of its
    option; a text that is none stays as it is."""
    if field == LEAD_SOURCE:
        source = LeadSource._value2member_map_.get(text)
        return title_of(source) if source else text
    metric = dictionary().get(field.removeprefix(METRIC))
    if metric is None:
        return text
    if not metric.numeric:
        return metric.option_title(text, language())
    try:
        return exactly(metric, Decimal(text))[language()]
    except InvalidOperation:
        return text


def message(finding: Mapping[str, Any], written: bool = False) -> str:
    """What a finding says; `written` says that it tells of an import that was done."""
    code, params = finding["code"], dict(finding["params"])
    for name in {"known", "value"} & params.keys() if code in COMPARING else ():
        params[name] = told(finding["field"], params[name])
    return sentence(DONE.get(code, code) if written else code, **params)


def worded(
    finding: Mapping[str, Any], refused: bool, kind: str, written: bool = False
) -> dict[str, Any]:
    """A finding as the table of findings of a kind of file shows it."""
    return {
        "row": finding["row"],
        "company": finding.get("company", ""),
        "company_code": finding.get("company_code", ""),
        "field": field_title(finding["field"], kind),
        "message": message(finding, written),
        "refused": refused,
        "differs": finding["code"] in DIFFERING,
    }
