"""Rulebooks written out as straight-line code, in Python or in zen's expression language, so that
another way of computing them can be measured on the same rules.

A status is 0 pass, 1 manual, 2 unknown, 3 fail: `max` of them is what an `all` group comes to. Numbers
are millionths, compared by cross multiplication; points are millionths of a point.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from bench.dialects import Dialect, Place
from portfolio.rulebook.engine import exact, word_of
from portfolio.rulebook.language import COMPOUND, EACH, GROWTH, RATIO
from portfolio.rulebook.metrics import Metric, dictionary
from portfolio.rulebook.model import ANY, NEVER, SCORE, TIERS, Bands, Clause, Item, Rulebook
from portfolio.rulebook.values import derived, whole_of, years_read

MICRO = 10**6
FACT, LATEST = "fact", "0"
PICKED = {"min": min, "max": max}


class NotSaid(ValueError):
    """What the straight-line form has no words for."""


@dataclass
class Written:
    """A rulebook as steps, each a name and an expression over the inputs and the steps before."""

    book: Rulebook
    books: Mapping[str, Rulebook]
    say: Dialect
    steps: list[tuple[str, str]] = field(default_factory=list)
    inputs: dict[str, tuple[str, str]] = field(default_factory=dict)
    verdict: str = ""
    total: tuple[str, str] | None = None
    known_steps: dict[str, str] = field(default_factory=dict)

    def whole(self) -> "Written":
        """All of the book. Raises NotSaid."""
        statuses = [self.status(root) for root in self.book.roots if not root.info]
        self.verdict = statuses[0] if self.book.decides else ""
        if self.book.items:
            ends = [self.points(item) for item in self.book.items]
            low, high = (self.kept(" + ".join(end)) for end in zip(*ends, strict=True))
            self.total = (low, high)
        return self

    def kept(self, expression: str) -> str:
        """The name of a step with this expression."""
        if expression not in self.known_steps:
            name = f"s{len(self.steps)}"
            self.steps.append((name, expression))
            self.known_steps[expression] = self.say.step + name
        return self.known_steps[expression]

    def status(self, clause: Clause) -> str:
        """The step with the status of a clause."""
        found = self._status(clause)
        if clause.skip:
            names = ", ".join(f"'{purpose}'" for purpose in clause.skip)
            found = self.say.choose(f"purpose in [{names}]", "0", found)
        return self.kept(found)

    def _status(self, clause: Clause) -> str:
        if clause.group:
            return self._group(clause.group, [self.status(child) for child in clause.children])
        if clause.over == TIERS:
            return self._tiered(clause)
        if clause.metrics:
            return self._test(clause)
        if clause.over == NEVER:
            return "3"
        if clause.over == SCORE:
            return self._scored(clause)
        return self._refers(clause)

    def _refers(self, clause: Clause) -> str:
        return self._group("all", [self.status(root) for root in self.books[clause.book].roots])

    def _group(self, group: str, below: Sequence[str]) -> str:
        if group != ANY or len(below) == 1:
            return self.say.of_all("max", below)
        found = "3"
        for status in (1, 2, 0):
            met = " or ".join(f"{one} == {status}" for one in below)
            found = self.say.choose(met, str(status), found)
        return found

    def _test(self, clause: Clause) -> str:
        metric = clause.metrics[0]
        judged = dictionary()[metric].judgement
        lacking = "0" if clause.optional else "1" if judged else "2"
        if clause.book and not clause.optional:
            lacking = self._refers(clause)
        if isinstance(clause.threshold, bool | str | tuple):
            words = clause.threshold if clause.test == "in" else (word_of(clause.threshold),)
            names = ", ".join(f"'{word}'" for word in words)
            for name in reversed(self._names(metric)):
                met = self.say.choose(f"{name} in [{names}]", "0", "3")
                lacking = self.say.choose(self.say.known(name), met, lacking)
            return lacking
        limit = exact(clause.threshold)
        if clause.over == EACH:
            years = [self.of_year(metric, back) for back in range(clause.years)]
            return self.say.of_all("max", [self._met(y, clause.test, limit, "2") for y in years])
        if clause.years == 1:
            return self._met(self.latest(metric), clause.test, limit, lacking)
        backs = years_read(clause.over, 0, clause.years)
        rows = [[self._value(self.of_year(m, -y)) for y in backs] for m in clause.metrics]
        place = self._aggregate(clause.over, rows, clause.years, 100)
        return self._met([place], clause.test, limit, lacking)

    def _met(self, places: Sequence[Place], test: str, limit: Fraction, lacking: str) -> str:
        for place in reversed(places):
            met = self.say.choose(place.compared(test, limit), "0", "3")
            lacking = self.say.choose(place.known, met, lacking)
        return lacking

    def _tiered(self, clause: Clause) -> str:
        below = [self.status(child) for child in clause.children]
        same = " and ".join(f"{one} == {below[0]}" for one in below)
        found = self.say.choose(same, below[0], "2")
        for place in reversed(self.latest(clause.metrics[0])):
            here = below[-1]
            for floor, status in [*zip(clause.floors, below, strict=True)][-2::-1]:
                here = self.say.choose(place.compared(">=", exact(floor)), status, here)
            found = self.say.choose(place.known, here, found)
        return found

    def _names(self, metric: str) -> list[str]:
        """What a metric's fact and its latest year are called as inputs."""
        return [self._input(metric, FACT), self._input(metric, LATEST)]

    def _input(self, metric: str, back: str) -> str:
        name = f"{metric}_{back}"
        self.inputs[name] = (metric, back)
        return name

    def latest(self, metric: str) -> list[Place]:
        """Where the latest number may stand."""
        places = [Place(self.say.known(n), n, str(MICRO)) for n in self._names(metric)]
        entry = derived().get(metric)
        if entry is not None and entry.years == 1:
            rows = [[self._value(self.latest(name))] for name in entry.inputs]
            places.append(self._derived(entry, rows))
        elif entry is not None:
            places.append(self._derived(entry, self._rows(entry, 0)))
        return places

    def of_year(self, metric: str, back: int) -> list[Place]:
        """Where the number of a year may stand."""
        name = self._input(metric, str(back))
        places = [Place(self.say.known(name), name, str(MICRO))]
        if metric in derived():
            entry = derived()[metric]
            places.append(self._derived(entry, self._rows(entry, back)))
        return places

    def _rows(self, entry: Metric, back: int) -> list[list[str]]:
        years = years_read(entry.derive, -back, entry.years)
        return [[self._value(self.of_year(name, -year)) for year in years] for name in entry.inputs]

    def _derived(self, entry: Metric, rows: Sequence[Sequence[str]]) -> Place:
        if entry.derive == "min":
            flat = [value for row in rows for value in row]
            return Place(self._all_known(flat), self.say.of_all("min", flat), str(MICRO))
        return self._aggregate(entry.derive, rows, entry.years, whole_of(entry).numerator)

    def _value(self, places: Sequence[Place]) -> str:
        """A number in one step, for computing with it."""
        if any(place.bottom != str(MICRO) or place.intervals for place in places):
            raise NotSaid("a share or a growth that is computed with further")
        found = self.say.null
        for place in reversed(places):
            found = self.say.choose(place.known, place.top, found)
        return self.kept(found) if len(places) > 1 else places[0].top

    def _all_known(self, values: Sequence[str]) -> str:
        return " and ".join(self.say.known(value) for value in dict.fromkeys(values))

    def _aggregate(self, over: str, rows: Sequence[Sequence[str]], years: int, whole: int) -> Place:
        first = rows[0]
        known = self._all_known([value for row in rows for value in row])
        if over == RATIO:
            above, below = (f"({' + '.join(row)})" for row in rows)
            return Place(f"{known} and {below} > 0", f"{above} * {whole}", below)
        if over == GROWTH:
            top = f"({first[0]} - {first[1]}) * {whole}"
            return Place(f"{known} and {first[1]} > 0", top, first[1])
        if over == COMPOUND:
            known = f"{known} and {first[-1]} > 0"
            return Place(known, first[0], first[-1], years - 1, whole)
        if over == "mean_growth":
            return self._mean_growth(first, known, whole)
        bottom = MICRO * (len(first) if over == "mean" else 1)
        return Place(known, f"({' + '.join(first)})", str(bottom))

    def _mean_growth(self, row: Sequence[str], known: str, whole: int) -> Place:
        bases = row[1:]
        terms = [
            " * ".join([f"({row[n]} - {base})", *(b for b in bases if b != base)])
            for n, base in enumerate(bases)
        ]
        positive = " and ".join(f"{base} > 0" for base in bases)
        top = f"({' + '.join(terms)}) * {whole}"
        return Place(f"{known} and {positive}", top, f"{' * '.join(bases)} * {len(bases)}")

    def _scored(self, clause: Clause) -> str:
        if clause.test == "==":
            raise NotSaid("a score that must be just so much")
        ends = [self.points(item) for item in clause.items]
        limit = int(exact(clause.threshold) * MICRO)
        low, high = (self.kept(" + ".join(end)) for end in zip(*ends, strict=True))
        met = [f"{end} {clause.test} {limit}" for end in (low, high)]
        decided = self.say.choose(f"{met[0]} or {met[1]}", "2", "3")
        return self.say.choose(f"{met[0]} and {met[1]}", "0", decided)

    def points(self, item: Item) -> tuple[str, str]:
        """What an item is worth at least and at most."""
        low, high = (self._points(item, end) for end in ("min", "max"))
        return self.kept(low), self.kept(high)

    def _points(self, item: Item, end: str) -> str:
        if item.kind == "bands":
            return self.say.of_all("max", [self._banded(bands, end) for bands in item.bands])
        if item.kind == "options":
            return self._of_options(item, end)
        if item.kind == "first":
            return self._first(item, end)
        most = str(item.most * MICRO)
        if item.kind == "sum":
            held = "== 0" if end == "min" else "< 3"
            parts = [
                self.say.choose(f"{self.status(test)} {held}", str(points * MICRO), "0")
                for test, points in item.choices
            ]
            return self.say.of_all("min", [" + ".join(parts), most])
        value = worth = self._value(self.latest(item.metric))
        if item.kind == "every":
            steps = self.say.steps(value, int(exact(item.size) * MICRO))
            worth = f"{steps} * {item.points * MICRO}"
        capped = self.say.of_all("max", ["0", self.say.of_all("min", [worth, most])])
        return self.say.choose(self.say.known(value), capped, "0" if end == "min" else most)

    def _banded(self, bands: Bands, end: str) -> str:
        steps = [(exact(step), points) for step, points in bands.steps]
        given = [bands.otherwise, *(points for _, points in steps)]
        worth = str(PICKED[end](given) * MICRO)
        for place in reversed(self.latest(bands.metric)):
            here = str(bands.otherwise * MICRO)
            for step, points in reversed(steps):
                met = place.compared(">=" if bands.upward else "<=", step)
                here = self.say.choose(met, str(points * MICRO), here)
            worth = self.say.choose(place.known, here, worth)
        return worth

    def _of_options(self, item: Item, end: str) -> str:
        worth = str(PICKED[end](points for _, points in item.options) * MICRO)
        for name in reversed(self._names(item.metric)):
            here = "0"
            for word, points in item.options:
                here = self.say.choose(f"{name} == '{word}'", str(points * MICRO), here)
            worth = self.say.choose(self.say.known(name), here, worth)
        return worth

    def _first(self, item: Item, end: str) -> str:
        worth = str(item.otherwise * MICRO)
        for test, points in reversed(item.choices):
            status, mine, rest = self.status(test), str(points * MICRO), self.kept(worth)
            maybe = self.say.of_all(end, [mine, rest])
            unmet = self.say.choose(f"{status} == 3", rest, maybe)
            worth = self.say.choose(f"{status} == 0", mine, unmet)
        return worth
