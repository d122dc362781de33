"""Addresses that hold what a browser sent: paths of this site alone, and arguments of pages alone."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import url_for


def url_asking(endpoint: str, asked: Mapping[str, Any], **view_args: Any) -> str:
    """The address of a page with query arguments as a browser sent them. Those that would speak to
    the router instead of the page (its `endpoint`, `_scheme`) or be part of the path are left out."""
    kept = {k: v for k, v in asked.items() if not k.startswith("_") and k != "endpoint"}
    return url_for(endpoint, **{**kept, **view_args})


def own_path(target: str | None) -> str:
    """The path asked for, when it is one of this site; else the desk."""
    parts = urlsplit(target or "")
    own = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if own and target and not parts.netloc else "/"
