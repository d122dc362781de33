"""What a scenario holds in words, for histories and the audit trail."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from flask_babel import gettext as _

from portfolio.kernel.errors import InputError
from portfolio.kernel.numbers import MICRO
from portfolio.readiness.courses import EXPECTED, RATE, SINCE, name_of
from portfolio.readiness.scenarios import told
from portfolio.readiness.whatif import key_of, read_value
from portfolio.readiness.wording_views import brief, quantity
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language


def assumed_text(kept: str) -> str:
    """The figures that a scenario changes, with their titles and values; one that says no value
    as it was typed."""
    return _told(_assumed(name, text) for name, text in told(kept).items())


def _assumed(name: str, text: str) -> str:
    key = key_of(name)
    if key is None:
        return f"{name}: {text}"
    year = f" {key.year}" if key.year else ""
    return f"{title_of(key.entry)}{year}: {_value(key.entry, text)}"


def _value(metric: Metric, text: str) -> str:
    try:
        micro, choice = read_value(metric, text)
    except InputError:
        return text
    if micro is not None:
        return quantity(metric, "", Fraction(micro, MICRO))
    return metric.option_title(choice, language()) if choice else _("taken away")


def growth_text(kept: str) -> str:
    """How a scenario assumes that figures go on."""
    return _told(part for said in assumptions(told(kept)).values() for part in said)


def assumptions(texts: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    """By metric what is assumed of how it goes on, from texts by the name of their field."""
    found: dict[str, list[str]] = {}
    for name, text in texts.items():
        kind, _dot, metric_id = name.partition(".")
        metric = dictionary().get(metric_id)
        if metric is None:
            found.setdefault(name, []).append(f"{name}: {text}")
        elif kind != SINCE:
            since = texts.get(name_of(SINCE, metric), "")
            found.setdefault(metric_id, []).append(_going_on(kind, metric, text, since))
    return found


def _going_on(kind: str, metric: Metric, text: str, since: str) -> str:
    figure = brief(title_of(metric))
    if kind != EXPECTED:
        more = f"{text.rstrip('%％')}%" if kind == RATE else _value(metric, text)
        return _("%(figure)s: %(more)s a year", figure=figure, more=more)
    value = _value(metric, text)
    if since:
        return _(
            "%(figure)s: %(value)s expected from FY%(year)s on",
            figure=figure,
            value=value,
            year=since,
        )
    return _(
        "%(figure)s: %(value)s expected from the next fiscal year on", figure=figure, value=value
    )


def _told(parts: Iterable[str]) -> str:
    return ("; " if language() == "en" else "；").join(parts)
