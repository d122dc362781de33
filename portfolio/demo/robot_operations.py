"""A robot of an invented group chat: switched off, for the demo talks to nobody outside."""

import datetime as dt
from typing import Any

from portfolio.digest import robot_operations
from portfolio.digest.robot_operations import Wanted


def enter_robot(row: dict[str, Any], now: dt.datetime) -> None:
    """One robot of the story."""
    robot = robot_operations.enter(Wanted(locale="zh", **row), now)
    robot_operations.switch(robot, on=False)
