"""What a mail server's answer means: try again, somebody's mistake, or a dead address."""

import re

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError

_PERMANENT = 500
_ENHANCED = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")

# The address is dead: bad mailbox, bad domain, moved, no mail accepted there (RFC 3463, 7505).
_DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})

# The sending domain failed SPF, DKIM or DMARC (RFC 7372, Gmail 5.7.26, Yahoo 5.7.9, Microsoft 5.7.509 and 5.7.515).
# It is the sender's turn; the address is alive and must not be given up.
_SENDER_UNAUTHENTICATED = frozenset(
    {"5.7.9", "5.7.20", "5.7.21", "5.7.22", "5.7.23", "5.7.25", "5.7.26", "5.7.27", "5.7.509", "5.7.515"}
)

_FULL = re.compile(r"\b[45]\.2\.2\b")

# Servers without enhanced codes say it in words.
_NO_SUCH_USER = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient)|(?:user|mailbox|recipient) (?:not found|unknown)"
    r"|(?:account|mailbox|address) (?:does not|doesn't) exist",
    re.IGNORECASE,
)


class DeferredError(ProviderUnavailableError):
    """The server does not take this one message now (4xx); others it may take. ``code`` is such as ``450 4.2.1``."""

    def __init__(self, detail: str, *, code: str) -> None:
        super().__init__(detail)
        self.code = code


def error_for(code: int, text: bytes | str) -> DeferredError | ProviderRejectedError:
    """The error to raise for an answer that was not a yes; ``code`` of a rejection is such as ``550 5.1.1``."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    full = f"{code} {enhanced_of(words)}".rstrip()
    if code < _PERMANENT:
        return DeferredError(f"The mail server answered {full}", code=full)
    return ProviderRejectedError(f"The mail server answered {full}", code=full)


def enhanced_of(words: str) -> str:
    """The enhanced status code (RFC 3463) in an answer, or the one that its words stand for; empty if there is none."""
    found = _ENHANCED.search(words)
    if found:
        return found[1]
    return "5.1.1" if _NO_SUCH_USER.search(words) else ""


def is_full_mailbox(code: str) -> bool:
    """Whether the answer is about one reader's full mailbox and says nothing of how their provider takes our mail."""
    return _FULL.search(code) is not None


def reason_of(code: str) -> str:
    """The reason, a code of ``rex_celery.reasons``, for the code of a rejection."""
    enhanced = code.rpartition(" ")[2]
    if enhanced in _DEAD_ADDRESS:
        return "invalid_mailbox"
    if enhanced in _SENDER_UNAUTHENTICATED:
        return "sender_unauthenticated"
    return "provider_rejected"
