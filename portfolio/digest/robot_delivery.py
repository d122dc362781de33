"""How a message leaves for a group chat: to a listed host alone, over a connection of its own."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from portfolio.digest import delivery, faults, letters, robot_queries, robots
from portfolio.digest.robot_models import ChatRobot
from portfolio.digest.send_operations import Claimed
from portfolio.digest.states import Breaker, Outcome, Verdict
from portfolio.kernel.sealing import Unsealable, unseal
from portfolio.people.operations import ROBOT_DOMAIN

PURPOSE = "chat robot"
TIMEOUT_SECONDS = 10
MOST_ANSWER_BYTES = 64 * 1024
HTTPS_PORT = 443


class Ways:
    """Mail to people, and to each robot what its platform takes.

    Each platform has a breaker of its own: one that is down holds up nobody else's digest.
    """

    def __init__(self, config: Mapping[str, Any], breaker: Breaker) -> None:
        self.config = config
        self.mail = delivery.transport(config)
        self.breaker = breaker
        self.breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    def hand_over(self, job: Claimed, may_go: Callable[[], bool]) -> Outcome:
        """Try once, on the way that leads to this recipient."""
        if not job.address.endswith(f"@{ROBOT_DOMAIN}"):
            outcome = self.mail.hand_over(job, may_go)
            self.breaker.note(outcome)
            return outcome
        robot = robot_queries.of_account(job.recipient_id)
        if robot is None:
            return Outcome(Verdict.REFUSED, None, "there is no such robot")
        breaker = self.breakers[robot.host]
        if breaker.open:
            return Outcome(Verdict.UNREACHABLE, None, "not tried: the server is down")
        outcome = post(robot, job.mime, time.time(), self.config, may_go)
        breaker.note(outcome)
        return outcome

    def close(self) -> None:
        """End the connection to the mail server, if any."""
        self.mail.close()


def post(
    robot: ChatRobot,
    body: bytes,
    now: float,
    config: Mapping[str, Any],
    may_go: Callable[[], bool] = lambda: True,
) -> Outcome:
    """Send a message's bytes once, signed at `now` (seconds since 1970).

    The host must still stand on the list. No redirect is followed and no proxy asked.
    """
    platform = robots.PLATFORMS[robot.platform]
    try:
        token, secret = _opened(robot, config["SECRET_KEY"])
    except Unsealable:
        return Outcome(Verdict.REFUSED, None, "the address cannot be read: enter it again")
    try:
        connection = _connected(robot.host, config)
    except PermissionError as error:
        return Outcome(Verdict.REFUSED, None, str(error))
    except OSError as error:
        return Outcome(Verdict.UNREACHABLE, None, letters.one_line(str(error)))
    try:
        if not may_go():
            return Outcome(Verdict.LOST_CLAIM)
        faults.reach("before_data")
        return _exchange(
            connection, platform, *robots.request_of(platform, token, secret, body, now)
        )
    finally:
        connection.close()


def _opened(robot: ChatRobot, key: str) -> tuple[str, str]:
    secret = unseal(robot.secret_sealed, key, PURPOSE) if robot.secret_sealed else ""
    return unseal(robot.token_sealed, key, PURPOSE), secret


def _exchange(
    connection: http.client.HTTPConnection, platform: robots.Platform, target: str, body: bytes
) -> Outcome:
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Kawei"}
    try:
        connection.request("POST", target, body, headers)
        faults.reach("before_answer")
        answer = connection.getresponse()
        return robots.outcome_of(platform, answer.status, answer.read(MOST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException) as error:
        # The server may have taken the message: the repeat will be flagged.
        return Outcome(Verdict.UNANSWERED, None, letters.one_line(str(error)))


def _connected(host: str, config: Mapping[str, Any]) -> http.client.HTTPConnection:
    """A connection to the very address that was looked at: a name cannot lead elsewhere meanwhile.

    Raises PermissionError for a host that is not on the list, OSError where none answers.
    """
    if host in config["ROBOT_TEST_HOSTS"]:
        name, _, port = host.rpartition(":")
        connection = http.client.HTTPConnection(name, int(port), timeout=TIMEOUT_SECONDS)
        connection.connect()
        return connection
    if host not in config["ROBOT_HOSTS"]:
        raise PermissionError(f"{host} is not among the hosts that robots may use")
    found = socket.getaddrinfo(host, HTTPS_PORT, type=socket.SOCK_STREAM)
    address = public(str(row[4][0]) for row in found)
    secure = http.client.HTTPSConnection(host, timeout=TIMEOUT_SECONDS)
    raw = socket.create_connection((address, HTTPS_PORT), TIMEOUT_SECONDS)
    try:
        secure.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except OSError:
        raw.close()
        raise
    return secure


def public(addresses: Iterable[str]) -> str:
    """The first of the addresses of a name, where all of them lie in the open network.

    Raises ConnectionRefusedError otherwise: a name that leads inside is not to be trusted at all.
    """
    found = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    for address in found:
        inner = getattr(address, "ipv4_mapped", None) or address
        if not inner.is_global or inner.is_multicast:
            raise ConnectionRefusedError(f"{address} lies in a closed network")
    if not found:
        raise ConnectionRefusedError("the name has no address")
    return str(found[0])
