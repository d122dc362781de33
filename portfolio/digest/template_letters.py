"""A digest written in its reader's language: subject, plain text and HTML from the templates."""

import datetime as dt
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from portfolio.digest import (
    company_letters,
    house_letters,
    letters,
    number_letters,
    subject_letters,
)
from portfolio.digest.compose import Digest
from portfolio.digest.kinds import KINDS, Kind, Origin
from portfolio.digest.line_letters import said
from portfolio.digest.models import DigestSchedule
from portfolio.digest.wording_views import issue
from portfolio.people.models import User
from portfolio.web.i18n import speaking, spoken

FOLDER = "emails/digest"
WORDED = (company_letters, house_letters)  # which say their lines once they are imported


@dataclass(frozen=True)
class Written:
    """The words of a mail."""

    subject: str
    text: str
    html: str


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="digest-unsubscribe")


def unsubscribe_token(schedule_id: int, user_id: int) -> str:
    """What stands in the link that ends a subscription without log-in."""
    return str(_signer().dumps([schedule_id, user_id]))


def read_token(token: str) -> tuple[int, int] | None:
    """Schedule and person of a link; None when it was not made here."""
    try:
        schedule_id, user_id = _signer().loads(token)
    except (BadSignature, TypeError, ValueError):
        return None
    return int(schedule_id), int(user_id)


def unsubscribe_url(schedule_id: int, user_id: int) -> str:
    """The address for List-Unsubscribe."""
    base = current_app.config["BASE_URL"].rstrip("/")
    return f"{base}/digests/unsubscribe/{unsubscribe_token(schedule_id, user_id)}"


@dataclass(frozen=True)
class Heading:
    """What a mail calls itself: by its kind, and whether somebody only tries it out. `month_day` is
    that of its schedule; `wished` says that its reader set that up."""

    kind: Kind = Kind.WEEKLY
    origin: Origin = Origin.SLOT
    month_day: int = 1
    wished: bool = False

    @property
    def trial(self) -> bool:
        """Whether it was sent by hand, to look at."""
        return self.origin is Origin.HAND


def heading_of(schedule: DigestSchedule, origin: Origin = Origin.SLOT) -> Heading:
    """The heading of a schedule's mail."""
    own = schedule.owner_id is not None
    return Heading(KINDS[schedule.kind], origin, schedule.month_day, own)


def written(digest: Digest, user: User, schedule_id: int, heading: Heading = Heading()) -> Written:
    """Put a digest into words."""
    locale = spoken(user.locale)
    values = {
        "digest": digest,
        "mail": heading,
        "name": user.name,
        "base": current_app.config["BASE_URL"].rstrip("/"),
        "unsubscribe": unsubscribe_url(schedule_id, user.id),
        "locale": locale,
    }
    with speaking(locale):
        values["issue"] = issue(heading.kind, digest.period, heading.month_day)
        values["phrases"] = subject_letters.phrases(digest, naming=not heading.kind.timed)
        values["numbers"] = [(n, number_letters.before_of(digest, n)) for n in digest.numbers]
        values["figures"] = [number_letters.told(digest, n) for n in digest.numbers]
        values["compared"] = number_letters.compared(digest)
        values["parts"] = [(s, [said(line) for line in s.part.lines]) for s in digest.told]
        subject, text, html = (
            current_app.jinja_env.get_template(f"{FOLDER}/{name}").render(values)
            for name in ("subject.txt", "body.txt", "body.html")
        )
    return Written(letters.one_line(subject), text.strip() + "\n", html)


def sealed(
    words: Written, user: User, schedule_id: int, message_id: str, date: dt.datetime
) -> bytes:
    """The mail as the bytes that every attempt sends."""
    return letters.frozen(
        letters.Letter(
            sender=current_app.config["MAIL_FROM"],
            to_name=user.name,
            to_address=user.email,
            subject=words.subject,
            text=words.text,
            html=words.html,
            message_id=message_id,
            date=date,
            unsubscribe_url=unsubscribe_url(schedule_id, user.id),
        )
    )
