"""Addresses of static files that change when their content does, so that they cache for ever."""

import hashlib
from functools import cache
from pathlib import Path

from flask import current_app, request, url_for


@cache
def _address(folder: str, name: str, root: str) -> str:
    # What the whole site lies under is part of the key: url_for puts it in front.
    version = hashlib.sha256((Path(folder) / name).read_bytes()).hexdigest()[:12]
    return url_for("static", filename=name, v=version)


def asset(name: str) -> str:
    """The address of a file under static/ with the hash of its content, as of the first asking:
    templates too are read once. In debug mode an edited file gets a new address at once."""
    if current_app.debug:
        _address.cache_clear()
    return _address(str(current_app.static_folder), name, request.script_root)
