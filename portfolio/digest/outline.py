"""A digest as headings and lines in which nothing is markup, shortened for a chat (pure)."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

HEADING = "■"
LINES_SHOWN = 5
LONGEST_LINE = 160
LONGEST_TITLE = 100
# A bracket in an address would end it, or begin another.
URL_CHARACTERS = "%/:=&?#+,;~"
# What a chat would read as markup, a mention or a link, in the full width that none of them knows.
PLAIN = {ord(char): chr(ord(char) + 0xFEE0) for char in "<>[]*_`#~|\\@&"}
SCHEME = re.compile(r"(?i)\b(https?|ftp)://|\bwww\.")


@dataclass(frozen=True)
class Line:
    """Words, and where they lead."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Part:
    """A heading with its lines."""

    heading: Line
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A title, what stands before the first heading, the parts, and the line at the end."""

    title: str
    lines: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    last: Line | None = None

    def all_lines(self) -> Iterator[Line]:
        """Everything below the title, headings marked."""
        yield from self.lines
        for part in self.parts:
            yield replace(part.heading, text=f"{HEADING} {part.heading.text}")
            yield from part.lines
        if self.last:
            yield self.last

    def markdown(self, apart: str) -> str:
        """In the small markdown of chats, its lines parted by `apart`."""
        rows = [f"### {self.title}", *(_linked(line) for line in self.lines)]
        for part in self.parts:
            rows.append(
                f"**{part.heading.text}**" if not part.heading.url else _linked(part.heading)
            )
            rows += [f"- {_linked(line)}" for line in part.lines]
        return apart.join([*rows, *([_linked(self.last)] if self.last else [])])


def _linked(line: Line) -> str:
    return f"[{line.text}]({line.url})" if line.url else line.text


def plain(text: str, most: int = LONGEST_LINE) -> str:
    """Words in which nothing is markup, a mention, a link or an unseen character; cut to `most`."""
    seen = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c in "\t\n\r")
    broken = SCHEME.sub(lambda found: re.sub("[:.]", _full_width, found[0], count=1), seen)
    words = " ".join(broken.translate(PLAIN).split())
    return words if len(words) <= most else words[: most - 1] + "…"


def _full_width(found: re.Match[str]) -> str:
    return {":": "：", ".": "．"}[found[0]]


def told(text: str, url: str = "", most: int = LONGEST_LINE) -> Line:
    """A line of plain words that leads to an address of the house."""
    return Line(plain(text, most), quote(url, safe=URL_CHARACTERS))


def fitted(outline: Outline, size: Callable[[Outline], int], most: int) -> Outline:
    """As much of it as fits: the headings, then a line of each part in turn, up to five a part.

    Headings say how many lines they stand for, so what is left out is not kept quiet.
    """
    found = replace(outline, parts=tuple(replace(part, lines=()) for part in outline.parts))
    while found.parts and size(found) > most:
        found = replace(found, parts=found.parts[:-1])
    for number in range(LINES_SHOWN):
        for place, part in enumerate(found.parts):
            whole = outline.parts[place].lines
            if len(part.lines) != number or number >= len(whole):
                continue
            longer = _with_lines(found, place, whole[: number + 1])
            found = longer if size(longer) <= most else found
    return found if size(found) <= most else replace(found, lines=())


def _with_lines(outline: Outline, place: int, lines: tuple[Line, ...]) -> Outline:
    parts = list(outline.parts)
    parts[place] = replace(parts[place], lines=lines)
    return replace(outline, parts=tuple(parts))
