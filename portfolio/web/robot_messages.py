"""Sentences about the webhooks of chat robots."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "robot.missing": _l("Paste the webhook address."),
    "robot.malformed": _l(
        "This is no address. Copy it from the robot's settings as it stands there."
    ),
    "robot.https": _l("The address must begin with https:// and hold no port, name or password."),
    "robot.host": _l("Robots may post to %(hosts)s alone, not to “%(value)s”."),
    "robot.unknown": _l(
        "This is not the address of a robot of WeCom, Feishu or DingTalk, or part of it is missing."
    ),
    "robot.known": _l("“%(name)s” has this address already."),
    "robot.unsigned": _l("Robots of %(platform)s have no signing secret."),
    "robot.secret": _l("A secret has 8 to 200 letters, digits, - or _."),
}
