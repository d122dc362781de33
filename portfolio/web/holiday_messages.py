"""Sentences about the yearly notice on public holidays."""

from flask_babel import lazy_gettext as _l

MESSAGES = {
    "holiday.too_long": _l("The text is longer than %(most)s characters: paste the notice alone."),
    "holiday.none": _l("No day off was found in the text."),
    "holiday.neither": _l("Neither 放假 nor 上班 is said of a day here: “%(value)s”."),
    "holiday.no_day": _l("“%(said)s” is no day: “%(value)s”."),
    "holiday.range": _l(
        "From %(start)s to %(end)s is no holiday: it must end later, within two weeks: “%(value)s”."
    ),
    "holiday.unread": _l("“%(said)s” was not understood: “%(value)s”."),
    "holiday.count": _l("%(found)s days are named, %(said)s are said: “%(value)s”."),
    "holiday.weekday": _l(
        "%(day)s is %(found)s, not %(said)s: is this the notice of that year? “%(value)s”"
    ),
    "holiday.other_year": _l("%(day)s does not belong to %(year)s: “%(value)s”."),
    "holiday.both": _l("%(day)s is said to be off and to be worked: “%(value)s”."),
    "holiday.in_part": _l("The text leaves holidays out: add them, or confirm below."),
    "holiday.no_weekend": _l("%(day)s is worked anyhow, being no weekend: “%(value)s”."),
}
