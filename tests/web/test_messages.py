"""Both catalogues are complete, and every code that is raised has its sentence."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import messages as script  # noqa: E402 - the script lies beside the package

from app import create_app  # noqa: E402
from portfolio.web.messages import MESSAGES  # noqa: E402
from tests.conftest import settings_for  # noqa: E402


@pytest.mark.parametrize("locale", script.LOCALES)
@pytest.mark.parametrize("slice_name", script.slices())
def test_no_message_is_missing_from_a_catalogue(slice_name: str, locale: str) -> None:
    asked = {
        (message.id, message.context) for message in script.extracted(slice_name) if message.id
    }
    known = script.known_catalog(slice_name, locale)
    have = {(m.id, m.context): m.string for m in known if m.id} if known else {}
    missing = [key for key in asked if not have.get(key) or not all(have[key])]
    assert not missing, f"run scripts/messages.py {slice_name} and translate"
    assert not set(have) - asked, (
        f"run scripts/messages.py {slice_name}: some are asked for no more"
    )


@pytest.mark.parametrize("slice_name", script.slices())
def test_a_translation_keeps_the_values_of_its_message(slice_name: str) -> None:
    known = script.known_catalog(slice_name, "zh_Hans_CN")
    for message in known or ():
        if not message.id:
            continue
        own = message.id if isinstance(message.id, str) else message.id[-1]
        text = message.string if isinstance(message.string, str) else message.string[0]
        for value in re.findall(r"%\((\w+)\)", text):
            assert f"%({value})" in own, (own, text)


def test_a_message_says_the_same_in_every_slice() -> None:
    # The catalogues are read as one: of two translations the last would stand on every page.
    said: dict[tuple[object, object], dict[object, str]] = {}
    for slice_name in script.slices():
        for message in script.known_catalog(slice_name, "zh_Hans_CN") or ():
            if message.id:
                said.setdefault((message.id, message.context), {})[message.string] = slice_name
    assert not {key[0]: texts for key, texts in said.items() if len(texts) > 1}


def test_every_code_that_is_raised_has_a_sentence() -> None:
    pattern = re.compile(
        r"""(?:InputError|Refusal|doubt|refuse|Finding)\((?:[^()"']*,\s*)?["']([a-z_]+\.[a-z_0-9]+)["']"""
    )
    raised = {
        code
        for path in (ROOT / "portfolio").rglob("*.py")
        for code in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert len(raised) > 50
    assert not raised - set(MESSAGES)


def test_chinese_is_the_first_language_and_english_the_second(database_url, tmp_path) -> None:
    # No context is pushed here: a language is remembered for as long as one lasts.
    client = create_app(settings_for(tmp_path, database_url)).test_client()
    assert "登录" in client.get("/login").text
    english = client.get("/login", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "Log in" in english.text and 'lang="en"' in english.text
    client.post("/language", data={"locale": "en", "back": "/login"})
    assert "Log in" in client.get("/login").text
    assert client.post("/language", data={"locale": "xx", "back": "//evil.example"}).location == "/"
