"""The bodies of webhooks as items to keep: cut into events, each with the name that it has however often it comes."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from rex_celery.errors import Problem, RefusedError
from rex_celery.webhooks.receive import Item, named_by

# Twilio sends some thirty parameters; far more are an attempt to keep somebody busy.
MOST_PARAMETERS = 1000
# What describes the parts of a mail that SendGrid took apart; it is put together again as one part.
_PART_HEADERS = ("content-type:", "content-transfer-encoding:", "mime-version:")
_NEW_HEADERS = "MIME-Version: 1.0\r\nContent-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"


def sendgrid_events(body: bytes) -> list[Item]:
    """A batch of SendGrid's event webhook; one item for each event, named by its ``sg_event_id``.

    Raises:
        RefusedError: it is not a JSON list of objects.

    """
    events = _json(body)
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise _not_json("is not a list of events", "a JSON list of objects")
    return [Item(_text(event, "sg_event_id") or named_by([_sorted(event)]), event) for event in events]


def sendgrid_mail(fields: Mapping[str, bytes]) -> Item:
    """A mail of SendGrid's Inbound Parse: whole in ``email`` if it is set to post the raw mail, else put together.

    Raises:
        RefusedError: it holds no mail.

    """
    raw = fields.get("email") or _put_together(fields)
    if not raw.strip():
        problem = Problem("form.email", "is missing", "the raw mail, or its headers and text")
        raise RefusedError("The post holds no mail.", status=400, code="no_mail", problems=(problem,))
    known = {name: fields[name].decode("utf-8", "replace") for name in ("envelope", "spam_score") if name in fields}
    return Item(named_by([raw]), dict(known), raw)


def parameters(body: bytes) -> list[tuple[str, str]]:
    """The parameters of a form in their order, empty ones too.

    Raises:
        RefusedError: there are too many.

    """
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        problem = Problem("body", "has too many parameters", f"at most {MOST_PARAMETERS}")
        raise RefusedError("The form cannot be read.", status=400, code="bad_form", problems=(problem,)) from error


def twilio_status(known: Mapping[str, str]) -> Item:
    """A status callback of Twilio; a message has each status once."""
    status = known.get("MessageStatus") or known.get("SmsStatus") or ""
    return _of_message(known, status)


def twilio_text(known: Mapping[str, str]) -> Item:
    """A text message that came in."""
    return _of_message(known, "received")


def calendly(body: bytes) -> Item:
    """One of Calendly's events; an invitee is created once and cancelled once.

    Raises:
        RefusedError: it is not a JSON object.

    """
    event = _json(body)
    if not isinstance(event, dict):
        raise _not_json("is not an event", "a JSON object")
    payload = event.get("payload")
    uri = _text(payload, "uri") if isinstance(payload, dict) else ""
    kind = _text(event, "event")
    return Item(f"{kind} {uri}" if kind and uri else named_by([_sorted(event)]), event)


def _of_message(known: Mapping[str, str], status: str) -> Item:
    sid = known.get("MessageSid") or known.get("SmsSid") or ""
    name = f"{sid}:{status}" if sid and status else named_by([_sorted(dict(known))])
    return Item(name, dict(known))


def _put_together(fields: Mapping[str, bytes]) -> bytes:
    """The headers that the mail came with, and its text, or HTML if it has none; without headers there is no mail."""
    told = fields.get("headers", b"").decode("utf-8", "replace")
    if not told.strip():
        return b""
    kind = "plain" if fields.get("text", b"").strip() else "html"
    text = _in_unicode(fields, "text" if kind == "plain" else "html")
    # What an unfolded line goes on with begins with a space and belongs to the header above it.
    kept, dropping = [], False
    for line in told.splitlines():
        if not line[:1].isspace():
            dropping = line.lower().startswith(_PART_HEADERS)
        if line.strip() and not dropping:
            kept.append(line)
    return ("\r\n".join(kept) + "\r\n" + _NEW_HEADERS.format(kind) + text).encode("utf-8", "replace")


def _in_unicode(fields: Mapping[str, bytes], name: str) -> str:
    """A field in the character set that ``charsets`` says it is in."""
    plain = fields.get(name, b"")
    try:
        told = json.loads(fields.get("charsets", b"{}"))
        return plain.decode(str(told.get(name, "utf-8")), "replace")
    except (ValueError, LookupError, AttributeError, RecursionError):
        return plain.decode("utf-8", "replace")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _not_json("is not JSON", "JSON in UTF-8") from error


def _not_json(what: str, expected: str) -> RefusedError:
    problem = Problem("body", what, expected)
    return RefusedError(f"The body {what}; nothing was stored.", status=400, code="not_json", problems=(problem,))


def _text(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _sorted(event: Mapping[str, Any]) -> str:
    return json.dumps(event, sort_keys=True)
