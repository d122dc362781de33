"""The lines of a digest in words, the same for HTML, plain text and whatever else they are sent to."""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from portfolio.digest import lines
from portfolio.web import formatting
from portfolio.web.formatting import listed, title_of

BAD, WARN, GOOD, NEW = "bad", "warn", "good", "new"
LONGEST_NOTE = 120
MOST_CONDITIONS = 4


@dataclass(frozen=True)
class Said:
    """A line for reading. `lead` stands before what is linked and has a `tone`; `strong` is what the line
    is about, `small` stands below. A `share` in hundredths is drawn as a bar."""

    path: str
    title: str
    lead: str = ""
    tone: str = ""
    mine: bool = False
    text: str = ""
    strong: str = ""
    small: str = ""
    share: int | None = None

    @property
    def plain(self) -> str:
        """What stands behind the title, without any markup."""
        joint = {":": " ", "：": ""}.get(self.text[-1:], " · ")
        return joint.join(part for part in (self.text, self.strong) if part)


def cut(text: str, longest: int) -> str:
    """A text of one line, no longer than so many characters."""
    whole = " ".join(text.split())
    return whole if len(whole) <= longest else whole[: longest - 1].rstrip() + "…"


def beside(*parts: str) -> str:
    """What there is of some words, beside each other."""
    return " · ".join(part for part in parts if part)


def stamp(line: Any, *more: str) -> str:
    """When and by whom, and what else there is to say."""
    return beside(formatting.local_date(line.at), line.by, *more)


@singledispatch
def said(line: Any) -> Said:
    """A line in words of the reader's language."""
    raise TypeError(type(line))


@said.register
def _told(line: lines.ToldLine) -> Said:
    return Said(line.path, line.title, text=line.text, small=line.small, tone=line.tone)


@said.register
def _task(line: lines.TaskLine) -> Said:
    promised = _("promised to the founder") if line.promised else ""
    if line.founder:
        promised = _("promised to %(founder)s", founder=line.founder)
    tone = BAD if line.overdue else ""
    small = beside(line.about, promised)
    return Said(line.path, line.title, lead=due(line), tone=tone, small=small)


@said.register
def _step(line: lines.StepLine) -> Said:
    text = _("look at it again") if line.held else cut(line.text, LONGEST_NOTE) or _("next step")
    tone = BAD if line.overdue else ""
    return Said(line.path, line.deal.name, lead=due(line), tone=tone, text=text)


def due(line: lines.TaskLine | lines.StepLine) -> str:
    """When something is due, or for how long it has been."""
    if line.overdue:
        return ngettext("%(num)d day overdue", "%(num)d days overdue", -line.days)
    if line.days == 0:
        return _("due today")
    return _("due %(day)s", day=formatting.local_date(line.due_on))


@said.register
def _change(line: lines.Change) -> Said:
    if line.from_stage is None:
        text = _("new, in %(stage)s", stage=title_of(line.to_stage))
    elif line.from_stage.key != line.to_stage.key:
        text = f"{title_of(line.from_stage)} → {title_of(line.to_stage)}"
    else:
        text = title_of(line.to_stage)
    strong = title_of(line.to_status) if line.changed_status else ""
    if line.passed is not None:
        strong = beside(_("%(stage)s passed", stage=title_of(line.passed)), strong)
    if line.came_back:
        strong = _("back from hold on its day")
    overrode = ""
    if line.overrode is not None:
        count = len(line.overrode)
        overrode = _("stages skipped")
        if count:
            overrode = ngettext(
                "moved on with %(num)d condition open",
                "moved on with %(num)d conditions open",
                count,
            )
    fen = line.deal.amount_fen
    amount = _("amount %(sum)s", sum=formatting.short_money(fen)) if fen is not None else ""
    reason = title_of(line.reason) if line.reason else ""
    return Said(
        *(line.path, line.deal.name),
        mine=line.deal.mine,
        text=text,
        strong=beside(strong, overrode),
        tone=WARN if overrode else "",
        small=stamp(line, amount, reason, cut(line.note, LONGEST_NOTE)),
    )


@said.register
def _override(line: lines.OverrideLine) -> Said:
    count = len(line.conditions)
    still = ngettext("%(num)d condition open", "%(num)d conditions open", count) if count else ""
    names = [title_of(row) for row in line.conditions[:MOST_CONDITIONS]]
    names += ["…"] if count > MOST_CONDITIONS else []
    return Said(
        line.path,
        line.deal.name,
        mine=line.deal.mine,
        text=f"{title_of(line.from_stage)} → {title_of(line.to_stage)}",
        strong=still,
        tone=WARN if still else "",
        small=stamp(line, cut(line.note, LONGEST_NOTE), listed(names) if names else ""),
    )


@said.register
def _elsewhere(line: lines.ElsewhereLine) -> Said:
    moved = ngettext("%(num)d move", "%(num)d moves", line.moved) if line.moved else ""
    decided = ngettext("%(num)d decision", "%(num)d decisions", line.decided)
    return Said(line.path, beside(decided if line.decided else "", moved))


@said.register
def _slow(line: lines.SlowLine) -> Said:
    told = {"days": line.days, "over": line.over}
    text = (
        _("%(days)s working days, %(over)s over target", **told)
        if line.stage.working
        else _("%(days)s days, %(over)s over target", **told)
    )
    return Said(
        line.path,
        line.deal.name,
        mine=line.deal.mine,
        text=title_of(line.stage),
        strong=text,
        tone=WARN,
        small="" if line.deal.mine else line.deal.owner,
    )
