"""What the tests of imports share: the command line, and a file in the browser."""

import io
import json
from pathlib import Path

import pytest


@pytest.fixture
def run(app, tmp_path):
    """Import a text through the command line; answers exit code, report and stderr."""

    def importing(text: str | bytes | Path, *options: str, command: str = "companies"):
        path = text if isinstance(text, Path) else tmp_path / "file.csv"
        if not isinstance(text, Path):
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        arguments = [command, "import", str(path), "--json", *options]
        result = app.test_cli_runner().invoke(args=arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        report = json.loads(result.stdout) if result.stdout.startswith("{") else {}
        return result.exit_code, report, result.stderr

    return importing


@pytest.fixture
def send(as_user):
    """Upload a text in the browser; answers the client and the address of the preview."""

    def uploading(text: str | bytes, who: str = "manager", name: str = "表.csv", **fields: str):
        client = as_user(who)
        content = text if isinstance(text, bytes) else text.encode()
        answer = client.post("/imports", data={"file": (io.BytesIO(content), name), **fields})
        assert answer.status_code == 302, answer.text
        return client, answer.location

    return uploading
