"""The search: a part of a page while one types, and a page of its own for who opens its address."""

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


def test_while_one_types_it_is_the_lines_alone(as_user, cast) -> None:
    factories.company(cast["manager"], name_zh="无锡清河有限公司")
    part = as_user("reader").get("/search?q=清河", headers={"HX-Request": "true"}).text
    assert "无锡清河" in part and "<html" not in part
