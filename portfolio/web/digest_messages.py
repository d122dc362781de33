"""Sentences about schedules of digests, pauses and what is sent by hand."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "digest.weekday": _l("Choose a day of the week."),
    "digest.month_day": _l("“%(value)s” is no day of a month: write 1 to 31."),
    "digest.time": _l("“%(value)s” is no time of the day. Write it as 08:30."),
    "digest.zone": _l("There is no time zone “%(value)s”. Write it as Asia/Shanghai."),
    "digest.event": _l("There is no event “%(value)s”."),
    "digest.no_event": _l("Choose at least one event."),
    "digest.nobody": _l("Choose at least one role or person: nobody would get this."),
    "digest.person": _l("One of the people chosen has no open account."),
    "digest.duplicate": _l(
        "“%(name)s” comes at the very same time: change who gets that one instead."
    ),
    "digest.pause_day": _l("Enter a day."),
    "digest.pause_backwards": _l("The pause would end before it begins."),
    "digest.pause_holds": _l("You are away until %(until)s: end that pause first."),
    "digest.pause_over": _l("The last day lies in the past."),
    "digest.no_period": _l("No digest tells of that day: choose one from %(first)s on, up to now."),
    "digest.window": _l("This address names no time."),
    "digest.too_soon": _l("One was sent to you a moment ago. Try again in a minute."),
    "digest.not_failed": _l("Only a message that failed can be sent again."),
    "digest.sent_again": _l("It was sent again already."),
    "digest.not_open": _l("Nothing can be sent to this person now: %(reason)s."),
    "digest.begun": _l("Sending has begun: this run can no longer be cancelled."),
}
