"""A digest as the message that a robot posts in its group."""

from flask import current_app
from flask_babel import gettext as _

from portfolio.digest import robot_queries, robots
from portfolio.digest.outline import Line, outline_of
from portfolio.digest.template_letters import Written
from portfolio.people.models import User
from portfolio.web.i18n import speaking, spoken


def sealed(words: Written, user: User) -> bytes:
    """The bytes of the request; the signature alone is made when it leaves."""
    robot = robot_queries.of_account(user.id)
    if robot is None:
        raise LookupError(f"account {user.id} has no robot")
    base = current_app.config["BASE_URL"].rstrip("/")
    locale = spoken(user.locale)
    with speaking(locale):
        last = Line(_("Everything in Kawei, as far as you may see it"), f"{base}/")
    outline = outline_of(words.subject, words.text, base, last, user.name)
    return robots.message(robots.PLATFORMS[robot.platform], outline, locale)
