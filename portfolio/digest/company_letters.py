"""Lines about companies in words: leads, tags, recognitions, readiness, rules."""

from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.digest import company_lines
from portfolio.digest.line_letters import (
    BAD,
    GOOD,
    LONGEST_NOTE,
    NEW,
    WARN,
    Said,
    beside,
    cut,
    said,
    stamp,
)
from portfolio.digest.turns import Cause, Turn, Value
from portfolio.kernel.numbers import MICRO
from portfolio.readiness.wording_views import clause_brief, limit_of, measure, quantity
from portfolio.rulebook.engine import Outcome
from portfolio.rulebook.metrics import dictionary
from portfolio.web import formatting
from portfolio.web.formatting import listed, title_of

LONGEST_CLAUSE, MOST_ALSO = 60, 3


@said.register
def _company(line: company_lines.CompanyLine) -> Said:
    source = title_of(line.source) if line.source else ""
    return Said(line.path, line.name, small=beside(line.industry, line.place, source, line.by))


@said.register
def _tag(line: company_lines.TagLine) -> Said:
    was, will = line.before, line.after
    tone = WARN if was.claimed and (was.counts > will.counts or not will.claimed) else ""
    if will.counts > was.counts or (will.claimed and not was.claimed):
        tone = GOOD
    return Said(
        *(line.path, line.name),
        text=title_of(line.technology),
        strong=_stands(was, will),
        tone=tone,
        small=_why(line),
    )


def _stands(was: company_lines.TagStood, will: company_lines.TagStood) -> str:
    """How a claim stands, and how it did where that is another level."""
    if not will.claimed:
        return _("no longer claimed")
    levels = [one.level for one in (was, will) if one.claimed]
    words = list(dict.fromkeys(f"{level.value} {title_of(level.word)}" for level in levels))
    counts = ""
    if will.counts != was.counts:
        counts = _("counts in the statistics") if will.counts else _("no longer counts")
    waits = _("waits for its second reader") if will.waits else ""
    return beside(" → ".join(words), counts, waits)


def _why(line: company_lines.TagLine) -> str:
    """What made a claim stand otherwise: a day, who said so, and what was said."""
    if line.passed is not None:
        day = formatting.local_date(line.passed)
        if line.after.claimed:
            return _("was not read again by %(day)s", day=day)
        return _("its re-check was due by %(day)s", day=day)
    if (gone := line.withdrawn) is not None:
        return stamp(gone, _("evidence withdrawn"), cut(gone.reason, LONGEST_NOTE))
    renewed = _("renewed") if line.renewed else ""
    reason = title_of(line.reason) if line.reason else ""
    said = beside(renewed, reason, cut(line.words, LONGEST_NOTE))
    return stamp(line, said) if line.at else said


@said.register
def _certificate(line: company_lines.CertificateLine) -> Said:
    day = formatting.local_date(line.until)
    if line.days < 0:
        lead, tone = _("ended %(day)s", day=day), BAD
    else:
        lead = ngettext("%(num)d day left", "%(num)d days left", line.days)
        tone = WARN
    until = _("valid until %(day)s", day=day) if line.days >= 0 else ""
    return Said(
        *(line.path, line.name, lead, tone, line.mine),
        text=title_of(line.target),
        small=beside(until, line.number),
    )


@said.register
def _twin(line: company_lines.TwinLine) -> Said:
    return Said(line.path, f"{line.name} = {line.other}?", small=title_of(line.reason))


@said.register
def _rule(line: company_lines.RuleLine) -> Said:
    told = {"day": formatting.local_date(line.day)}
    lead = _("from %(day)s", **told) if line.begins else _("ended %(day)s", **told)
    if line.moved is None:
        text = _("effect not foreseen yet")
    elif not line.moved:
        text = _("moves none of your companies")
    else:
        text = ngettext("moves %(num)d company", "moves %(num)d companies", line.moved)
    effects = [f"{title_of(effect)} {count}" for effect, count in line.effects]
    small = beside(*effects, listed(list(line.names)) if line.names else "")
    tone = WARN if line.coming else NEW
    return Said(line.path, title_of(line.book), lead=lead, tone=tone, text=text, small=small)


TONES = {Turn.MET: GOOD, Turn.LOST: BAD, Turn.NEAR: WARN, Turn.AWAY: ""}


@said.register
def _turn(line: company_lines.TurnLine) -> Said:
    verdict = _("%(target)s %(turn)s", target=title_of(line.target), turn=title_of(line.turn))
    if line.unverified:
        verdict += _(" (by unverified text)")
    if line.test is not None:
        verdict = _("%(verdict)s:", verdict=verdict)
    shown = [line.test] if line.test is not None else []
    strong = "".join(clause_said(test) for test in shown)
    if line.others:
        strong += ngettext(", and %(num)d clause more", ", and %(num)d clauses more", line.others)
    also = [f"{title_of(flip.target)} {title_of(flip.turn)}" for flip in line.also[:MOST_ALSO]]
    also += ["…"] if len(line.also) > MOST_ALSO else []
    if line.cause:
        cause = cause_said(line.cause, line.causes)
    elif line.moved:
        cause = _("its region changed")
    elif line.by_day:
        cause = _("nothing was stated: a day passed")
    else:
        cause = _("what it is assessed by changed")
    more = _("also %(others)s", others=listed(also)) if also else ""
    return Said(
        line.path,
        line.name,
        mine=line.mine,
        text=verdict,
        strong=strong,
        tone=TONES[line.turn],
        small=beside(cause, more),
    )


def clause_said(test: Outcome) -> str:
    """A clause with its value and its threshold: “R&D intensity 8.3%, threshold ≥ 8%”."""
    name = cut(clause_brief(test), LONGEST_CLAUSE)
    if not test.clause.tested_number:
        return name
    if test.value is None:
        return _("%(clause)s not known, threshold %(limit)s", clause=name, limit=limit_of(test))
    value = measure(test, test.value)
    return _(
        "%(clause)s %(value)s, threshold %(limit)s", clause=name, value=value, limit=limit_of(test)
    )


def cause_said(cause: Cause, causes: int) -> str:
    """The figure that changed, from what to what, by whom and from which source."""
    metric_id, year = cause.key
    metric = dictionary().get(metric_id)
    name = title_of(metric) if metric else metric_id
    what = f"{name} {year}" if year else name
    change = f"{what} {_value(cause.old)} → {_value(cause.new)}"
    told = cause.new or cause.old
    by = _("entered by %(name)s", name=told.by) if told and told.by else ""
    sources = [told.source, told.evidence] if told else []
    source = cut(listed([s for s in sources if s]), LONGEST_CLAUSE) if any(sources) else ""
    more = ngettext("%(num)d figure more", "%(num)d figures more", causes - 1) if causes > 1 else ""
    return beside(change, by, _("source: %(text)s", text=source) if source else "", more)


def _value(value: Value | None) -> str:
    if value is None:
        return _("not known")
    metric = dictionary().get(value.metric)
    exact = value.choice if value.micro is None else Fraction(value.micro, MICRO)
    if metric is None or exact is None:
        return str(exact) if exact is not None else _("not known")
    return quantity(metric, "", exact)
