"""How long a text of each field may be: as long as the forms take it (pure)."""

from portfolio.kernel.errors import InputError

MOST = {
    **dict.fromkeys(("name_zh", "name_en", "company", "former_names", "title", "name"), 200),
    **dict.fromkeys(("position", "place", "industry"), 100),
    **dict.fromkeys(("lead_investor", "next_step", "email", "lead_source"), 200),
    **dict.fromkeys(("short_name", "kind"), 60),
    **dict.fromkeys(("website", "link"), 1000),
    **dict.fromkeys(("risks", "reason", "note", "products"), 4000),
    "description": 20_000,
}
OTHERWISE = 200


def fitting(field: str, text: str) -> str:
    """The text, where it is not too long. Raises InputError `text.too_long`."""
    most = MOST.get(field, OTHERWISE)
    if len(text) > most:
        raise InputError("text.too_long", length=len(text), most=most)
    return text
