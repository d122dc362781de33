"""Deals in real Chromium: cards are dragged, moved by keyboard, asked for what they lack."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


# Cards of deals that have what the next stage asks for.
READY = ".kcard[data-writable='1']:not(:has(.kgate))"


def test_a_card_that_lacks_something_is_asked_for_just_that(open_page) -> None:
    page = open_page()
    page.goto("/board")
    card = page.locator("ul.cards[data-stage=lead] .kcard[data-writable='1']:has(.kgate)").first
    deal = card.get_attribute("data-deal")
    card.locator("a.kname").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_url(f"**/deals/{deal}/moves?**")
    assert page.locator("fieldset.ask").count() >= 1
    for number in range(page.locator("fieldset.ask [name$='-note']").count()):
        page.locator("fieldset.ask [name$='-note']").nth(number).fill("已核对")
    page.click(".formfoot .btn-primary")
    page.wait_for_url(f"**/deals/{deal}")
    assert "项目库" in page.inner_text(".pagehead")


def test_a_skip_lists_the_conditions_of_the_stage_chosen_and_keeps_what_is_typed(open_page) -> None:
    page = open_page()
    page.goto("/deals/14/moves?kind=skip")
    listed = page.locator("#gate .open")
    few = listed.count()
    page.fill("#note", "联合投资方已完成全部尽调")
    last = page.locator("#to_stage option").last.get_attribute("value")
    page.select_option("#to_stage", last)
    page.wait_for_selector(f"[name=shown][value={last}]", state="attached")
    assert listed.count() > few
    assert page.input_value("#note") == "联合投资方已完成全部尽调"
    assert not page.complaints


def test_a_card_is_dragged_a_stage_on_and_taken_back(open_page) -> None:
    page = open_page()
    page.goto("/board")
    source = page.locator(f"ul.cards[data-stage=lead] {READY}").first
    deal = source.get_attribute("data-deal")
    target = page.locator("ul.cards[data-stage=pool]")
    before = int(page.locator("section:has(> ul[data-stage=pool]) [data-count]").inner_text())
    box, goal = source.bounding_box(), target.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(goal["x"] + 60, goal["y"] + 40, steps=12)
    page.mouse.up()
    toast = page.locator(".toast")
    toast.wait_for()
    assert "项目库" in toast.inner_text()
    count = page.locator("section:has(> ul[data-stage=pool]) [data-count]")
    assert int(count.inner_text()) == before + 1
    page.reload()
    # The newest of its stage stands last, and a column loads the rest as one scrolls to its end.
    page.locator("ul[data-stage=pool] > li").last.scroll_into_view_if_needed()
    page.wait_for_selector(f"ul[data-stage=pool] [data-deal='{deal}']")
    page.goto(f"/deals/{deal}")
    assert "推进" in page.inner_text(".spine")
    assert not page.complaints


def test_the_keyboard_moves_a_card_and_undo_takes_it_back(open_page) -> None:
    page = open_page()
    page.goto("/board")
    card = page.locator(f"ul.cards[data-stage=screening] {READY}").first
    deal = card.get_attribute("data-deal")
    card.locator("a.kname").focus()
    column = "document.activeElement.closest('ul.cards').dataset.stage"
    for key, stage in (("ArrowRight", "initiation"), ("ArrowLeft", "screening")):
        page.keyboard.press(key)
        assert page.evaluate(column) == stage, "arrows alone move the focus"
    card.locator("a.kname").focus()
    page.keyboard.press("Alt+ArrowRight")
    page.locator(".toast button").wait_for()
    assert page.locator(f"ul[data-stage=initiation] [data-deal='{deal}']").count() == 1
    page.locator(".toast button").click()
    page.wait_for_selector(f"ul[data-stage=screening] [data-deal='{deal}']")
    page.goto(f"/deals/{deal}")
    assert "立项" not in page.inner_text(".spine"), "a move taken back is no stretch"


def test_a_move_that_is_not_allowed_goes_back_and_says_why(open_page) -> None:
    page = open_page("manager")
    page.goto("/board?mine=1")
    card = page.locator("ul.cards[data-stage=pool] .kcard[data-writable='1']").first
    deal = card.get_attribute("data-deal")
    card.hover()
    card.locator(".kmove").click()
    page.select_option("#mover-stage", "ic")
    page.click("#mover button[value=move]")
    page.locator(".toast").wait_for()
    page.wait_for_selector(f"ul[data-stage=pool] [data-deal='{deal}']")
    assert page.locator(f"ul[data-stage=pool] [data-deal='{deal}']").count() == 1


def test_an_agenda_is_put_in_order_with_the_keyboard_and_with_its_buttons(open_page) -> None:
    page = open_page()
    page.goto("/meetings/1")
    before = page.locator(".agenda .dealname").all_inner_texts()
    page.locator(".agenda li").first.locator("a.btn").focus()
    page.keyboard.press("Alt+ArrowDown")
    page.locator(".toast").wait_for()
    assert page.locator(".agenda .turn").all_inner_texts() == [
        str(n + 1) for n in range(len(before))
    ]
    page.reload()
    moved = page.locator(".agenda .dealname").all_inner_texts()
    assert moved == [before[1], before[0], *before[2:]]
    with page.expect_navigation():
        page.locator(".agenda li").nth(1).locator("[value=up]").click()
    assert page.locator(".agenda .dealname").all_inner_texts() == before
    assert not page.complaints
