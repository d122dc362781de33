"""The texts of a company as they speak of its technologies today."""

from collections.abc import Iterable

from portfolio.chokepoint.models import Tag
from portfolio.chokepoint.passages import Passage, passages
from portfolio.chokepoint.source_queries import texts_of
from portfolio.chokepoint.suggestion_operations import read


def passages_of(company_id: int, tags: Iterable[Tag]) -> dict[str, list[Passage]]:
    """What the texts say of the technologies of some tags, by technology."""
    about = list(tags)
    if not about:
        return {}
    found = read(texts_of([company_id]).get(company_id, []))
    return {
        tag.technology: passages(found.named.get(tag.technology), found.texts, tag.words, True)
        for tag in about
    }
