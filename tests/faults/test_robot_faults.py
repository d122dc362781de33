"""Robots under faults: a platform that fails loses nothing and holds up nobody else."""

import pytest
from flask import Flask

from portfolio.digest import robot_delivery
from tests.faults.conftest import check, groups, readers
from tests.faults.scenarios import MINUTE, MONDAY, until_quiet, work
from tests.servers import ChatServer, MailServer


def test_platforms_that_are_down_busy_silent_or_slow_lose_nothing_and_hold_up_no_mail(
    posting: Flask,
    mail_server: MailServer,
    chat_server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(robot_delivery, "TIMEOUT_SECONDS", 0.5)
    groups(chat_server, 5)
    readers(6)
    chat_server.stop()
    assert work(MONDAY).ended == {"sent": 6, "pending": 5}
    chat_server.start()
    chat_server.order(answers=[502, "busy", "drop", "slow", 429, 503, "ok"], wait=1)
    until_quiet(MONDAY + 10 * MINUTE)
    found = check(mail_server, 11, chat_server)
    # 502 may have passed the message on, for all we know: flagged, though it came once.
    assert (found.sent, found.repeated, found.flagged) == (11, 2, 3)
