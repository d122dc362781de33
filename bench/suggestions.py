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


def texts(file: Path = WRITTEN) -> list[str]:
    """Descriptions of a file of `{"text": …}` lines, again and again. Those written for the tests are
    joined in pairs, to be as long as real ones; they name technologies far more densely."""
    rows = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    if file != WRITTEN:
        return list(islice(cycle(rows), TEXTS))
    pairs = zip(cycle(rows), cycle(rows[1:]), strict=False)
    return ["\n".join(pair) for pair in islice(pairs, TEXTS)]


def rate(work: Callable[[str], object], given: Sequence[str]) -> float:
    """Descriptions per second of this process's own time."""
    begun = time.process_time()
    for text in given:
        work(text)
    return len(given) / (time.process_time() - begun)


def bare() -> Callable[[str], list[object]]:
    """A search for every name of a technology, and nothing else."""
    names = ahocorasick.Automaton()
    for name, word in lexicon().words.items():
        if word.meanings:
            names.add_word(name, name)
    names.make_automaton()
    return lambda text: list(names.iter(text))


def table(file: str = "") -> None:
    """Print both, the best of a few rounds each; of a file of real descriptions too, if there is
    one."""
    for one in (WRITTEN, *([Path(file)] if file else [])):
        _part(texts(one), one)


def _part(given: Sequence[str], file: Path) -> None:
    search, length = bare(), sum(map(len, given)) / len(given)
    names = sum(len(search(text)) for text in given) / len(given)
    rounds = [(rate(suggest, given), rate(search, given)) for _ in range(ROUNDS)]
    best, fast = (max(rates) for rates in zip(*rounds, strict=True))
    title = f"{file.name}: {length:.0f} characters, {names:.1f} names in a text"
    print(f"\n{f'suggestions, {title}':<72}{'a second':>10}{'goal':>8}")
    print(f"{'bare search for the same names (Aho-Corasick)':<72}{fast:>10,.0f}")
    print(f"{'suggestions, the whole reading':<72}{best:>10,.0f}{fast * SHARE:>8,.0f}")
    print(f"{'share of the bare search':<72}{best / fast:>10.3f}{SHARE:>8}")
    print(f"{f'seconds for {MANY:,}':<72}{MANY / best:>10.1f}{WITHIN:>8}")
