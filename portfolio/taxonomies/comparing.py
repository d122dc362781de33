"""What two taxonomies make different of texts: the words that count otherwise, what a text claims
by each, and doubts about words that are new (pure)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from portfolio.chokepoint.folding import flattened, unmarked
from portfolio.chokepoint.joining import claimed
from portfolio.chokepoint.lexicon import Lexicon
from portfolio.chokepoint.sources import Text
from portfolio.chokepoint.suggest import SOURCE
from portfolio.chokepoint.taxonomy import Taxonomy, Technology, shipped
from portfolio.kernel.titles import TitledEnum

# A word in more of the library than this, and in so many texts at least, is worth a second look.
COMMON_PERCENT, COMMON_TEXTS = 1, 20
NAMED = 4


class Doubt(TitledEnum):
    """Why a new word is worth a second look."""

    SHORT = "short", "只有一个字，识别时不会读取", "One character: the reading skips it"
    SHARED = "shared", "其他技术也用此词", "Other technologies have it too"
    WITHIN = "within", "包含于其他技术的词", "Part of another technology's word"
    FRIEND = "friend", "在已知误导词中", "A known false friend"
    VERB = "verb", "是识别所用的动词或标志词", "A verb or sign that texts are read by"
    COMMON = "common", "在库中命中过多", "In many descriptions of the library"


@dataclass(frozen=True)
class Doubtful:
    """A new word with its doubt, and the technologies or the number that make it one."""

    technology: str
    word: str
    doubt: Doubt
    others: tuple[str, ...] = ()
    number: int = 0


class Comparison:
    """Two lexicons beside each other."""

    def __init__(self, old: Lexicon, new: Lexicon) -> None:
        self.old, self.new = old, new

    @cached_property
    def words(self) -> frozenset[str]:
        """The words, flattened, without which a text claims the same by both."""
        old, new = self.old, self.new
        found = {w for w in {*old.words, *new.words} if old.words.get(w) != new.words.get(w)}
        otherwise = {
            name
            for name in {*old.domains, *new.domains}
            if (old.domains.get(name), old.pieces.get(name), name in old.not_equipment)
            != (new.domains.get(name), new.pieces.get(name), name in new.not_equipment)
        }
        for lexicon in (old, new):
            for word, meant in lexicon.words.items():
                if any(m.technology in otherwise for m in meant.meanings):
                    found.add(word)
        return frozenset(found)

    def touches(self, texts: Sequence[Text]) -> bool:
        """Whether any of the texts has any of the words in it."""
        flat = flat_of(texts)
        return any(word in flat for word in self.words)

    def claims(self, texts: Sequence[Text]) -> tuple[frozenset[str], frozenset[str]]:
        """The technologies that the texts claim by the one and by the other."""
        before, after = (
            frozenset(one.technology.id for one in claimed(texts, lexicon))
            for lexicon in (self.old, self.new)
        )
        return before, after


def flat_of(texts: Sequence[Text]) -> str:
    """All texts of a company in the one form of every way of writing."""
    return "\n".join(flattened(unmarked(text.text[:SOURCE])) for text in texts)


def added_words(old: Taxonomy, new: Taxonomy) -> dict[str, tuple[str, ...]]:
    """The names and words that a technology has and that neither it, nor what it was or will be
    again, nor the one that came with the program ever had."""
    found = {}
    for t in new.technologies.values():
        kin = {t.id, *old.led_to(t.id), *(n for n in old.technologies if t.id in new.led_to(n))}
        known = [old.technologies.get(name) for name in kin]
        known.append(shipped().technologies.get(t.id))
        had = {word for one in known if one for word in _words(one)}
        if words := tuple(dict.fromkeys(w for w in _words(t) if w not in had)):
            found[t.id] = words
    return found


def _words(technology: Technology) -> tuple[str, ...]:
    return (technology.zh, *technology.aliases, *technology.loose)


def doubts(added: Mapping[str, Iterable[str]], new: Lexicon) -> Iterator[Doubtful]:
    """What is worth a second look in new words, but for how many texts they are in."""
    meant = {w: {m.technology for m in word.meanings} for w, word in new.words.items()}
    for technology, words in added.items():
        for shown in words:
            word = flattened(shown.partition(" & ")[0])
            if len(word) < 2:
                yield Doubtful(technology, shown, Doubt.SHORT)
                continue
            here = new.words.get(word)
            if here and (others := meant[word] - {technology}):
                yield Doubtful(technology, shown, Doubt.SHARED, tuple(sorted(others)))
            if here and here.neutral:
                yield Doubtful(technology, shown, Doubt.FRIEND)
            if here and (here.verb or here.head or here.sign):
                yield Doubtful(technology, shown, Doubt.VERB)
            if found := _around(word, technology, meant):
                named = tuple(found[:NAMED])
                yield Doubtful(technology, shown, Doubt.WITHIN, named, len(found))


def _around(word: str, technology: str, meant: Mapping[str, set[str]]) -> list[str]:
    """The longer words of other technologies that hold a word."""
    return sorted(w for w, ids in meant.items() if word in w and w != word and ids - {technology})
