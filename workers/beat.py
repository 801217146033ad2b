"""The timetable, on one screen."""

from typing import Any

from rex_celery import crews
from rex_celery.flow import URGENT

TOP_UP_SECONDS = 1
SEND_SECONDS = 1
RECEIVE_SECONDS = 1
LOOK_AFTER_SECONDS = 30
RECONCILE_SECONDS = 5
MAILBOXES_SECONDS = 30
LABELLING_SECONDS = 10
WEBHOOKS_SECONDS = 2
CALENDARS_SECONDS = 60
PURGE_SECONDS = 3600


def _every(seconds: int, job: str) -> dict[str, Any]:
    # A tick that was not run before the next one is worth nothing.
    options = {"queue": crews.CONTROL_QUEUE, "priority": URGENT, "expires": 2 * seconds}
    return {"task": "control.tick", "schedule": float(seconds), "args": (job, seconds), "options": options}


TIMETABLE = {
    "top up the queues": _every(TOP_UP_SECONDS, "top_up"),
    "send what is due": _every(SEND_SECONDS, "due"),
    "look after what waits": _every(LOOK_AFTER_SECONDS, "look_after"),
    "apply what came in": _every(RECEIVE_SECONDS, "receive"),
    "find what was lost": _every(RECONCILE_SECONDS, "reconcile"),
    "read mailboxes": _every(MAILBOXES_SECONDS, "mailboxes"),
    "ask what answers want": _every(LABELLING_SECONDS, "labelling"),
    "hand events on to webhooks": _every(WEBHOOKS_SECONDS, "webhooks"),
    "write meetings into calendars": _every(CALENDARS_SECONDS, "calendars"),
    "forget old answers": _every(PURGE_SECONDS, "purge"),
}
