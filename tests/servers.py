"""Servers of the outside world that tests start as processes of their own, and order about."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("faults")


class Server:
    """The process, its orders and what it has taken."""

    script: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Start on the same port as before, where there was one."""
        (self.folder / "port").unlink(missing_ok=True)
        command = [sys.executable, str(FOLDER / self.script), str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while not (self.folder / "port").exists():
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        self.port = int((self.folder / "port").read_text())

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def order(self, **orders: Any) -> None:
        """What to do from now on."""
        path = self.folder / "orders.part"
        path.write_text(json.dumps(orders))
        path.replace(self.folder / "orders.json")

    def accepted(self) -> list[dict[str, Any]]:
        """Everything taken, in order."""
        return self._lines("accepted.jsonl")

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class MailServer(Server):
    """A mail server."""

    script = "smtp_server.py"


class ChatServer(Server):
    """The webhooks of the three chat platforms."""

    script = "chat_server.py"
    PATHS = {
        "wecom": "/cgi-bin/webhook/send?key=robot-token-0001",
        "feishu": "/open-apis/bot/v2/hook/robot-token-0001",
        "dingtalk": "/robot/send?access_token=robot-token-0001",
    }

    secrets: Mapping[str, str] = {}

    def order(self, **orders: Any) -> None:
        """What to do from now on, with the secrets that the platforms know."""
        super().order(**{"secrets": self.secrets, **orders})

    @property
    def host(self) -> str:
        """As ROBOT_TEST_HOSTS names it."""
        return f"127.0.0.1:{self.port}"

    def address(self, platform: str, number: str = "") -> str:
        """A robot's address."""
        return f"http://{self.host}{self.PATHS[platform]}{number}"

    def refused(self) -> list[dict[str, Any]]:
        """What broke a rule of the platform."""
        return self._lines("refused.jsonl")


@contextmanager
def running(kind: type[Server], folder: Path) -> Iterator[Any]:
    """A server on loopback for as long as it is needed."""
    folder.mkdir()
    server = kind(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
