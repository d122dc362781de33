"""The stage for robots: a server that stands for the chat platforms."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.servers import ChatServer, running


@pytest.fixture
def chat(app: Flask, tmp_path: Path) -> Iterator[ChatServer]:
    """The platforms on loopback, which the application may post to."""
    with running(ChatServer, tmp_path / "chat") as server:
        app.config["ROBOT_TEST_HOSTS"] = (server.host,)
        yield server
