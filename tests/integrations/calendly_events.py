"""Calendly's webhooks as its documentation shows them, with sample people."""

from typing import Any

INVITEE = "https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA/invitees/AAAAAAAAAAAAAAAA"


def created(event: str = "invitee.created", **invitee: Any) -> dict[str, Any]:
    """An invitee was created; ``invitee`` are fields of the payload."""
    payload = {
        "uri": INVITEE,
        "name": "Grace Hopper",
        "email": "Grace@example.com",
        "status": "active",
        "timezone": "America/New_York",
        "rescheduled": False,
        "old_invitee": None,
        "new_invitee": None,
        "questions_and_answers": [],
        "cancel_url": "https://calendly.com/cancellations/AAAAAAAAAAAAAAAA",
        "reschedule_url": "https://calendly.com/reschedulings/AAAAAAAAAAAAAAAA",
        "tracking": {"utm_campaign": None, "utm_source": None, "utm_medium": None, "utm_content": None},
        "scheduled_event": {
            "uri": "https://api.calendly.com/scheduled_events/AAAAAAAAAAAAAAAA",
            "name": "Intro call",
            "status": "active",
            "start_time": "2026-06-08T15:00:00.000000Z",
            "end_time": "2026-06-08T15:30:00.000000Z",
            "event_memberships": [{"user": "https://api.calendly.com/users/AAAAAAAAAAAAAAAA"}],
        },
    }
    known = {
        "event": event,
        "created_at": "2026-06-01T12:00:00.000000Z",
        "created_by": "https://api.calendly.com/users/A",
    }
    return known | {"payload": payload | invitee}


def canceled(**invitee: Any) -> dict[str, Any]:
    """An invitee was cancelled, or with ``rescheduled=True`` moved."""
    ended = {
        "status": "canceled",
        "cancellation": {"canceled_by": "Grace Hopper", "reason": "", "canceler_type": "invitee"},
    }
    return created("invitee.canceled", **(ended | invitee))
