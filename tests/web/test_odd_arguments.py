"""Arguments that would speak to the router and not to the page get a page, and not an error."""

import datetime as dt
from urllib.parse import quote

import pytest

from tests import factories

NOW = dt.datetime.now(dt.UTC)
ODD = ("endpoint=x", "_method=FOO", "_scheme=javascript", "_anchor=x&_external=1", "values=x")
PAGES = (
    ("partner", "/deals"),
    ("partner", "/companies"),
    ("partner", "/funnel"),
    ("partner", "/board"),
    ("partner", "/committee"),
    ("partner", "/meetings"),
    ("partner", "/readiness"),
    ("partner", "/chokepoints"),
    ("partner", "/chokepoints/technologies/uv-led"),
    ("compliance", "/audit"),
)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("role", "path"), PAGES)
def test_a_page_is_shown(as_user, cast, role, path, odd) -> None:
    factories.deal(cast["manager"], NOW)
    answer = as_user(role).get(f"{path}?{odd}")
    assert answer.status_code == 200
    assert "javascript:" not in answer.text


@pytest.mark.parametrize("odd", ODD)
def test_a_bulk_change_leads_back_all_the_same(as_user, cast, odd) -> None:
    deal = factories.deal(cast["manager"], NOW)
    client = as_user("partner")
    walk = client.get(f"/deals/bulk?doing=move&stage=pool&deals={deal.id}&query={quote(odd)}")
    assert walk.status_code == 200
    form = client.get(f"/deals/{deal.id}/moves?walk={quote(odd)}")
    assert form.status_code == 200
    assert "/deals/bulk" in form.text
