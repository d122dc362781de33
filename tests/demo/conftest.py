"""The demo story: loaded once for each kind of database, and copied for each test that looks at it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Backend, application


def load(app: Flask, *options: str) -> Any:
    """Run the command that loads the demo."""
    return app.test_cli_runner().invoke(args=["demo", "load", "--json", *options])


class Story:
    """A database with the demo in it, what the command said, and the files it wrote."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.template = backend.made("demo", self._load, backend.template)

    def _load(self, app: Flask) -> None:
        self.report: dict[str, int] = json.loads(load(app).output)


@pytest.fixture(scope="session")
def story(backend: Backend) -> Story:
    """The demo, loaded once."""
    return Story(backend)


@pytest.fixture
def house(story: Story, tmp_path: Path) -> Iterator[Flask]:
    """The application on a copy of the demo."""
    shutil.copytree(story.backend.files_of("demo"), tmp_path, dirs_exist_ok=True)
    for url in story.backend.copy(tmp_path, story.template):
        yield from application(tmp_path, url)
