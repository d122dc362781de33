"""The yearly notice on public holidays, read as it is published: days off and days made up (pure).

Source of the form: 国务院办公厅关于部分节假日安排的通知, published late in the year before.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from portfolio.kernel.calendar import DAY
from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean, halfwidth

LONGEST = 4000
# A holiday may reach into the year beside, as that of 2019 began on 30 December 2018.
BESIDE = 31 * DAY
# Longer than any holiday in one piece: a month was misread.
LONGEST_HOLIDAY = 15
OFF, MADE_UP = "off", "made_up"
WEEKDAYS = "一二三四五六日"

_TOKEN = re.compile(
    rf"(?:周|星期)(?P<weekday>[{WEEKDAYS}天])"
    r"|共?\s*(?P<count>\d+)\s*天"
    r"|(?P<off>放假|休息|补休)"
    r"|(?P<made_up>上班)"
    r"|(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})[日号]"
    r"|(?P<iso>\d{4}-\d{1,2}-\d{1,2})"
    r"|(?P<to>至|到|[-—–~])"
)
_ENDS = re.compile(r"[。;\n]+")
_NUMBERED = re.compile(r"^\(?\d{1,2}\s*[.、)]\s*(?!\d)")


@dataclass(frozen=True)
class Arrangement:
    """Days off, weekends among them, and weekend days on which one works, each in order."""

    off: tuple[dt.date, ...]
    made_up: tuple[dt.date, ...]

    @property
    def written(self) -> tuple[str, str]:
        """Both as they are kept: days (2027-01-01) apart by blanks."""
        off, made_up = (" ".join(map(dt.date.isoformat, days)) for days in (self.off, self.made_up))
        return off, made_up


@dataclass
class _Sentence:
    """One sentence while it is read: the days that wait for a verb, and those that have had one."""

    text: str
    year: int
    waiting: list[dt.date] = field(default_factory=list)
    said: list[tuple[str, dt.date]] = field(default_factory=list)
    latest: dt.date | None = None
    counted: int | None = None  # how many days off the latest verb was about
    ranging: bool = False

    def refuse(self, why: str, **values: object) -> InputError:
        return InputError(f"holiday.{why}", **values, value=self.text)


def read(text: str, year: int) -> Arrangement:
    """The arrangement that a notice makes for a year.

    Raises InputError `holiday.*` with the sentence that cannot be so: days of which neither is
    said, a weekday or a number of days that does not fit, a number that was not understood, a day
    of another year or of no month, one both off and worked on, a made-up day in the week.
    """
    if len(text) > LONGEST:
        raise InputError("holiday.too_long", most=LONGEST)
    found: dict[dt.date, str] = {}
    for sentence in [_read(part, year) for part in sentences(text)]:
        for kind, day in sentence.said:
            _check(sentence, kind, day)
            if found.setdefault(day, kind) != kind:
                raise sentence.refuse("both", day=day.isoformat())
    if OFF not in found.values():
        raise InputError("holiday.none")
    off, made_up = (
        tuple(sorted(day for day, said in found.items() if said == kind)) for kind in (OFF, MADE_UP)
    )
    return Arrangement(off, made_up)


def sentences(text: str) -> list[str]:
    """The sentences of a notice, without the numbers before them."""
    plain = (clean(part) for part in _ENDS.split(halfwidth(text)))
    return [_NUMBERED.sub("", part) for part in plain if part]


def _read(text: str, year: int) -> _Sentence:
    sentence = _Sentence(text, year)
    tokens = list(_TOKEN.finditer(text))
    if not any(token["off"] or token["made_up"] for token in tokens):
        _require_no_days(sentence, tokens)
        return sentence
    if any(map(_is_day, tokens)):
        _require_understood(sentence, tokens)
    for token in tokens:
        _take(sentence, token)
    if sentence.waiting:
        raise sentence.refuse("neither")
    return sentence


def _is_day(token: re.Match[str]) -> bool:
    return bool(token["day"] or token["iso"])


def _require_no_days(sentence: _Sentence, tokens: Sequence[re.Match[str]]) -> None:
    """What a notice says besides may name its number and the day on which it was issued."""
    for token in tokens:
        whole = token["iso"] or (token["day"] and token["month"])
        if whole and _day(sentence, token).year >= sentence.year:
            raise sentence.refuse("neither")


def _require_understood(sentence: _Sentence, tokens: Sequence[re.Match[str]]) -> None:
    """No number may be left out in silence: a day that is not read would be a day at work."""
    rest = _TOKEN.sub(" ", sentence.text)
    if left := re.search(r"\d+", rest):
        raise sentence.refuse("unread", said=left.group())


def _take(sentence: _Sentence, token: re.Match[str]) -> None:
    if _is_day(token):
        day = _day(sentence, token)
        sentence.waiting += _range(sentence, day) if sentence.ranging else [day]
        sentence.latest, sentence.ranging, sentence.counted = day, False, None
    elif token["weekday"]:
        _check_weekday(sentence, token["weekday"])
    elif token["to"]:
        sentence.ranging = sentence.latest is not None and bool(sentence.waiting)
    elif token["count"]:
        if sentence.counted not in {None, int(token["count"])}:
            raise sentence.refuse("count", found=sentence.counted, said=token["count"])
    elif sentence.waiting:
        kind = OFF if token["off"] else MADE_UP
        sentence.said += ((kind, day) for day in sentence.waiting)
        sentence.counted = len(sentence.waiting) if kind == OFF else None
        sentence.waiting = []


def _day(sentence: _Sentence, token: re.Match[str]) -> dt.date:
    """A day as written; month and year are those of the day before it where it names none."""
    latest = sentence.latest
    try:
        if token["iso"]:
            return dt.date(*map(int, token["iso"].split("-")))
        month = int(token["month"] or (latest.month if latest else 0))
        year = int(token["year"] or (latest.year if latest else sentence.year))
        return dt.date(year, month, int(token["day"]))
    except ValueError as error:
        raise sentence.refuse("no_day", said=token.group()) from error


def _range(sentence: _Sentence, end: dt.date) -> Iterator[dt.date]:
    """The days after the latest one, up to and with this one."""
    start = sentence.latest or end
    if not 0 < (end - start).days < LONGEST_HOLIDAY:
        raise sentence.refuse("range", start=start.isoformat(), end=end.isoformat())
    return (start + n * DAY for n in range(1, (end - start).days + 1))


def _check_weekday(sentence: _Sentence, said: str) -> None:
    day = sentence.latest
    if day is not None and WEEKDAYS.index(said.replace("天", "日")) != day.weekday():
        found = WEEKDAYS[day.weekday()]
        raise sentence.refuse("weekday", day=day.isoformat(), found=f"周{found}", said=f"周{said}")


def _check(sentence: _Sentence, kind: str, day: dt.date) -> None:
    first, last = dt.date(sentence.year, 1, 1), dt.date(sentence.year, 12, 31)
    if not first - BESIDE <= day <= last + BESIDE:
        raise sentence.refuse("other_year", day=day.isoformat(), year=sentence.year)
    if kind == MADE_UP and day.weekday() < 5:
        raise sentence.refuse("no_weekend", day=day.isoformat())
