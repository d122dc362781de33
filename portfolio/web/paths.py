"""Where a form may send its reader back to: paths of this site alone."""

from urllib.parse import urlsplit


def own_path(target: str | None) -> str:
    """The path asked for, when it is one of this site; else the desk."""
    parts = urlsplit(target or "")
    own = target and target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if own and target and not parts.netloc else "/"
