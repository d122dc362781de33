"""Items that only a person can judge: what they are, which standards ask for them, and how long a
judgement holds (pure)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from portfolio.readiness.targets import Target, targets
from portfolio.rulebook.engine import inputs_of
from portfolio.rulebook.loader import library
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import Rulebook


@cache
def judged() -> Mapping[str, Metric]:
    """The metrics that a person judges."""
    return {m.id: m for m in dictionary().values() if m.judgement}


@dataclass(frozen=True)
class Judgement:
    """What a person judged: yes or no as a word, on which day, until when it holds, what it rests
    on; without a word it was withdrawn, and `evidence` says why."""

    metric: Metric
    choice: str | None
    judged_on: dt.date | None
    valid_until: dt.date | None
    source: str
    evidence: str
    recorded_at: dt.datetime
    recorded_by: str
    current: bool = True

    @property
    def withdrawn(self) -> bool:
        """Whether it takes an earlier judgement back."""
        return self.choice is None

    def expired(self, day: dt.date) -> bool:
        """Whether it holds no more on a day."""
        return self.valid_until is not None and self.valid_until < day


@lru_cache(maxsize=500)
def asked_by(metric_id: str, day: dt.date, region: str | None) -> Sequence[tuple[Target, Rulebook]]:
    """The targets whose verdict may hang on a judgement, by the rulebooks that apply."""
    found = []
    for target in targets():
        book = target.book_on(day, region)
        if book is not None and metric_id in inputs_of(target.clause_of(book), library()):
            found.append((target, book))
    return found
