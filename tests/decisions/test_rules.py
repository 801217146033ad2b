"""What REX does about an error, by the rules alone."""

from datetime import timedelta

import pytest

from rex_celery.decisions.rules import STANDARD, ErrorLimits, Remedy, Trouble, on_error


def test_an_agents_failure_is_retried_after_2_4_and_8_seconds() -> None:
    waits = [on_error(Trouble.AGENT_FAILED, rounds) for rounds in range(3)]

    assert [one.remedy for one in waits] == [Remedy.WAIT] * 3
    assert [one.wait for one in waits] == [timedelta(seconds=seconds) for seconds in (2, 4, 8)]


@pytest.mark.parametrize("trouble", [Trouble.AGENT_FAILED, Trouble.WORKER_LOST])
def test_work_that_keeps_failing_is_set_aside(trouble: Trouble) -> None:
    assert on_error(trouble, 3).remedy is Remedy.QUARANTINE
    assert on_error(trouble, 50).remedy is Remedy.QUARANTINE


def test_a_provider_that_is_down_gets_longer_and_longer_pauses() -> None:
    waits = [on_error(Trouble.PROVIDER_UNAVAILABLE, rounds).wait for rounds in range(3)]

    assert waits == [STANDARD.provider_wait, STANDARD.provider_wait * 2, STANDARD.provider_wait * 3]


def test_a_provider_that_stays_down_is_a_persons_turn() -> None:
    assert on_error(Trouble.PROVIDER_UNAVAILABLE, 3).remedy is Remedy.ESCALATE


def test_the_limits_are_one_piece_of_data() -> None:
    patient = ErrorLimits(rounds=5, backoff=timedelta(seconds=1))

    assert on_error(Trouble.AGENT_FAILED, 4, patient).wait == timedelta(seconds=16)
    assert on_error(Trouble.AGENT_FAILED, 5, patient).remedy is Remedy.QUARANTINE


def test_every_decision_names_its_rule() -> None:
    for trouble in Trouble:
        assert {on_error(trouble, rounds).rule for rounds in range(5)} == {"error_escalation"}
