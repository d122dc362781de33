"""Named points at which a test can kill the process, to show that nothing is lost there (pure)."""

import os
import signal

POINTS = (
    "planning",
    "after_claim",
    "before_data",
    "before_answer",
    "before_commit",
    "after_commit",
)


def reach(point: str) -> None:
    """Die here, as by kill -9, when `FAULT_AT` names this point; nothing otherwise."""
    if os.environ.get("FAULT_AT") == point and os.environ.get("APP_ENV") != "production":
        os.kill(os.getpid(), signal.SIGKILL)
