"""The search: a part of a page while one types, and a page of its own for who opens its address."""

import re

import pytest

from tests import factories


def test_the_address_alone_is_a_page_with_a_form(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="无锡清河有限公司")
    client = as_user("reader")
    bare = client.get("/search").text
    assert "<h1>" in bare and 'name="q"' in bare and 'class="found"' not in bare
    page = client.get("/search?q=qinghe").text
    assert "<h1>" in page and "无锡清河" in page and "/companies?q=qinghe" in page
    nothing = client.get("/search?q=查无此人").text
    assert "<h1>" in nothing and "/companies?q=" not in nothing


@pytest.mark.parametrize("sign", ["%", "_", "%%", "\\", "·", "%_"])
def test_a_sign_finds_what_has_it_in_its_name_and_not_everything(as_user, cast, sign) -> None:
    plain = factories.company(cast["manager"], name_zh="青岛海纳传动有限公司", name_en="Haina")
    factories.deal(cast["manager"], company=plain, name="海纳天使轮")
    client = as_user("partner")
    for path in ("/search", "/companies", "/deals"):
        assert "海纳" not in listed(client.get(path, query_string={"q": sign}).text), path
    odd = factories.company(cast["manager"], name_zh=f"青岛{sign}奇科技有限公司")
    factories.deal(cast["manager"], company=odd, name="奇天使轮")
    for path in ("/search", "/companies", "/deals"):
        found = listed(client.get(path, query_string={"q": sign}).text)
        assert "奇" in found and "海纳" not in found, path


def test_signs_between_words_say_nothing(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="青岛海纳传动有限公司")
    factories.company(cast["manager"], name_zh="无锡清河有限公司")
    page = listed(as_user("reader").get("/companies", query_string={"q": "海纳 % 传动"}).text)
    assert "海纳传动" in page and "清河" not in page


def listed(page: str) -> str:
    """What a page lists, without the form that asked."""
    return re.sub(r"<(title|form|nav|script)\b.*?</\1>", "", page, flags=re.DOTALL)


def test_while_one_types_it_is_the_lines_alone(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="无锡清河有限公司")
    part = as_user("reader").get("/search?q=清河", headers={"HX-Request": "true"}).text
    assert "无锡清河" in part and "<html" not in part
