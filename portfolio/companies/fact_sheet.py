"""Reading dated facts as typed: numbers, flags and options, with the questions they raise (pure)."""

from collections.abc import Mapping

from portfolio.companies.sheet_groups import Group, Typed, Value, named_groups, read_number
from portfolio.kernel.errors import InputError
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.plausible import Known

# What a person answers who cannot tell: recorded as not known, where a blank records nothing.
NOT_KNOWN = "unknown"


def _grouped() -> tuple[Group, ...]:
    """The groups with their metrics; what no group names stands under its own dictionary."""
    left = {m.id: m for m in dictionary().values() if not m.yearly and not m.derive}
    named = tuple(named_groups("dated", left))
    listing = tuple(m for m in left.values() if "listing" in m.family)
    rest = tuple(m for m in left.values() if "listing" not in m.family)
    return (
        *named,
        Group("新三板挂牌条件", "Conditions of a NEEQ listing", listing),
        Group("专精特新及其他", "SRDI and other", rest),
    )


# What a page asks for: every dated fact that is not derived from others.
GROUPS = _grouped()
ORDER = tuple(metric for group in GROUPS for metric in group.metrics)


def read_facts(texts: Mapping[str, str], known: Known) -> Typed:
    """The facts typed, by metric id; empty texts say nothing, `unknown` that nobody knows. What a
    person judges is recorded on its own page, with its evidence. `known` are the millionths of the
    facts that stand recorded."""
    typed = Typed()
    for metric in ORDER:
        text = texts.get(metric.id, "").strip()
        if not text or metric.judgement:
            continue
        try:
            typed.values[metric.id] = _read(metric, text)
        except InputError as error:
            typed.errors[metric.id] = error
    typed.ask(known, {})
    return typed


def _read(metric: Metric, text: str) -> Value:
    if metric.numeric:
        return read_number(metric, text), None
    return (None, None) if text == NOT_KNOWN else metric.read(text)
