"""The addresses that people are given: a booking page, their meeting, an outside calendar that knows who they are."""

from uuid import UUID

from rex_celery import config
from rex_celery.integrations import calendly
from rex_celery.meetings import tokens
from rex_celery.meetings.tokens import Invitation, Person


def booking_link(tenant_id: UUID, page_id: UUID, lead_id: UUID | None = None, mission_id: UUID | None = None) -> str:
    """A booking page for one lead, or for anybody; for templates and drafts."""
    word = tokens.invitation(secret(), Invitation(tenant_id, page_id, lead_id, mission_id))
    return f"{config.settings().public_url}/b/{word}"


def meeting_link(tenant_id: UUID, meeting_id: UUID) -> str:
    """Where whoever booked can get the calendar file, move the meeting or cancel it."""
    return f"{config.settings().public_url}/m/{tokens.meeting(secret(), tenant_id, meeting_id)}"


def calendly_link(url: str, tenant_id: UUID, lead_id: UUID, mission_id: UUID | None = None) -> str:
    """A Calendly address that says in ``utm_content``, opaquely, whom it was given to."""
    return calendly.link(url, tokens.person(secret(), Person(tenant_id, lead_id, mission_id)))


def secret() -> str:
    """What these links are signed with."""
    return config.settings().secret_key.get_secret_value()
