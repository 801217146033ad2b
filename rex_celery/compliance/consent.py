"""The record of consent: who agreed to which channel, in which words, when, and until when."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from rex_celery.models import Consent
from rex_celery.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person agreed to: ``source`` is the form or call it came from, ``wording`` what they were shown.

    ``evidence`` is what proves it, such as the form's address or an IP; ``recorded_by`` who entered it.
    """

    channel: Channel
    source: str
    wording: str
    given_at: datetime
    evidence: dict[str, str] = field(default_factory=dict)
    recorded_by: str = ""


def record(session: Session, tenant_id: UUID, lead_id: UUID, agreement: Agreement) -> UUID:
    """Keep a consent and give its id; an earlier one stays as it was."""
    stored: UUID = session.execute(
        insert(Consent)
        .values(
            tenant_id=tenant_id,
            lead_id=lead_id,
            channel=agreement.channel,
            source=agreement.source,
            wording=agreement.wording,
            given_at=agreement.given_at,
            evidence=agreement.evidence,
            recorded_by=agreement.recorded_by,
        )
        .returning(Consent.id)
    ).scalar_one()
    return stored


def withdraw(session: Session, lead_id: UUID, channel: Channel, at: datetime) -> int:
    """End every consent of this lead to this channel; gives how many there were."""
    ended = session.execute(
        update(Consent)
        .where(Consent.lead_id == lead_id, Consent.channel == channel, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=at)
        .returning(Consent.id)
    )
    return len(ended.all())


def consenting_among(session: Session, lead_ids: Collection[UUID], channel: Channel) -> set[UUID]:
    """Those of these leads who agreed to the channel and did not take it back. One statement."""
    standing = select(Consent.lead_id).where(
        Consent.lead_id.in_(lead_ids), Consent.channel == channel, Consent.withdrawn_at.is_(None)
    )
    return set(session.scalars(standing))
