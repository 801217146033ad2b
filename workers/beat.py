"""The timetable, on one screen."""

from typing import Any

from rex_celery import crews
from rex_celery.flow import URGENT

TOP_UP_SECONDS = 1
RECEIVE_SECONDS = 1
RECONCILE_SECONDS = 5
MAILBOXES_SECONDS = 30
LABELLING_SECONDS = 10
PURGE_SECONDS = 3600


def _every(seconds: int, job: str) -> dict[str, Any]:
    # A tick that was not run before the next one is worth nothing.
    options = {"queue": crews.CONTROL_QUEUE, "priority": URGENT, "expires": 2 * seconds}
    return {"task": "control.tick", "schedule": float(seconds), "args": (job, seconds), "options": options}


TIMETABLE = {
    "top up the queues": _every(TOP_UP_SECONDS, "top_up"),
    "apply what came in": _every(RECEIVE_SECONDS, "receive"),
    "find what was lost": _every(RECONCILE_SECONDS, "reconcile"),
    "read mailboxes": _every(MAILBOXES_SECONDS, "mailboxes"),
    "ask what answers want": _every(LABELLING_SECONDS, "labelling"),
    "forget old answers": _every(PURGE_SECONDS, "purge"),
}
