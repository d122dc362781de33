"""Addresses of static files that change when their content does, so that they cache for ever."""

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import current_app, url_for


@lru_cache
def _digest(path: Path, modified: float) -> str:
    # The time of change is part of the key alone: an edited file gets a new address at once.
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a file under static/ with the hash of its content."""
    path = Path(str(current_app.static_folder)) / name
    return url_for("static", filename=name, v=_digest(path, path.stat().st_mtime))
