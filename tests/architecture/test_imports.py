"""The house keeps its shape: imports run down only, and pure modules stay pure."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "portfolio"
# From the top of the house to its foundations; slices on one line do not know each other.
LINES = (
    {"demo"},
    {"handover"},
    {
        "agenda",
        "intake",
        "card",
        "digest",
        "committee",
        "desk",
        "records",
        "flows",
        "reports",
        "taxonomies",
    },
    {"coverage", "meetings"},
    {"pipeline"},
    {"readiness", "matching"},
    {"chokepoint", "funds", "providers"},
    {"companies"},
    {"journal"},
    {"audit", "health", "holidays"},
    {"people"},
    {"web"},
    {"extensions", "settings"},
    {"rulebook"},
    {"kernel"},
)
TOUCHES_FRAMEWORKS = {
    "views",
    "jobs",
    "forms",
    "letters",
    "sheets",
    "delivery",
    "operations",
    "queries",
    "models",
    "commands",
    "access",
}
FRAMEWORKS = {
    "flask",
    "sqlalchemy",
    "wtforms",
    "flask_wtf",
    "flask_babel",
    "flask_sqlalchemy",
    "flask_migrate",
    "werkzeug",
    "apscheduler",
}
TOOLBOX = {"web", "extensions", "settings"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "services", "misc"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def slice_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py") if len(relative.parts) else ""


def imported(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides an edge"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node


def touches_frameworks(stem: str) -> bool:
    """`views`, or split by subject: `figure_views`."""
    return stem.rsplit("_", 1)[-1] in TOUCHES_FRAMEWORKS


def line_of(name: str) -> int | None:
    return next((n for n, line in enumerate(LINES) if name in line), None)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_down(path: Path) -> None:
    own = slice_of(path)
    if own == "__init__":
        return
    assert line_of(own) is not None, f"the new slice {own} must be given a line"
    for name, _ in imported(path):
        if not name.startswith("portfolio."):
            assert name.split(".")[0] != "app", "nobody imports the composition root"
            continue
        other = name.split(".")[1]
        if other == own:
            continue
        below, here = line_of(other), line_of(own)
        assert below is not None and here is not None and below > here, (
            f"{own} imports {other}, which does not stand below it"
        )


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_pure_modules_touch_no_framework(path: Path) -> None:
    if slice_of(path) in TOOLBOX or touches_frameworks(path.stem):
        return
    for name, _ in imported(path):
        assert name.split(".")[0] not in FRAMEWORKS, f"{path.stem} is pure and imports {name}"
        if name.startswith("portfolio."):
            parts = name.split(".")
            assert not any(map(touches_frameworks, parts[2:3])), f"{path.stem} is pure: {name}"
            assert parts[1] not in TOOLBOX, f"{path.stem} is pure and imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_other_slices_views_and_forms_are_left_alone(path: Path) -> None:
    for name, _ in imported(path):
        parts = name.split(".")
        if parts[0] == "portfolio" and len(parts) > 2 and parts[1] != slice_of(path):
            assert parts[2] not in {"views", "forms"}, f"{path}: {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_introduce_themselves_and_have_names_that_say_something(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "one sentence first"
    assert path.stem not in BANNED_NAMES


def test_the_commit_stands_in_one_place() -> None:
    places = [
        str(path.relative_to(ROOT))
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    ]
    assert set(places) == {"portfolio/extensions.py"}


def test_pages_never_write_unescaped_or_inline() -> None:
    banned = ("|safe", "| safe", "autoescape false", " style=", " onclick=", "javascript:", "hx-on")
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if "emails" in path.parts:
            continue
        for word in banned:
            assert word not in text, f"{path.relative_to(ROOT)} holds {word!r}"
    for path in (ROOT / "static" / "js").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "innerHTML" not in text and "eval(" not in text, path.name
    for path in modules():
        if path.relative_to(ROOT).as_posix() == "portfolio/web/i18n.py":
            continue  # marks the project's own catalogue texts, as Jinja's own gettext does
        assert "Markup(" not in path.read_text(encoding="utf-8"), path
