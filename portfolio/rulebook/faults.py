"""What is wrong in a rulebook file, and in which line (pure)."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"at line (\d+)")


class FaultyRulebook(ValueError):
    """A rulebook file that cannot be used: the file, the line and what is wrong in it."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")


@dataclass(frozen=True)
class Source:
    """A file's text, to say in which line something stands."""

    file: str
    text: str

    def fault(self, reason: str, *marks: str) -> FaultyRulebook:
        """The fault at the last of `marks`, each looked for behind the one before."""
        place = -1
        for mark in marks:
            place = max(place, self.text.find(mark, place + 1))
        return FaultyRulebook(self.file, self.text.count("\n", 0, max(place, 0)) + 1, reason)

    def unreadable(self, error: Exception) -> FaultyRulebook:
        """The fault that a parser found, with the line that it names, else the last."""
        line = _LINE.search(str(error))
        number = int(line[1]) if line else self.text.count("\n") + 1
        return FaultyRulebook(self.file, number, str(error))


def where(clause_id: str) -> str:
    """What a clause's or an item's row begins with in its file."""
    return f'id = "{clause_id}"'
