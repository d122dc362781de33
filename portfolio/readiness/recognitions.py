"""What an authority has granted a company: a title or a listing, since when, until when, by which
certificate (pure). It is told apart from every pre-assessment and follows from none."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from portfolio.kernel.dates import years_later
from portfolio.kernel.titles import TitledEnum
from portfolio.readiness.targets import Target, plan

RENEWAL = dt.timedelta(days=183)  # before its end a renewal is due
GRANTED = "true"


class Standing(TitledEnum):
    """How a recognition stands on a day."""

    VALID = "valid", "已认定", "Recognised"
    DUE = "due", "已认定，待复核", "Recognised, renewal due"
    EXPIRED = "expired", "认定已到期", "Recognition expired"


@dataclass(frozen=True)
class Recognition:
    """One statement of it. `number` is that of the certificate or announcement; one that is not
    `granted` takes an earlier one back, and `evidence` says why."""

    target: Target
    granted: bool
    since: dt.date | None
    until: dt.date | None
    number: str
    evidence: str
    recorded_at: dt.datetime
    recorded_by: str
    current: bool = True

    def standing(self, day: dt.date) -> Standing:
        """How it stands on a day."""
        if self.until is None or day + RENEWAL < self.until:
            return Standing.VALID
        return Standing.DUE if day <= self.until else Standing.EXPIRED

    def left(self, day: dt.date) -> int:
        """How many hundredths of its validity are left on a day; all of one without an end."""
        if self.until is None or self.since is None:
            return 100
        whole = (self.until - self.since).days or 1
        return max(0, min(100, (self.until - day).days * 100 // whole))


@cache
def granted_targets() -> Mapping[str, Target]:
    """The targets that an authority grants, by the fact that records it."""
    return {target.granted: target for target in plan().targets if target.granted}


def usual_end(target: Target, since: dt.date) -> dt.date | None:
    """The last day of validity when nothing else is said; None where no rule is known."""
    if not target.valid_years:
        return None
    return years_later(since, target.valid_years) - dt.timedelta(days=1)
