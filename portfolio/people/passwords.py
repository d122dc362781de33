"""Which passwords are accepted, and how long guessing has to wait (pure)."""

import datetime as dt

from portfolio.kernel.errors import InputError

MINIMUM, MAXIMUM = 12, 128
FREE_TRIES = 5
WINDOW = dt.timedelta(minutes=15)

# The most common long passwords and the words everyone here would try first.
COMMON = frozenset(
    [
        "123456789012",
        "1234567890123",
        "12345678901234",
        "password1234",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiopas",
        "1q2w3e4r5t6y",
        "111111111111",
        "000000000000",
        "123123123123",
        "abcdefghijkl",
        "iloveyou1234",
        "adminadminadmin",
        "administrator",
        "letmein12345",
        "welcome12345",
        "1qaz2wsx3edc",
        "qwer1234qwer",
        "asdfghjkl123",
        "aaaaaaaaaaaa",
        "666666666666",
        "888888888888",
        "5201314520131",
    ]
)
CONTEXT = ("haichuanghui", "haier", "qingdao", "kawei", "青岛", "卡位", "海创汇", "海尔")


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, too long or easily guessed.

    Raises InputError with `password.short`, `password.long`, `password.common` or
    `password.context`. Any characters are fine, nothing is cut off.
    """
    if len(password) < MINIMUM:
        raise InputError("password.short", minimum=MINIMUM)
    if len(password) > MAXIMUM:
        raise InputError("password.long", maximum=MAXIMUM)
    lowered = password.casefold()
    if lowered in COMMON or len(set(lowered)) < 4:
        raise InputError("password.common")
    rest = lowered
    for word in (*CONTEXT, email.casefold().split("@")[0]):
        rest = rest.replace(word, "") if len(word) > 1 else rest
    if len(rest) < MINIMUM // 2:
        raise InputError("password.context")


def wait_after(failures: int) -> dt.timedelta:
    """How long the next try has to wait after so many failures within the window."""
    if failures < FREE_TRIES:
        return dt.timedelta(0)
    return min(dt.timedelta(seconds=30) * 2 ** (failures - FREE_TRIES), WINDOW)
