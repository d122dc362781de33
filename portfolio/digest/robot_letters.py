"""A digest as the message that a robot posts in its group."""

from flask import current_app
from flask_babel import gettext as _

from portfolio.digest import number_letters, robot_queries, robots
from portfolio.digest.compose import Digest, Section
from portfolio.digest.line_letters import beside, said
from portfolio.digest.outline import LONGEST_TITLE, Line, Outline, Part, plain, told
from portfolio.people.models import User
from portfolio.web.formatting import local_dt, title_of
from portfolio.web.i18n import speaking, spoken


def sealed(digest: Digest, subject: str, user: User) -> bytes:
    """The bytes of the request; the signature alone is made when it leaves."""
    robot = robot_queries.of_account(user.id)
    if robot is None:
        raise LookupError(f"account {user.id} has no robot")
    locale = spoken(user.locale)
    with speaking(locale):
        outline = outlined(digest, subject, current_app.config["BASE_URL"].rstrip("/"))
    return robots.message(robots.PLATFORMS[robot.platform], outline, locale)


def outlined(digest: Digest, subject: str, base: str) -> Outline:
    """What the mail says, without what is small in it and without what is for one reader alone."""
    return Outline(
        plain(subject, LONGEST_TITLE),
        tuple(told(words) for words in _head(digest)),
        tuple(_part(section, base) for section in digest.told),
        told(_("Everything in Kawei, as far as you may see it"), f"{base}/"),
    )


def _head(digest: Digest) -> list[str]:
    rows = [_("%(since)s to %(until)s", since=local_dt(digest.since), until=local_dt(digest.until))]
    if digest.late:
        rows.append(_("This digest comes late and holds everything since your last one."))
    if digest.empty:
        return [*rows, _("Nothing changed in what you follow, and nothing is due.")]
    numbers = [number_letters.told(digest, number) for number in digest.numbers]
    return [
        *rows,
        *(words for words in (number_letters.compared(digest), beside(*numbers)) if words),
    ]


def _part(section: Section, base: str) -> Part:
    title = title_of(section.kind)
    counted = title if section.kind.standing else f"{title} ({section.part.total})"
    return Part(told(counted), tuple(_line(line, base) for line in section.part.lines))


def _line(line: object, base: str) -> Line:
    words = said(line)
    lead = f"{words.lead}: " if words.lead else ""
    return told(lead + beside(words.title, words.plain), base + words.path)
