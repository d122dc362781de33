"""Scripts of pages are loaded once each."""

from tests.architecture.test_imports import ROOT


def test_no_script_imports_the_one_that_every_page_loads() -> None:
    # The page loads it with its version in the address: an import would be a second copy of it,
    # whose listeners take each form for sent twice and hold it back.
    scripts = (ROOT / "static" / "js").glob("*.js")
    assert not [path.name for path in scripts if 'from "./app.js"' in path.read_text()]
