"""The rules, first match wins: what to do about an error. Thresholds are one piece of data."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Trouble(StrEnum):
    """What went wrong with a piece of work."""

    PROVIDER_UNAVAILABLE = "provider_unavailable"
    AGENT_FAILED = "agent_failed"
    WORKER_LOST = "worker_lost"


class Remedy(StrEnum):
    """What REX does about it."""

    WAIT = "wait"
    QUARANTINE = "quarantine"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class ErrorLimits:
    """How often each kind of trouble is borne before the next remedy, and how long REX waits in between."""

    rounds: int = 3
    backoff: timedelta = timedelta(seconds=2)
    provider_wait: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ErrorDecision:
    """What to do, by which rule, and how long to wait first."""

    remedy: Remedy
    rule: str
    wait: timedelta = timedelta(0)


STANDARD = ErrorLimits()


def on_error(trouble: Trouble, rounds: int, limits: ErrorLimits = STANDARD) -> ErrorDecision:
    """Rule 1, error escalation: wait and try again a few times; then a person decides, or the work is set aside.

    ``rounds`` is how often this work was in trouble before, 0 at first.
    """
    if trouble is Trouble.PROVIDER_UNAVAILABLE:
        if rounds < limits.rounds:
            return ErrorDecision(Remedy.WAIT, "error_escalation", limits.provider_wait * (rounds + 1))
        return ErrorDecision(Remedy.ESCALATE, "error_escalation")
    if rounds < limits.rounds:
        return ErrorDecision(Remedy.WAIT, "error_escalation", limits.backoff * 2**rounds)
    return ErrorDecision(Remedy.QUARANTINE, "error_escalation")
