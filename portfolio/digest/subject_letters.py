"""What the subject of a digest says: first what is overdue, then how much of what."""

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.digest.compose import Digest, Section
from portfolio.digest.line_letters import Said, beside, cut, said

MOST, LONGEST = 5, 60

# How much there is of a part, the weightiest first; of the others the subject says nothing.
COUNTED: Mapping[str, Callable[[int], str]] = {
    "broken": lambda n: _("the audit chain is broken"),
    "failures": lambda n: ngettext("%(num)d mail failed", "%(num)d mails failed", n),
    "imports": lambda n: ngettext("%(num)d import with errors", "%(num)d imports with errors", n),
    "tasks": lambda n: ngettext("%(num)d task", "%(num)d tasks", n),
    "agenda": lambda n: ngettext("%(num)d deal at a meeting", "%(num)d deals at a meeting", n),
    "overrides": lambda n: ngettext("%(num)d override", "%(num)d overrides", n),
    "access": lambda n: ngettext("%(num)d change of access", "%(num)d changes of access", n),
    "exports": lambda n: ngettext("%(num)d person took files", "%(num)d people took files", n),
    "decisions": lambda n: ngettext("%(num)d decision", "%(num)d decisions", n),
    "moves": lambda n: ngettext("%(num)d move", "%(num)d moves", n),
    "slow": lambda n: ngettext("%(num)d deal over time", "%(num)d deals over time", n),
    "turns": lambda n: ngettext(
        "%(num)d company with other readiness", "%(num)d companies with other readiness", n
    ),
    "rules": lambda n: ngettext("%(num)d rule changed", "%(num)d rules changed", n),
    "tags": lambda n: ngettext("%(num)d technology tag", "%(num)d technology tags", n),
    "companies": lambda n: ngettext("%(num)d new company", "%(num)d new companies", n),
}


def phrases(digest: Digest, naming: bool) -> Sequence[str]:
    """What the subject says beside each other; by its name what there is but one of, where `naming`
    asks for it."""
    if digest.empty:
        return [_("nothing new")]
    found = []
    if digest.overdue:
        found.append(ngettext("%(num)d overdue", "%(num)d overdue", digest.overdue))
    news = {section.kind.key: section for section in digest.news}
    # What is overdue of the tasks was said.
    keys = [key for key in COUNTED if key in news and not (key == "tasks" and digest.overdue)]
    found += [_phrase(news[key], naming) for key in keys]
    total = sum(section.part.total for section in digest.news)
    return found[:MOST] or [_("%(count)s to look at", count=total)]


def _phrase(section: Section, naming: bool) -> str:
    part = section.part
    if naming and part.total == 1 and part.lines:
        return named(said(part.lines[0]))
    return COUNTED[section.kind.key](part.total)


def named(line: Said) -> str:
    """A line in the room that a subject has: what it is about, and what became of that."""
    return cut(beside(line.title, line.plain), LONGEST)
