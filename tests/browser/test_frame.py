"""What is around every page in real Chromium: palette, menus, themes, forms that are left."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_palette_finds_by_initials_and_opens_the_company(open_page) -> None:
    page = open_page("manager")
    page.keyboard.press("Control+k")
    page.fill("#palette-q", "hncd")
    page.wait_for_selector("#palette-found a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/companies/*")
    assert "海纳传动" in page.inner_text("h1")


def test_a_form_that_is_sent_does_not_lose_what_another_holds(open_page) -> None:
    page, asked = open_page("admin"), []
    page.goto("/settings")
    forms = page.locator("form[action$=roles]")
    mine = forms.nth(0).locator("input[type=checkbox]:not(:checked)").first.element_handle()
    mine.check()

    def no(dialog) -> None:
        asked.append((dialog.type, dialog.message))
        dialog.dismiss()

    page.once("dialog", no)
    forms.nth(1).locator("button").click()
    assert [kind for kind, _ in asked] == ["confirm"] and "未保存" in asked[0][1]
    assert mine.is_checked(), "the page stays"
    page.once("dialog", lambda dialog: asked.append("yes") or dialog.accept())
    forms.nth(1).locator("button").click()
    page.wait_for_selector(".toast")
    assert asked[1:] == ["yes"], "asked once more, and not again by the page that is left"
    assert not page.complaints


def test_switching_the_theme_asks_about_a_form_that_is_being_filled_in(open_page) -> None:
    page, asked = open_page("manager"), []
    page.goto("/companies/3/edit")
    page.fill("#short_name", "写了一半")
    page.once("dialog", lambda dialog: asked.append(dialog.type) or dialog.dismiss())
    page.click("details.menu > summary")
    page.click("button[value=dark]")
    assert asked == ["confirm"] and page.input_value("#short_name") == "写了一半"
    page.on("dialog", lambda dialog: asked.append(dialog.type) or dialog.accept())
    page.keyboard.press("Escape")
    page.click("main form .btn-primary >> nth=-1")
    page.wait_for_url("**/companies/3")
    assert asked == ["confirm"], "a form asks nothing about itself"
    assert "写了一半" in page.inner_text("main")


def test_on_a_phone_one_sees_where_one_is_and_filters_are_folded_away(open_page) -> None:
    page = open_page("partner", 390)
    page.goto("/digests")
    box = page.locator(".topbar nav [aria-current]").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.goto("/companies?place=崂山区")
    assert page.locator("#q").is_visible() and page.locator(".chip").is_visible()
    choice = page.locator("select[name=industry]")
    assert not choice.is_visible()
    page.click(".filters summary")
    assert choice.is_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.reload()
    assert choice.is_visible() and not page.locator(".filters summary").is_visible()


def test_theme_and_language_are_switched_from_the_menu(open_page) -> None:
    page = open_page("compliance")
    page.click("details.menu > summary")
    page.click("button[value=dark]")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.click("details.menu > summary")
    page.click("button[value=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "My desk" in page.inner_text("h1")


def test_a_planted_script_is_blocked_by_the_policy(open_page) -> None:
    page = open_page()
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.hit = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.hit") is None
    assert any("Content Security Policy" in text for text in page.complaints)
