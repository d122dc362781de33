"""The addresses at which all that a mail tells of its time is listed (pure)."""

import datetime as dt

from portfolio.kernel.errors import InputError

FORMS = ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S.%fZ")
# No mail makes up for more than a leave or a long failure.
LONGEST = dt.timedelta(days=800)


def path_of(place: str, since: dt.datetime, until: dt.datetime) -> str:
    """Where a part or a number is listed: `place` as in "parts/moves"."""
    return f"/digests/{place}?since={_written(since)}&until={_written(until)}"


def read(since: str, until: str) -> tuple[dt.datetime, dt.datetime]:
    """The time of such an address. Raises InputError `digest.window` for what is none."""
    first, last = _read(since), _read(until)
    if not dt.timedelta(0) <= last - first <= LONGEST:
        raise InputError("digest.window")
    return first, last


def _written(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).strftime(FORMS[bool(instant.microsecond)])


def _read(text: str) -> dt.datetime:
    for form in FORMS:
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
    raise InputError("digest.window")
