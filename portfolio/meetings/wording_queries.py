"""What meetings and what stands on their agendas is called, in the reader's language."""

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from portfolio.meetings.item_queries import Line
from portfolio.meetings.kinds import ASKS, KINDS
from portfolio.meetings.models import Meeting
from portfolio.pipeline.models import Status
from portfolio.web.formatting import local, title_of


def name_of(meeting: Meeting) -> str:
    """What a meeting is called: its title, or its kind."""
    return meeting.title or title_of(KINDS[meeting.kind])


def span(meeting: Meeting) -> str:
    """When a meeting is: day, weekday, from when until when."""
    begins, ends = local(meeting.starts_at), local(meeting.ends_at)
    weekday = format_date(begins.date(), "EEE")
    return f"{begins:%Y-%m-%d} {weekday} {begins:%H:%M}–{ends:%H:%M}"


def asked(line: Line) -> str:
    """What is asked about a deal, for how long, and who presents it; of one that has ended that alone."""
    if line.ended:
        return state_of(line)
    said = [title_of(line.ask), ngettext("%(num)d minute", "%(num)d minutes", line.minutes)]
    if line.presenter:
        said.append(_("presented by %(name)s", name=line.presenter))
    return " · ".join(filter(None, [state_of(line), *said]))


def state_of(line: Line) -> str:
    """That a deal on an agenda has ended or rests; "" of one that is active."""
    if line.status is Status.ACTIVE:
        return ""
    return _("now %(state)s", state=title_of(line.status).lower())


def kind_text(kind: str) -> str:
    """The title of a kind of meeting, for the trail."""
    return title_of(KINDS.get(kind)) or kind


def ask_text(ask: str) -> str:
    """The title of what is asked, for the trail."""
    return title_of(ASKS.get(ask)) or ask
