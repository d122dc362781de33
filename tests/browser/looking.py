"""What is looked at on every page: whether it has settled, and what is inaccessible."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()


def settle(page: Page) -> None:
    """Until what a page loads after itself is there: nothing asked for any more, looked at twice."""
    quiet = 0
    while quiet < 2:
        page.wait_for_timeout(40)
        quiet = 0 if page.asked else quiet + 1


def serious(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"
    )
    return [
        f"{v['id']} {v['nodes'][0]['html'][:120]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
