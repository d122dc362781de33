"""Checking the chain, all of it or what is new, with what was found kept beside the trail."""

import datetime as dt
import time

from portfolio.audit import chain, queries
from portfolio.audit.models import AuditCheck
from portfolio.kernel.dates import local_date, start_of

NIGHT = dt.timedelta(hours=2)
DAY = dt.timedelta(days=1)
WHOLE_EVERY = 7 * DAY


def examined(whole: bool, by_name: str, now: dt.datetime) -> AuditCheck:
    """The finding of a check that runs now, not stored yet: reading every entry takes a while,
    and nobody's writing should wait for it.

    Unless `whole`, it begins where the last sound check ended; without one it takes all.
    """
    begun = time.monotonic()
    start = (0, chain.GENESIS) if whole else _last_sound()
    to_seq, own, broken = queries.walked(start)
    return AuditCheck(
        at=now,
        by_name=by_name,
        from_seq=start[0] + 1,
        to_seq=to_seq,
        hash=own,
        broken_seq=broken.seq if broken else None,
        reason=broken.reason if broken else "",
        took_ms=int((time.monotonic() - begun) * 1000),
    )


def due(now: dt.datetime) -> str:
    """What the clock should check now: "all" on the first night and then once a week, "new" on the
    other nights, "" when the night's check is done, by whomever."""
    whole, later = queries.last_checks()
    if whole is None:
        return "all"
    tonight = start_of(local_date(now)) + NIGHT
    night = tonight if tonight <= now else tonight - DAY
    if max(check.at for check in (whole, later) if check) >= night:
        return ""
    return "all" if night - whole.at > WHOLE_EVERY - DAY else "new"


def _last_sound() -> tuple[int, str]:
    whole, later = queries.last_checks()
    if whole is None or whole.broken_seq is not None:
        return 0, chain.GENESIS
    last = later if later is not None and later.broken_seq is None else whole
    return last.to_seq, last.hash
