"""What kinds of input lack, as bits: something, and something that is no judgement (pure)."""

import numpy as np

from portfolio.rulebook.bulk.codes import choose
from portfolio.rulebook.bulk.whole import Array, Flags
from portfolio.rulebook.engine import MANUAL, UNKNOWN
from portfolio.rulebook.metrics import dictionary

JUDGED, PLAIN = 1, 3


def lacking(where: Flags, metric: str) -> Array:
    """That a metric lacks in some rows."""
    kind = JUDGED if dictionary()[metric].judgement else PLAIN
    return where * np.uint8(kind)


def open_status(lacks: Array) -> Array:
    """What is open is up to a person where nothing but judgements lacks."""
    return choose(lacks == JUDGED, MANUAL, UNKNOWN)
