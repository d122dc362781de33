"""What becomes of a message after each kind of answer."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.digest import states
from portfolio.digest.states import Breaker, MessageState, Outcome, Reason, Verdict

YOUNG = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (250, Verdict.ACCEPTED),
        (421, Verdict.UNREACHABLE),
        (451, Verdict.DEFERRED),
        (452, Verdict.DEFERRED),
        (550, Verdict.REFUSED),
        (552, Verdict.REFUSED),
    ],
)
def test_a_servers_code_says_what_to_do(code: int, verdict: Verdict) -> None:
    assert states.verdict_of(code) is verdict


def test_pauses_grow_fourfold_to_six_hours() -> None:
    minutes = [states.pause_after(n, 0.5) / dt.timedelta(minutes=1) for n in range(1, 8)]
    assert minutes == [1, 4, 16, 64, 256, 360, 360]


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_the_jitter_stays_within_a_fifth(deferrals: int, random: float) -> None:
    middle = states.pause_after(deferrals, 0.5)
    assert 0.8 * middle <= states.pause_after(deferrals, random) <= 1.2 * middle


def test_a_refusal_is_final() -> None:
    then = states.after(Outcome(Verdict.REFUSED, 550), 0, YOUNG, 0.5)
    assert (then.state, then.reason, then.pause) == (MessageState.FAILED, Reason.REFUSED, None)


def test_the_eighth_deferral_ends_it() -> None:
    deferred = Outcome(Verdict.DEFERRED, 451)
    assert states.after(deferred, 6, YOUNG, 0.5).state is MessageState.PENDING
    assert states.after(deferred, 7, YOUNG, 0.5).state is MessageState.FAILED


def test_a_server_down_for_a_day_loses_nothing() -> None:
    down = Outcome(Verdict.UNREACHABLE)
    then = states.after(down, 7, dt.timedelta(days=1), 0.5)
    assert then.state is MessageState.PENDING and not then.deferral
    assert states.after(down, 0, dt.timedelta(days=6), 0.5).reason is Reason.EXPIRED


def test_an_answer_that_never_came_is_flagged_and_counted() -> None:
    then = states.after(Outcome(Verdict.UNANSWERED), 0, YOUNG, 0.5)
    assert then.state is MessageState.PENDING and then.maybe_duplicate and then.deferral
    again = states.after(Outcome(Verdict.UNANSWERED), 1, YOUNG, 0.5, then.maybe_duplicate)
    assert (again.state, again.reason) == (MessageState.FAILED, Reason.UNANSWERED)
    assert again.maybe_duplicate, "it may have arrived twice"
    old = states.after(Outcome(Verdict.UNANSWERED), 0, states.OLDEST * 2, 0.5)
    assert (old.reason, old.maybe_duplicate) == (Reason.EXPIRED, True)


def test_a_server_that_is_away_for_long_is_asked_less_often() -> None:
    def waits(**age: float) -> float:
        return states.wait_after(dt.timedelta(**age), 0.5) / dt.timedelta(minutes=1)

    assert [waits(minutes=1), waits(hours=2), waits(days=4)] == [1, 6, 30]


def test_the_breaker_opens_after_three_failures_and_closes_with_an_answer() -> None:
    breaker = Breaker()
    for _ in range(2):
        breaker.note(Outcome(Verdict.UNREACHABLE))
    assert not breaker.open
    breaker.note(Outcome(Verdict.UNREACHABLE))
    assert breaker.open
    breaker.note(Outcome(Verdict.REFUSED, 550))
    assert not breaker.open
    breaker.note(Outcome(Verdict.UNREACHABLE, 421))
    assert breaker.open


def test_a_run_is_done_when_no_message_waits() -> None:
    sent, failed, waiting = MessageState.SENT, MessageState.FAILED, MessageState.PENDING
    assert states.run_state(frozenset({sent, waiting})) is states.RunState.SENDING
    assert states.run_state(frozenset({sent})) is states.RunState.DONE
    assert states.run_state(frozenset({sent, failed})) is states.RunState.DONE_WITH_FAILURES


def test_who_is_skipped_and_why() -> None:
    def why(active: bool = True, has_role: bool = True, **standing: bool) -> Reason | None:
        return states.Standing(active, has_role, **standing).why_skip

    assert why() is None
    assert why(active=False) is Reason.DISABLED and why(has_role=False) is Reason.ROLE_LOST
    assert why(meant=False, paused=True) is Reason.NOT_MEANT
    assert why(subscribed=False, own_time=True) is Reason.OWN_TIME
    assert why(subscribed=False, paused=True) is Reason.UNSUBSCRIBED
    assert why(paused=True) is Reason.PAUSED
