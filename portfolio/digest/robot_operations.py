"""What is done with robots: they are entered, changed, switched off and on, and tried."""

import datetime as dt
import time
from dataclasses import dataclass

from flask import current_app
from flask_babel import gettext as _

from portfolio.digest import robot_delivery, robot_queries, robots
from portfolio.digest.outline import Line, Outline, plain
from portfolio.digest.robot_models import ChatRobot
from portfolio.digest.states import Outcome
from portfolio.extensions import db, note_event
from portfolio.kernel.errors import InputError
from portfolio.kernel.sealing import fingerprint, seal
from portfolio.people import operations as people
from portfolio.people import policy
from portfolio.web.i18n import speaking, spoken

# A robot's account reads for its group: it never logs in, so what its role may do is of no use.
ROLES = tuple(role for role in policy.ROLES.values() if "deal.read" in role.permissions)


@dataclass(frozen=True)
class Wanted:
    """What a robot shall be. An empty address or secret leaves what is kept."""

    name: str
    role: str
    locale: str
    address: str = ""
    secret: str = ""
    unsigned: bool = False


def enter(wanted: Wanted, now: dt.datetime) -> ChatRobot:
    """Open an account for a robot. Raises InputError."""
    address = read_address(wanted.address)
    mark = _unknown(address, None)
    user = people.create_robot(wanted.name, _role(wanted.role), now)
    user.locale = wanted.locale
    robot = ChatRobot(user_id=user.id, user=user)
    _point(robot, address, mark)
    _sign(robot, wanted)
    db.session.add(robot)
    db.session.flush()
    return robot


def change(robot: ChatRobot, wanted: Wanted, seen: int) -> None:
    """Change a robot as somebody saw it at version `seen`. Raises InputError."""
    if robot.version != seen:
        raise InputError("record.conflict")
    if wanted.address:
        address = read_address(wanted.address)
        _point(robot, address, _unknown(address, robot))
    _sign(robot, wanted)
    robot.user.name = wanted.name.strip()
    robot.user.locale = wanted.locale
    role = _role(wanted.role)
    if robot.user.roles != {role}:
        people.set_roles(robot.user, [role])
    db.session.flush()


def read_address(address: str) -> robots.Address:
    """A webhook's address, on a host that robots may use. Raises InputError."""
    config = current_app.config
    return robots.address_of(address, config["ROBOT_HOSTS"], config["ROBOT_TEST_HOSTS"])


def _role(key: str) -> str:
    if key not in {role.key for role in ROLES}:
        raise InputError("role.unknown", value=key)
    return key


def _unknown(address: robots.Address, robot: ChatRobot | None) -> str:
    """The address's fingerprint, where no other robot has it: a group gets each digest once."""
    text = f"{address.host}{address.platform.target(address.token)}"
    mark = fingerprint(text, current_app.config["SECRET_KEY"], robot_delivery.PURPOSE)
    known = robot_queries.with_fingerprint(mark)
    if known is not None and known is not robot:
        raise InputError("robot.known", name=known.user.name)
    return mark


def _point(robot: ChatRobot, address: robots.Address, mark: str) -> None:
    """Let a robot speak at another address; what signed for the old one does not for the new."""
    robot.platform, robot.host, robot.fingerprint = address.platform.key, address.host, mark
    robot.token_sealed, robot.token_end = _sealed(address.token)
    robot.secret_sealed = robot.secret_end = ""


def _sign(robot: ChatRobot, wanted: Wanted) -> None:
    secret = wanted.secret.strip()
    if wanted.unsigned and not secret:
        robot.secret_sealed = robot.secret_end = ""
    if not secret:
        return
    platform = robots.PLATFORMS[robot.platform]
    if not platform.signature:
        raise InputError("robot.unsigned", platform=platform)
    if not robots.SECRET.fullmatch(secret):
        raise InputError("robot.secret")
    robot.secret_sealed, robot.secret_end = _sealed(secret)


def _sealed(text: str) -> tuple[str, str]:
    key = current_app.config["SECRET_KEY"]
    return seal(text, key, robot_delivery.PURPOSE), robots.ending(text)


def switch(robot: ChatRobot, on: bool) -> None:
    """Let a robot speak, or not: what waits for one that is off is skipped."""
    robot.user.active = on


def tried(robot: ChatRobot) -> Outcome:
    """Send a message that says that it is a trial, and tell what the server answered."""
    with speaking(spoken(robot.user.locale)):
        words = _("This is a trial: the digests of %(name)s come here.", name=robot.user.name)
        base = current_app.config["BASE_URL"].rstrip("/")
        lines = (Line(plain(words)), Line(_("Open Kawei"), f"{base}/"))
        outline = Outline(_("Kawei: trial message"), lines)
    body = robots.message(robots.PLATFORMS[robot.platform], outline, robot.user.locale)
    return robot_delivery.post(robot, body, time.time(), current_app.config)


def note_trial(robot: ChatRobot, outcome: Outcome) -> None:
    """Keep in the trail that a trial message went out, and what came of it."""
    said = {"name": robot.user.name, "verdict": outcome.verdict.value}
    note_event("robot.try", ChatRobot.__audit__, robot.id, said)
