"""`make run`: migrate, load demo data the first time, then web server and scheduler together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PORT = os.environ.get("PORT", "5000")
ENVIRONMENT = {**os.environ, "PORT": PORT, "PYTHONUNBUFFERED": "1"}


def flask(*arguments: str) -> int:
    """Run one of the application's own commands."""
    command = [str(BIN / "flask"), "--app", "app", *arguments]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode  # noqa: S603 - our own command


def prepare() -> None:
    """Bring the database up to date; the first time, fill it with the demo."""
    instance = Path(os.environ.get("INSTANCE_PATH") or ROOT / "instance")
    fresh = "DATABASE_URL" not in os.environ and not (instance / "kawei.sqlite3").exists()
    if flask("db", "upgrade"):
        sys.exit(1)
    production = os.environ.get("APP_ENV") == "production"
    if fresh and not production and flask("demo", "load"):
        sys.exit(1)


def start() -> list[subprocess.Popen[bytes]]:
    """The two processes: pages, and everything that happens by the clock."""
    web = [
        str(BIN / "gunicorn"),
        "--bind",
        f"127.0.0.1:{PORT}",
        "--worker-class",
        "gthread",
        "--workers",
        "1",
        "--threads",
        "8",
        "--timeout",
        "180",
        "--log-level",
        "warning",
        "app:serve()",
    ]
    scheduler = [str(BIN / "flask"), "--app", "app", "scheduler"]
    return [subprocess.Popen(c, cwd=ROOT, env=ENVIRONMENT) for c in (web, scheduler)]  # noqa: S603 - our own commands


def main() -> int:
    """Run until Ctrl-C, or until one of the two ends."""
    prepare()
    children = start()

    def stop(number: int, frame: FrameType | None) -> None:
        for child in children:
            if child.poll() is None:
                child.terminate()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    print(f"\nKawei 卡位: http://127.0.0.1:{PORT}   (Ctrl-C stops it)", flush=True)
    if os.environ.get("APP_ENV") != "production":
        flask("demo", "people")
    while all(child.poll() is None for child in children):
        time.sleep(0.3)
    stop(signal.SIGTERM, None)
    for child in children:
        child.wait(15)
    return (
        max((child.returncode or 0) for child in children if child.returncode != -15)
        if any(child.returncode not in (0, -15) for child in children)
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
