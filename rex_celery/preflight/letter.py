"""A written message as compliance and the quality control read it."""

from dataclasses import dataclass
from uuid import UUID

from rex_celery.agents.written import Written
from rex_celery.preflight.audience import Person
from rex_celery.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one person, with its footer; ``reason``: why it could not be written."""

    id: UUID
    lead_id: UUID
    step_key: str
    channel: Channel
    recipient: str
    subject: str
    body: str
    framework: str
    position: int | None
    reason: str | None
    first_name: str | None
    in_thread: bool


def letter_of(person: Person, made: Written) -> Letter:
    """The message as it would be stored."""
    return Letter(
        id=made.id,
        lead_id=made.lead_id,
        step_key=made.step_key,
        channel=made.channel,
        recipient=made.recipient,
        subject=made.subject,
        body=made.body,
        framework=made.framework,
        position=made.position,
        reason=made.reason,
        first_name=person.first_name,
        # Whoever writes a sequence sees to it that such a message has a thread to go into.
        in_thread=made.channel is Channel.EMAIL and not made.subject and made.position is not None,
    )
