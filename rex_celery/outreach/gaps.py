"""The pause an inbox keeps between its messages: a gap with a jitter that is the same on every try."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from rex_celery.outreach.policy import Caps, Policy


class Paced(Protocol):
    """The part of an inbox that is looked at here; NULL seconds are the provider's default."""

    @property
    def provider(self) -> str:
        """Who sends: smtp, twilio and so on."""
        ...

    @property
    def gap_seconds(self) -> int | None:
        """Seconds between two messages."""
        ...

    @property
    def jitter_seconds(self) -> int | None:
        """Seconds by which a gap may be longer or shorter."""
        ...


class Gap(NamedTuple):
    """Seconds between two messages, give or take ``jitter``."""

    seconds: int
    jitter: int


_NONE = Gap(0, 0)
# A mailbox writes like a person; the others keep their own queues, or a person sends.
_DEFAULTS = {"outbox": _NONE, "sendgrid": _NONE, "manual": _NONE}
# A long code sends one segment a second, and what waits in its queue cannot be taken back.
_TEXTS = "twilio"
_ONE_SEGMENT = Gap(1, 0)
# As many as fit into this are claimed at once: so long a stop may come too late for what was handed over.
_AT_ONCE_SECONDS = 10
_SPREAD = 1_000_003


def of(inbox: Paced, caps: Caps) -> Gap:
    """The gap of an inbox: its own, else its provider's, else the policy's."""
    default = _ONE_SEGMENT if inbox.provider == _TEXTS else Gap(caps.gap_seconds, caps.jitter_seconds)
    known = _DEFAULTS.get(inbox.provider, default)
    seconds = known.seconds if inbox.gap_seconds is None else inbox.gap_seconds
    jitter = known.jitter if inbox.jitter_seconds is None else inbox.jitter_seconds
    return Gap(seconds, min(jitter, seconds) if inbox.jitter_seconds is None else jitter)


def allowance(inbox: Paced, policy: Policy, most: int) -> int:
    """How many messages an inbox that is free may claim at once, ``most`` at the most."""
    longest = sum(of(inbox, policy.caps))
    return most if longest == 0 else min(most, max(1, _AT_ONCE_SECONDS // longest))


def next_free(
    inbox: Paced, policy: Policy, ids: Sequence[UUID], now: datetime, segments: Mapping[UUID, int] | None = None
) -> datetime | None:
    """When an inbox that sends these messages at ``now`` may send again; None: at once.

    Each text counts with its ``segments`` (default 1) where the provider sends them one by one.
    """
    gap = of(inbox, policy.caps)
    counted = segments or {}
    wait = sum(_after(gap, id_) * (counted.get(id_, 1) if inbox.provider == _TEXTS else 1) for id_ in ids)
    return now + timedelta(seconds=wait) if wait > 0 else None


def _after(gap: Gap, message_id: UUID) -> float:
    """From the gap less its jitter to the gap and its jitter, evenly spread over the messages."""
    share = message_id.int % _SPREAD / (_SPREAD - 1)
    return max(0.0, gap.seconds + gap.jitter * (2 * share - 1))
