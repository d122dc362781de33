"""Figures of coverage: amounts with what is unknown beside them, cells of the map, shares (pure)."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from portfolio.coverage.phases import INVESTED

DAY = dt.timedelta(days=1)
TIERS = 4


@dataclass(frozen=True)
class Amount:
    """A sum in fen over the `known` rows; `unknown` ones have no amount, `hidden` ones an amount
    that is not for this reader."""

    fen: int = 0
    known: int = 0
    unknown: int = 0
    hidden: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.fen + other.fen,
            self.known + other.known,
            self.unknown + other.unknown,
            self.hidden + other.hidden,
        )

    @property
    def told(self) -> int | None:
        """The sum, None where no amount is known."""
        return self.fen if self.known else None


@dataclass(frozen=True)
class Counted:
    """How many there are, and what they come to."""

    count: int = 0
    amount: Amount = field(default_factory=Amount)

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True)
class Cell:
    """One technology on the map: its companies, its deals by stage, and what was invested."""

    technology: str
    companies: int = 0
    stages: Mapping[str, Counted] = field(default_factory=dict)
    invested: Counted = field(default_factory=Counted)

    @property
    def deals(self) -> int:
        """Deals of all stages."""
        return sum(found.count for found in self.stages.values())

    @property
    def amount(self) -> Amount:
        """Our amounts in deals of all stages."""
        return sum((found.amount for found in self.stages.values()), Amount())

    @property
    def gap(self) -> bool:
        """Whether there is no deal."""
        return not self.deals

    def measure(self, show: str) -> int:
        """What the fill of the cell stands for."""
        told = {"deals": self.deals, "companies": self.companies}
        return told.get(show, self.invested.amount.fen)

    def strip(self, phase_of: Mapping[str, str], order: Iterable[str]) -> list[tuple[str, int]]:
        """How many deals stand in each phase, in order, the empty ones left out."""
        counts: dict[str, int] = {}
        for stage, found in self.stages.items():
            phase = phase_of.get(stage, INVESTED)
            counts[phase] = counts.get(phase, 0) + found.count
        return [(phase, counts[phase]) for phase in order if counts.get(phase)]


def tier(value: int, most: int) -> int:
    """Which of the fills from 1 to `TIERS` stands for a value; 0 for nothing."""
    return 0 if value <= 0 or most <= 0 else max(1, -(-value * TIERS // most))


@dataclass(frozen=True)
class Segment:
    """A part of a strip: where it begins and how wide it is, in hundredths of the strip."""

    phase: str
    start: float
    width: float


def segments(strip: Sequence[tuple[str, int]]) -> list[Segment]:
    """A strip as parts of a whole."""
    whole, start, found = sum(count for _, count in strip), 0, []
    for phase, count in strip:
        found.append(Segment(phase, round(100 * start / whole, 2), round(100 * count / whole, 2)))
        start += count
    return found


def share(part: int, whole: int) -> Fraction | None:
    """A part of a whole; None of nothing."""
    return Fraction(part, whole) if whole > 0 else None


def per_cent(value: Fraction | None) -> str:
    """A share for reading, rounded half up to a tenth of a percent; less than all never reads as all,
    nor more than none as none. Empty when there is none."""
    if value is None:
        return ""
    tenths = (2000 * value.numerator + value.denominator) // (2 * value.denominator)
    if 0 < value < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths // 10}.{tenths % 10}%"


@dataclass(frozen=True)
class Part:
    """What of a whole is in chokepoint technology, and of which domains: one thing that is of two
    domains is in both of them and once in the part."""

    whole: Counted = field(default_factory=Counted)
    part: Counted = field(default_factory=Counted)
    domains: Mapping[str, Counted] = field(default_factory=dict)

    @property
    def by_number(self) -> Fraction | None:
        """The share by number."""
        return share(self.part.count, self.whole.count)

    @property
    def share_text(self) -> str:
        """The share by number for reading; empty where there is nothing."""
        return per_cent(self.by_number)

    @property
    def by_amount(self) -> Fraction | None:
        """The share by money, over the amounts that are known."""
        return share(self.part.amount.fen, self.whole.amount.fen)


@dataclass(frozen=True)
class Coverage:
    """The figures of a day: of the pipeline by deals and our amount in them, of what was invested
    by companies and cost."""

    day: dt.date
    pipeline: Part
    invested: Part

    @property
    def fields(self) -> int:
        """In how many domains money was invested."""
        return len(self.invested.domains)

    @property
    def empty(self) -> bool:
        """Whether there was nothing."""
        return not self.pipeline.whole.count and not self.invested.whole.count


def month_ends(today: dt.date, count: int) -> list[dt.date]:
    """The last days of the months that are over, the latest `count` of them, oldest first."""
    found: list[dt.date] = []
    day = today.replace(day=1) - DAY
    for _ in range(count):
        found.append(day)
        day = day.replace(day=1) - DAY
    return found[::-1]
