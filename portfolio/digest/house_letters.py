"""Lines about the fund as a whole and about the house in words."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.audit.titles import action_title
from portfolio.coverage.figures import per_cent
from portfolio.digest import house_lines
from portfolio.digest.line_letters import BAD, LONGEST_NOTE, WARN, Said, beside, cut, said, stamp
from portfolio.digest.wording_views import issue
from portfolio.web import formatting
from portfolio.web.formatting import title_of
from portfolio.web.i18n import language

MOST_NAMED = 3


@said.register
def _flow(line: house_lines.FlowLine) -> Said:
    active = ngettext("%(num)d active deal", "%(num)d active deals", line.count)
    return Said(line.path, beside(title_of(line.flow), active))


@said.register
def _funnel(line: house_lines.FunnelLine) -> Said:
    title, strong = title_of(line.stage), _step(line.change)
    return Said(line.path, title, text=str(line.count), strong=strong, share=_share(line))


def _step(step: int) -> str:
    """By how much a count changed in the digest's time."""
    return _("%(step)s since", step=f"{step:+d}") if step else ""


def _share(line: house_lines.FunnelLine | house_lines.OwnerLine) -> int:
    return 100 * line.count // line.most if line.most else 0


@said.register
def _cohort(line: house_lines.CohortLine) -> Said:
    told = {"year": line.year, "num": line.count}
    begun = ngettext("%(num)d deal begun in %(year)s", "%(num)d deals begun in %(year)s", **told)
    return Said(line.path, beside(title_of(line.flow) if line.flow else "", begun))


@said.register
def _conversion(line: house_lines.ConversionLine) -> Said:
    share = Fraction(line.before or 0, 1000)
    text = _(
        "%(share)s of those before, %(count)s deals", share=per_cent(share), count=line.reached
    )
    stayed = ""
    if line.median is not None:
        told = {"days": line.median}
        stayed = (
            _("median stay %(days)s working days", **told)
            if line.working
            else _("median stay %(days)s days", **told)
        )
    return Said(
        *(line.path, title_of(line.stage)),
        text=text,
        small=stayed,
        share=min(int(share * 100), 100),
    )


@said.register
def _owner(line: house_lines.OwnerLine) -> Said:
    worst = (
        ngettext(
            "longest %(num)d working day over", "longest %(num)d working days over", line.worst
        )
        if line.working
        else ngettext("longest %(num)d day over", "longest %(num)d days over", line.worst)
    )
    return Said(line.path, line.owner, text=str(line.count), small=worst, share=_share(line))


@said.register
def _coverage(line: house_lines.CoverageLine) -> Said:
    strong = _step(line.part - line.before)
    return Said(line.path, COVERED[line.what](line), text=line.share, strong=strong)


COVERED: Mapping[str, Callable[[house_lines.CoverageLine], str]] = {
    "pipeline": lambda line: _(
        "%(part)d of %(whole)d deals in the pipeline", part=line.part, whole=line.whole
    ),
    "invested": lambda line: _(
        "%(part)d of %(whole)d companies invested in", part=line.part, whole=line.whole
    ),
    "domains": lambda line: ngettext(
        "%(num)d domain covered", "%(num)d domains covered", line.part
    ),
}


@said.register
def _act(line: house_lines.ActLine) -> Said:
    title = action_title(line.action, language())
    text = beside(*line.about[:MOST_NAMED], *(title_of(role) for role in line.roles))
    return Said(line.path, title, text=text, small=stamp(line))


@said.register
def _person(line: house_lines.PersonLine) -> Said:
    name = line.name or _("The system")
    acts = [f"{action_title(action, language())} {count}" for action, count in line.actions]
    times = ngettext("%(num)d time", "%(num)d times", line.count)
    return Said(line.path, name, text=times, small=beside(*acts))


@said.register
def _chain(line: house_lines.ChainLine) -> Said:
    title = _("Entry %(number)s", number=line.seq)
    if line.broken is not None:
        broken = _("breaks at entry %(number)s", number=line.broken)
        return Said(line.path, title, strong=broken, tone=BAD, small=line.mark)
    if line.checked_at is None:
        return Said(line.path, title, strong=_("never checked"), tone=WARN, small=line.mark)
    checked = _(
        "whole up to entry %(number)s, checked %(when)s",
        number=line.checked_to,
        when=formatting.local_dt(line.checked_at),
    )
    return Said(line.path, title, text=checked, small=line.mark)


@said.register
def _failure(line: house_lines.FailureLine) -> Said:
    answer = beside(str(line.code or ""), cut(line.said, LONGEST_NOTE))
    mail = f"{title_of(line.schedule)} {issue(*line.issue)}"
    return Said(line.path, line.address, text=answer, tone=BAD, small=mail)


@said.register
def _unsubscribed(line: house_lines.UnsubscribedLine) -> Said:
    how = _("by the link in a mail") if line.by_link else _("on the page of digests")
    small = beside(formatting.local_date(line.at), how)
    return Said(line.path, line.name, text=title_of(line.kind), small=small)


@said.register
def _quality(line: house_lines.QualityLine) -> Said:
    return Said(line.path, f"{line.count} {QUALITY[line.what]()}")


QUALITY: Mapping[str, Callable[[], str]] = {
    "uscc": lambda: _("companies without a credit code"),
    "industry": lambda: _("companies without an industry"),
    "figures": lambda: _("companies without any revenue"),
    "disputed": lambda: _("differing figures that nobody decided on"),
}
