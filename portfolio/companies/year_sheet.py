"""Reading a year's figures as typed, with the questions they raise (pure)."""

import datetime as dt
from collections.abc import Iterable, Mapping

from portfolio.companies.sheet_groups import Group, Typed, named_groups, read_number
from portfolio.kernel.errors import InputError
from portfolio.rulebook.metrics import yearly
from portfolio.rulebook.plausible import Known


def _grouped() -> tuple[Group, ...]:
    asked = {m.id: m for m in yearly() if not m.derive}
    groups = tuple(named_groups("yearly", asked))
    return (*groups, Group("其他", "Other", tuple(asked.values()))) if asked else groups


# What a page asks for: every yearly metric that is not derived from others.
GROUPS = _grouped()
ORDER = tuple(metric for group in GROUPS for metric in group.metrics)


def read_figures(texts: Mapping[str, str], known: Known, before: Known) -> Typed:
    """The figures typed, by metric id; empty texts say nothing. Amounts may carry 万 and 亿.

    `known` and `before` are the millionths recorded of this year and the year before.
    """
    typed = Typed()
    for metric in ORDER:
        text = texts.get(metric.id, "").strip()
        if not text:
            continue
        try:
            typed.values[metric.id] = (read_number(metric, text), None)
        except InputError as error:
            typed.errors[metric.id] = error
    typed.ask(known, before)
    return typed


def require_begun(years: Iterable[int], day: dt.date) -> None:
    """Figures are of a fiscal year that has begun. Raises InputError `year.ahead`."""
    if ahead := [year for year in years if year > day.year]:
        raise InputError("year.ahead", value=max(ahead))


def require_ended(years: Iterable[int], day: dt.date) -> None:
    """What is audited is a fiscal year that has ended. Raises InputError `year.not_audited`."""
    if running := [year for year in years if year >= day.year]:
        raise InputError("year.not_audited", value=max(running))
