"""Why a mail was refused: whose turn it is, from the codes of RFC 3463 and, where they say nothing, from the words."""

import re
from enum import StrEnum
from typing import Final

from rex_celery.integrations import smtp_replies


class Refusal(StrEnum):
    """What a bounce is about. Only ``DEAD_ADDRESS`` says something about the person's address."""

    DEAD_ADDRESS = "dead_address"
    MAILBOX_FULL = "mailbox_full"
    REPUTATION = "reputation"
    CONTENT = "content"
    AUTHENTICATION = "authentication"
    POLICY = "policy"
    TECHNICAL = "technical"
    UNKNOWN = "unknown"


_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?:[ -]|$)")
_REASONS: Final = {"invalid_mailbox": Refusal.DEAD_ADDRESS, "sender_unauthenticated": Refusal.AUTHENTICATION}

# Providers put their own meaning in the words, often against the code beside them; the first that fits counts.
_SENDER = (
    r"\b(?:spf|dkim|dmarc)\b|unauthenticated|not authenticated|domain authentication"
    r"|sender (?:id|address|domain|verify)"
)
_FULL_WORDS = (
    r"(?:mail ?box|inbox|account|recipient|user)[^.\n]{0,40}\b(?:is |storage )?(?:full|quota)|over ?quota"
    r"|quota exceeded|exceed\w* (?:(?:its|the|their|his|storage|mail(?:box)?) )*quota|out of storage"
    r"|insufficient storage"
)
_REPUTATION = (
    r"reputation|black ?list|block ?list|spamhaus|spamcop|barracuda|\brbl\b|\bdnsbl\b|unsolicited mail originating"
    r"|unusual rate|too (?:many|quickly|fast)|rate.?limit|banned sending ip|blocked using|throttl"
)
_DEAD = (
    r"(?:no such|invalid|unknown|non-?existent) (?:user|mailbox|recipient|address|account)|user unknown"
    r"|(?:user|mailbox|recipient|address|account)\b[^.\n]{0,60}\b(?:not found|unknown|does not exist|doesn[’']t exist"
    r"|could ?n[o']t be found|wasn[’']t found|disabled|inactive|deactivated|no longer)"
    r"|domain (?:name )?not found|recipient address rejected: access denied"
)
_CONTENT = r"\bspam\b|unsolicited|suspicious|content|virus|malware|phish|attachment|message (?:looks|appears|contains)"
_WORDS: Final = (
    (Refusal.AUTHENTICATION, _SENDER),
    (Refusal.MAILBOX_FULL, _FULL_WORDS),
    (Refusal.REPUTATION, _REPUTATION),
    (Refusal.DEAD_ADDRESS, _DEAD),
    (Refusal.CONTENT, _CONTENT),
    (Refusal.POLICY, r"policy|not allowed|administrative|prohibit|access denied|permission|relay"),
    (Refusal.TECHNICAL, r"timed? ?out|connection|unreachable|expired|too large|routing|loop|hop count|temporar"),
)
_PATTERNS: Final = tuple((refusal, re.compile(words, re.IGNORECASE)) for refusal, words in _WORDS)
_BY_SUBJECT: Final = {
    "2": Refusal.MAILBOX_FULL,
    "3": Refusal.TECHNICAL,
    "4": Refusal.TECHNICAL,
    "5": Refusal.TECHNICAL,
    "6": Refusal.CONTENT,
    "7": Refusal.POLICY,
}
_FULL: Final = frozenset({"5.2.2", "4.2.2"})


def classify(code: str, words: str) -> Refusal:
    """What the refusal is about; ``code`` as ``code_of`` gives it, ``words`` what the server said."""
    if (refusal := _REASONS.get(smtp_replies.reason_of(code))) is not None:
        return refusal
    enhanced = code.rpartition(" ")[2]
    if enhanced in _FULL:
        return Refusal.MAILBOX_FULL
    if said := next((refusal for refusal, pattern in _PATTERNS if pattern.search(words[:2000])), None):
        return said
    subject = enhanced.split(".")[1] if _CODE.fullmatch(enhanced) else ""
    return _BY_SUBJECT.get(subject, Refusal.UNKNOWN)


def code_of(status: str, diagnostic: str) -> str:
    """The reply and status codes, such as ``550 5.1.1``; what the refusing server said counts before the reporter's."""
    said = [found[1] for found in (_CODE.search(diagnostic), _CODE.search(status)) if found]
    # A status of x.0.0 says nothing: any other is better.
    enhanced = next((code for code in said if not code.endswith(".0.0")), said[0] if said else "")
    reply = _REPLY.search(diagnostic)
    return f"{reply[1] if reply else ''} {enhanced}".strip()
