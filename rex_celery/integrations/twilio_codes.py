"""What Twilio's error codes mean: for the message, for the number, or for whoever runs this account."""

from dataclasses import dataclass
from datetime import timedelta

OVERFLOW_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Meaning:
    """``kind`` is the one of ``ProviderEvent``; ``reason`` a code of ``rex_celery.reasons``."""

    kind: str
    reason: str


_OPTED_OUT = Meaning("unsubscribed", "suppressed_opt_out")
# Not ``bounced``: that would stop the person's e-mail too, for a telephone that is switched off or a landline.
_UNREACHABLE = Meaning("failed", "number_unreachable")
_EXPIRED = Meaning("failed", "validity_expired")
_BLOCKED = Meaning("blocked", "bounced_other")
_REFUSED = Meaning("failed", "provider_rejected")

_MEANINGS = {
    21610: _OPTED_OUT,
    21211: _UNREACHABLE,  # not a number
    21614: _UNREACHABLE,  # not a mobile number
    30005: _UNREACHABLE,  # nobody has it
    30006: _UNREACHABLE,  # a landline, or a carrier that cannot be reached
    30003: _UNREACHABLE,  # switched off or out of reach
    30036: _EXPIRED,
    30004: _BLOCKED,  # by the person or the carrier
    30007: _BLOCKED,  # filtered for what it says
    30022: _BLOCKED,  # over the carrier's rate for the registered campaign
    30023: _BLOCKED,  # over the carrier's daily cap for the brand
    30024: _BLOCKED,  # the sender's registration is not in force yet
    30034: _BLOCKED,  # the number is not registered
    30035: _BLOCKED,
}
# The queue of the number or of the service holds ten hours of messages: this one was not taken.
OVERFLOW = frozenset({21611, 30001})
# About the account, the service or the sending number: no message would be taken until somebody puts it right.
_ACCOUNT = frozenset({20003, 20005, 20008, 20404, 21212, 21603, 21606, 21609, 21659, 21660, 21701, 21703})


def meaning_of(code: int) -> Meaning:
    """What a message with this error code came to."""
    return _MEANINGS.get(code, _REFUSED)


def is_the_account(code: int) -> bool:
    """Whether the code is about who sends and not about the message."""
    return code in _ACCOUNT
