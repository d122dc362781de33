"""What a scenario holds: figures changed in thought and assumptions of growth, as texts by name (pure)."""

import json
from collections.abc import Mapping
from typing import Any

from portfolio.kernel.errors import InputError
from portfolio.kernel.text import clean

LONGEST_NAME = 60
MOST_SCENARIOS = 30  # of one company


def written(texts: Mapping[str, str]) -> str:
    """Texts by name as they are kept, exactly as they were typed."""
    return json.dumps(dict(texts), ensure_ascii=False)


def told(kept: str) -> dict[str, str]:
    """Texts by name from how they are kept."""
    found: dict[str, Any] = json.loads(kept)
    return {name: str(text) for name, text in found.items()}


def checked_name(text: str) -> str:
    """A name for a scenario. Raises InputError `scenario.unnamed` or `text.too_long`."""
    name = clean(text)
    if not name:
        raise InputError("scenario.unnamed")
    if len(name) > LONGEST_NAME:
        raise InputError("text.too_long", length=len(name), most=LONGEST_NAME)
    return name


def free_name(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it where it is taken."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name} ({number})", number + 1
    return found
