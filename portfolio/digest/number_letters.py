"""The numbers at the top of a digest in words."""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from portfolio.digest.compose import Digest, Number
from portfolio.kernel.dates import SHANGHAI
from portfolio.web.formatting import title_of

BEFORE: Mapping[str, Callable[[int], str]] = {
    "week": lambda count: _("last week %(count)s", count=count),
    "day": lambda count: _("the day before %(count)s", count=count),
    "": lambda count: _("before %(count)s", count=count),
}


def told(digest: Digest, number: Number) -> str:
    """A number with its name and what it was before, in one line."""
    return _(
        "%(what)s %(count)s (%(before)s)",
        what=title_of(number.kind),
        count=number.now,
        before=_(", ").join(before_of(digest, number)),
    )


def before_of(digest: Digest, number: Number) -> list[str]:
    """What a number was in the time before, and by how much it is another now."""
    said = [BEFORE[digest.stretch](number.before)]
    if number.change > 0:
        said.append(_("%(count)s more", count=number.change))
    if number.change < 0:
        said.append(_("%(count)s fewer", count=-number.change))
    return said


def compared(digest: Digest) -> str:
    """Which times the numbers are of, where their names do not say it."""
    if digest.stretch or not digest.numbers:
        return ""
    moments = [
        moment.astimezone(SHANGHAI) for moment in (digest.before, digest.since, digest.until)
    ]
    days = {moment.date() for moment in moments}
    form = "%m-%d" if len(days) == len(moments) else "%m-%d %H:%M"
    first, mid, last = (moment.strftime(form) for moment in moments)
    return _(
        "%(since)s to %(until)s; before: %(first)s to %(since)s", since=mid, until=last, first=first
    )
