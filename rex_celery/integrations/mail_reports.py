"""Reports about mail that we sent: bounces (RFC 3464, and what older servers write) and complaints (RFC 5965)."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import HeaderParser
from email.utils import parseaddr
from typing import Final

from flufl.bounce import all_failures

from rex_celery.integrations import mail_automatic, mail_parts
from rex_celery.integrations.mail_refusals import Refusal, classify, code_of

# The library logs a line for each of its seventeen detectors.
logging.getLogger("flufl.bounce").setLevel(logging.WARNING)

_RETURNED = re.compile(r"^\s*(?:X-)?Message-ID:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
# Receipts that all is well: somebody asked for them, and they are neither a bounce nor an answer.
_SUCCESSES: Final = ("delivered", "relayed", "expanded")
_LONGEST_DIAGNOSTIC = 1_000
# Reports tell their news first, then the returned mail's headers; how long it goes on after them tells nothing. The
# library needs a tenth of a second for a thousand lines.
_REPORT_BYTES, _WORDS_BYTES = 256 * 1024, 16 * 1024


@dataclass(frozen=True, slots=True)
class BounceReport:
    """A server gave a mail of ours up (``permanent``), or has not delivered it yet.

    ``message_id`` is the report's own, ``rfc_message_id`` the returned mail's, empty where the report does not tell it.
    ``code`` such as ``550 5.1.1``; ``action`` failed or delayed.
    """

    message_id: str
    at: datetime
    rfc_message_id: str
    recipient: str
    code: str
    action: str
    diagnostic: str
    permanent: bool
    classification: Refusal


@dataclass(frozen=True, slots=True)
class ComplaintReport:
    """A mailbox provider tells that somebody called a mail of ours spam; ``feedback_type`` as in RFC 5965."""

    message_id: str
    at: datetime
    rfc_message_id: str
    recipient: str
    feedback_type: str


@dataclass(frozen=True, slots=True)
class _Failure:
    recipient: str
    action: str
    status: str
    diagnostic: str


def read(raw: bytes, message_id: str, sender: str, at: datetime) -> BounceReport | ComplaintReport | None:
    """The report that a mail is; None for any other mail, receipts of success among them."""
    message = mail_parts.parse(raw[:_REPORT_BYTES])
    parts = mail_parts.parts(message)
    if feedback := next((part for part in parts if part.get_content_type() == "message/feedback-report"), None):
        return _complaint(message, feedback, message_id, at)
    if not _blocks(message) and not mail_automatic.from_mail_system(message, sender):
        return None  # only then are words taken for a bounce: a person may write them too
    return _bounce(message, raw, message_id, at)


def _bounce(message: Message, raw: bytes, message_id: str, at: datetime) -> BounceReport | None:
    blocks = _blocks(message)
    told = [failure for block in blocks if (failure := _failure(block)) is not None]
    if blocks and not told and all(_action(block).startswith(_SUCCESSES) for block in blocks if _action(block)):
        return None
    failed = min(told, key=lambda one: one.action != "failed", default=None)
    temporary, permanent = ([], []) if failed and failed.recipient else _scanned(raw)
    recipient = (failed.recipient if failed else "") or next(iter(permanent or temporary), "")
    if not recipient:
        return None
    words = failed.diagnostic if failed else mail_parts.text(message)[:_LONGEST_DIAGNOSTIC]
    code = code_of(failed.status if failed else "", words)
    lasting = failed.action == "failed" if failed else recipient in permanent
    action, said = "failed" if lasting else "delayed", words[:_LONGEST_DIAGNOSTIC]
    original = _returned_id(message)
    return BounceReport(message_id, at, original, recipient, code, action, said, lasting, classify(code, words))


def _complaint(message: Message, feedback: Message, message_id: str, at: datetime) -> ComplaintReport:
    told = next(iter(mail_parts.children(feedback)), feedback)
    recipient = parseaddr(mail_parts.header(told, "original-rcpt-to"))[1]
    if not recipient and (returned := _returned(message)) is not None:
        recipient = next((mailbox.address for mailbox in mail_parts.mailboxes(returned, "to")), "")
    kind = mail_parts.header(told, "feedback-type").lower() or "abuse"
    return ComplaintReport(message_id, at, _returned_id(message), recipient, kind)


def _blocks(message: Message) -> list[Message]:
    """The header blocks of a delivery status that speak of a recipient."""
    statuses = [one for one in mail_parts.parts(message) if one.get_content_type() == "message/delivery-status"]
    blocks = (block for status in statuses for block in mail_parts.children(status)[: mail_parts.MOST_PARTS])
    return [block for block in blocks if _action(block) or mail_parts.header(block, "status")]


def _action(block: Message) -> str:
    return mail_parts.header(block, "action").lower()


def _failure(block: Message) -> _Failure | None:
    action, status = _action(block), mail_parts.header(block, "status")
    if action.startswith(_SUCCESSES):
        return None
    named = mail_parts.header(block, "original-recipient") or mail_parts.header(block, "final-recipient")
    lasting = action.startswith(("fail", "error")) or (not action and status.startswith("5"))
    diagnostic = mail_parts.header(block, "diagnostic-code").partition(";")
    words = (diagnostic[2] or diagnostic[0]).strip()
    address = parseaddr(named.rpartition(";")[2].strip())[1]
    return _Failure(address, "failed" if lasting else "delayed", status, words)


def _scanned(raw: bytes) -> tuple[list[str], list[str]]:
    """The addresses that failed for now and for good, by the library that knows how servers put it in words."""
    try:
        found = all_failures(mail_parts.parse(raw[:_WORDS_BYTES]))
    except mail_parts.BROKEN:
        return [], []
    temporary, permanent = ([one.decode("utf-8", "replace") for one in sorted(some)] for some in found)
    return [one for one in temporary if "@" in one], [one for one in permanent if "@" in one]


def _returned_id(message: Message) -> str:
    """The Message-ID of the mail that a report is about: from what it returns, else from what it says it answers."""
    if (returned := _returned(message)) is not None and (named := mail_parts.ids(returned, "message-id")):
        return named[0]
    if found := _RETURNED.search(mail_parts.text(message)):
        return found[1]
    answered = mail_parts.ids(message, "in-reply-to") or mail_parts.ids(message, "references")[-1:]
    return answered[0] if answered else ""


def _returned(message: Message) -> Message | None:
    """The mail that came back with a report, or its headers alone."""
    for part in mail_parts.parts(message):
        kind = part.get_content_type()
        if kind in {"message/rfc822", "message/global"} and (inside := mail_parts.children(part)):
            return inside[0]
        if kind in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}:
            inside = mail_parts.children(part)
            return inside[0] if inside else HeaderParser().parsestr(mail_parts.content(part).lstrip())
    return None
