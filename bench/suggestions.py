"""How many descriptions a second get suggestions, beside a bare search for the same names."""

import json
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path

import ahocorasick

from portfolio.chokepoint.lexicon import lexicon
from portfolio.chokepoint.suggest import suggest

WRITTEN = Path(__file__).parents[1] / "tests" / "chokepoint" / "data" / "written.jsonl"
TEXTS, ROUNDS = 5_000, 5
MANY, WITHIN, SHARE = 100_000, 60, 0.1


def texts() -> list[str]:
    """Descriptions, joined in pairs so that they are as long as real ones."""
    rows = [json.loads(line)["text"] for line in WRITTEN.read_text(encoding="utf-8").splitlines()]
    pairs = zip(cycle(rows), cycle(rows[1:]), strict=False)
    return ["\n".join(pair) for pair in islice(pairs, TEXTS)]


def rate(work: Callable[[str], object], given: Sequence[str]) -> float:
    """Descriptions per second of this process's own time."""
    begun = time.process_time()
    for text in given:
        work(text)
    return len(given) / (time.process_time() - begun)


def bare() -> Callable[[str], object]:
    """A search for every name of a technology, and nothing else."""
    names = ahocorasick.Automaton()
    for name, word in lexicon().words.items():
        if word.meanings:
            names.add_word(name, name)
    names.make_automaton()
    return lambda text: list(names.iter(text))


def table() -> None:
    """Print both, the best of a few rounds each."""
    given, search = texts(), bare()
    length = sum(map(len, given)) // len(given)
    rounds = [(rate(suggest, given), rate(search, given)) for _ in range(ROUNDS)]
    best, fast = (max(rates) for rates in zip(*rounds, strict=True))
    print(
        f"\n{f'suggestions from descriptions of {length} characters':<52}{'a second':>10}{'goal':>8}"
    )
    print(f"{'bare search for the same names (Aho-Corasick)':<52}{fast:>10,.0f}")
    print(f"{'suggestions, the whole reading':<52}{best:>10,.0f}{fast * SHARE:>8,.0f}")
    print(f"{f'seconds for {MANY:,}':<52}{MANY / best:>10.1f}{WITHIN:>8}")
