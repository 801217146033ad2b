"""What a finished message must and must not hold, whoever wrote it."""

import re
from dataclasses import dataclass

from rex_celery.compliance import sms
from rex_celery.vocabulary import Channel

MOST_WORDS = 200
MOST_LINKS = 2
MOST_SMS_SEGMENTS = 3

# Phrases that filters and people alike take for spam. A short list on purpose: one ordinary word blocks too much.
SPAM_PHRASES = (
    "100% free",
    "act now",
    "buy now",
    "cash bonus",
    "click here",
    "congratulations, you",
    "double your",
    "earn extra cash",
    "get rich",
    "guaranteed results",
    "increase your sales",
    "limited time offer",
    "make money",
    "no obligation",
    "once in a lifetime",
    "order now",
    "risk-free",
    "risk free",
    "special promotion",
    "this is not spam",
    "urgent response",
    "what are you waiting for",
    "winner!",
    "you have been selected",
)

_LINK = re.compile(r"https?://(?:www\.)?|\bwww\.")
_FIRST_LETTERS = "{}[<%*"
_TOKEN = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{\w[\w .]*\}|\[\[|\[[A-Z][A-Z _]+\]|\*\|\w+\|\*|%[A-Za-z_]{3,}%"
    r"|<(?:first|last|full|company|name)[\w ]*>",
)
# "Hello," is a greeting without a name; "Hi ," is one that lost it.
_EMPTY_GREETING = re.compile(r"\s*(?:(?:hi|hello|hey|dear|good \w+)\s+[,!.:]|dear\s*[,!.:]?\s*$)", re.IGNORECASE)
_FAKE_REPLY = re.compile(r"\s*(?:re|fwd?|aw|wg)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_LINE_BREAK = re.compile(r"[\r\n\x00]")


@dataclass(frozen=True, slots=True)
class Content:
    """A message as it would go out, footer and all, with the parts it must hold."""

    channel: Channel
    subject: str
    body: str
    recipient_name: str
    sender_name: str
    postal_address: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a message may not go out: a code of ``rex_celery.reasons`` and what was found."""

    code: str
    found: str = ""


def check(content: Content) -> tuple[Finding, ...]:
    """All that is wrong with one message, in a fixed order; empty means that it may go out."""
    findings = _text(content)
    if content.channel is Channel.EMAIL:
        findings += _email(content)
    if content.channel is Channel.SMS:
        findings += _sms(content)
    return tuple(findings)


def pretends_reply(subject: str) -> bool:
    """Whether a subject begins like that of an answer or of a forwarded message."""
    return _FAKE_REPLY.match(subject) is not None


def _text(content: Content) -> list[Finding]:
    body, findings = content.body, []
    lowered = f"{content.subject}\n{body}".lower()
    if not body.strip():
        findings.append(Finding("content_empty", "body"))
    if token := _token(f"{content.subject}\n{body}"):
        findings.append(Finding("content_unresolved_variable", token))
    if _EMPTY_GREETING.match(body.lstrip().partition("\n")[0]):
        findings.append(Finding("content_empty_greeting", body.lstrip().partition("\n")[0]))
    if (words := len(body.split())) > MOST_WORDS:
        findings.append(Finding("content_too_long", f"{words} words"))
    if (links := _links(lowered)) > MOST_LINKS:
        findings.append(Finding("content_too_many_links", f"{links} links"))
    if phrase := _spam_phrase(lowered):
        findings.append(Finding("content_spam_phrase", phrase))
    return findings


def _email(content: Content) -> list[Finding]:
    findings = []
    if not content.subject.strip():
        findings.append(Finding("content_empty", "subject"))
    if pretends_reply(content.subject):
        findings.append(Finding("content_fake_reply", content.subject))
    headers = (content.subject, content.recipient_name, content.sender_name)
    findings += [Finding("content_header_injection", header) for header in headers if _LINE_BREAK.search(header)]
    if not content.postal_address.strip() or content.postal_address not in content.body:
        findings.append(Finding("content_no_postal_address"))
    if not content.unsubscribe_url or content.unsubscribe_url not in content.body:
        findings.append(Finding("content_no_unsubscribe"))
    return findings


def _sms(content: Content) -> list[Finding]:
    findings = []
    if (segments := sms.measure(content.body).segments) > MOST_SMS_SEGMENTS:
        findings.append(Finding("content_sms_too_long", f"{segments} segments"))
    if "stop" not in content.body.lower():
        findings.append(Finding("content_no_unsubscribe", "STOP"))
    return findings


def _token(text: str) -> str | None:
    # Nearly no message holds any of these characters, and looking for them first is many times faster.
    if not any(map(text.__contains__, _FIRST_LETTERS)):
        return None
    found = _TOKEN.search(text)
    return found[0] if found else None


def _links(lowered: str) -> int:
    # Counting needs no pattern unless an address begins with www, which may stand behind a scheme or alone.
    if "www." in lowered:
        return len(_LINK.findall(lowered))
    return lowered.count("http://") + lowered.count("https://")


def _spam_phrase(lowered: str) -> str | None:
    return next(filter(lowered.__contains__, SPAM_PHRASES), None)
