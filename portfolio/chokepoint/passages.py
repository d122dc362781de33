"""The texts that a suggestion rests on, each with its words marked (pure)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from portfolio.chokepoint.joining import Joined, Part
from portfolio.chokepoint.reviewing import Stretch, places_of, stretches
from portfolio.chokepoint.sources import Source, Text, book
from portfolio.chokepoint.suggest import Reason

MOST = 4  # texts that are shown of one suggestion
WHOLE, AROUND = 200, 40  # of a text that is shown in a line


class Passage(NamedTuple):
    """A text of one source with the words marked that speak of a technology, what it says of it,
    how sure that is by this text alone, and whether the text is but a list of keywords; no reason
    where it does not name it."""

    source: Source
    stretches: Sequence[Stretch]
    reason: Any
    confidence: float
    stuffed: bool = False


def passages(
    one: Joined | None, texts: Sequence[Text], words: str, briefly: bool = False
) -> list[Passage]:
    """The texts that say most of a technology; where none names it any more, the first text that
    has the words that it rested on, else the first of all."""
    room = (WHOLE, AROUND) if briefly else ()
    if one is not None:
        return [
            Passage(
                book().sources[part.text.source],
                stretches(part.text.text, part.said.places, *room),
                _reason(part),
                part.said.confidence,
                part.said.stuffed,
            )
            for part in one.parts[:MOST]
        ]
    having = [text for text in texts if words and words in text.text] or texts[:1]
    return [
        Passage(
            book().sources[text.source],
            stretches(text.text, places_of(text.text, words), *room),
            None,
            0.0,
        )
        for text in having[:1]
    ]


def _reason(part: Part) -> Any:
    """What a text says of a technology, as something with titles."""
    source = book().sources[part.text.source]
    return source.bare if part.said.reason is Reason.BARE and source.bare else part.said.reason
