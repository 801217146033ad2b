"""The words for what happened: one short sentence for each kind of event."""

from typing import Any

from sqlalchemy import Row

_CHANNELS = {"email": "e-mail", "sms": "text message", "linkedin": "LinkedIn message"}
_VERDICTS = {
    "pending": "{by} let them go on.",
    "enrolled": "{by} enrolled them.",
    "sent": "{by} sent a message.",
    "skipped": "{by} left them out.",
    "suppressed": "{by} held them back.",
    "failed": "{by} failed on them.",
}
_DELIVERY = {
    "accepted": "The provider took the message.",
    "delivered": "The message arrived.",
    "deferred": "The receiving server put the message off.",
    "bounced": "The message bounced: the address is dead.",
    "blocked": "The receiving server refused the message; that does not mean that the address is dead.",
    "complained": "The message was reported as spam.",
    "unsubscribed": "They used the unsubscribe link.",
    "clicked": "A link was followed.",
    "opened": "The message was opened, by them or by a machine.",
    "dropped": "The provider dropped the message.",
    "failed": "The provider refused the message.",
    "replied": "They answered.",
}
_RECEIVED = {
    "reply": "They answered.",
    "out_of_office": "Their absence note came.",
    "automatic": "A machine answered.",
    "own": "A message of your own came back.",
    "unmatched": "A message came that nobody could place at first.",
}


def of(row: Row[Any]) -> tuple[str, str]:
    """The kind of an event and its sentence."""
    if row.kind == "agent":
        return f"agent.{row.a}", _VERDICTS.get(row.a, "{by}: " + str(row.a) + ".").format(by=_agent(row.by))
    if row.kind == "delivery":
        return f"delivery.{row.a}", _told(_DELIVERY.get(row.a, f"The provider said: {row.a}."), row.c)
    if row.kind == "received":
        if row.a == "automatic" and row.by == "sms":
            return f"received.{row.a}", "They asked by a word such as START to be written to again."
        return f"received.{row.a}", _told(_RECEIVED.get(row.a, f"Something came in: {row.a}."), row.b)
    return row.kind, _PLAIN[row.kind].format(a=_CHANNELS.get(row.a, row.a), b=row.b)


_PLAIN = {
    "written": "An {a} was written for step {b}.",
    "answer_written": "An answer was written: {a}.",
    "edited": "Somebody changed the {a}.",
    "approved": "Somebody let the {a} go.",
    "sent": "The {a} of step {b} left.",
    "answered": "The answer left: {a}.",
    "clicked": "They followed a link in the {a}.",
    "suppressed": "They entered the suppression list (scope: {a}).",
    "consented": "They agreed to this channel: {a}.",
    "withdrew": "They took back their consent: {a}.",
    "enrolled": "They began the sequence {a}, version {b}.",
    "ended": "Their sequence {b} was {a}.",
    "booked": "A meeting was booked for {a} UTC.",
    "meeting_cancelled": "The meeting of {a} UTC was cancelled.",
    "known": "They became known from {a}.",
}


def _agent(name: str) -> str:
    return f"The agent {name}"


def _told(sentence: str, more: str | None) -> str:
    """The sentence with what else was said, such as a code or a label."""
    return f"{sentence[:-1]} ({more.replace('_', ' ')})." if more else sentence
