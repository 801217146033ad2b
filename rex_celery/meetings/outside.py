"""Meetings that an outside calendar keeps: its events come late, twice and in any order, and a move is one meeting."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.events import MeetingBooked, MeetingCancelled
from rex_celery.integrations.calendly import CREATED, CalendlyEvent
from rex_celery.meetings.booking import Invitee

CALENDLY = "calendly"

# One after the other: two halves of a move may be applied at the same moment.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('rex calendly ' || :tenant, 0))")
_FAMILY = text("""
SELECT id, provider_id, earlier_ids, state, lead_id, mission_id, sequence FROM meetings
WHERE provider = 'calendly' AND (provider_id = ANY(CAST(:names AS text[])) OR earlier_ids ?| CAST(:names AS text[]))
ORDER BY created_at, id FOR UPDATE
""")
_INSERT = text("""
INSERT INTO meetings (id, tenant_id, lead_id, mission_id, provider, provider_id, earlier_ids, state, title,
  invitee_name, invitee_email, invitee_timezone, starts_at, ends_at, note, created_at, updated_at, cancelled_at)
VALUES (:id, :tenant, :lead, :mission, 'calendly', :name, CAST(:earlier AS jsonb), :state, :title,
  :invitee_name, :email, :timezone, :starts, :ends, :note, :now, :now,
  CASE WHEN :state = 'cancelled' THEN CAST(:now AS timestamptz) END)
""")
_MOVE = text("""
UPDATE meetings SET provider_id = :name, earlier_ids = CAST(:earlier AS jsonb), starts_at = :starts, ends_at = :ends,
  title = :title, state = 'booked', cancelled_at = NULL, note = NULL, sequence = sequence + 1, updated_at = :now
WHERE id = :id
""")
_REMEMBER = text("UPDATE meetings SET earlier_ids = CAST(:earlier AS jsonb) WHERE id = :id")
_CANCEL = text("""
UPDATE meetings SET state = 'cancelled', cancelled_at = :now, updated_at = :now, note = :note, sequence = sequence + 1
WHERE id = :id
""")
_DELETE = text("DELETE FROM meetings WHERE id = :id")


class Change(StrEnum):
    """What an event did to our meetings."""

    NOTHING = "nothing"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Applied:
    """What happened, and to which meeting."""

    change: Change
    meeting_id: UUID | None = None


def lock(session: Session, tenant_id: UUID) -> None:
    """Let nobody else apply events of this tenant's outside calendar until the transaction ends."""
    session.execute(_LOCK, {"tenant": str(tenant_id)})


def apply(session: Session, tenant_id: UUID, event: CalendlyEvent, invitee: Invitee, now: datetime) -> Applied:
    """Bring our meetings up to what the event says; what is known already changes nothing. Needs ``lock``."""
    names = [name for name in (event.invitee, event.old_invitee) if name]
    family = list(session.execute(_FAMILY, {"names": names}))
    same = next((row for row in family if event.invitee in _names(row)), None)
    if event.kind == CREATED:
        before = next((row for row in family if row is not same and event.old_invitee in _names(row)), None)
        return _created(session, tenant_id, event, (same, before), (invitee, now))
    if event.moved:
        return Applied(Change.NOTHING)  # the other half says where to
    if same is None:
        # The news of the booking is still on its way; when it comes, the meeting is off already.
        return _insert(session, tenant_id, event, invitee, now)
    if same.provider_id != event.invitee or same.state == "cancelled":
        return Applied(Change.NOTHING)
    session.execute(_CANCEL, {"id": same.id, "note": event.reason or None, "now": now})
    bus.publish(session, tenant_id, MeetingCancelled(same.mission_id, same.id, same.lead_id))
    return Applied(Change.CANCELLED, same.id)


def _created(
    session: Session,
    tenant_id: UUID,
    event: CalendlyEvent,
    known: tuple[Row[Any] | None, Row[Any] | None],
    told: tuple[Invitee, datetime],
) -> Applied:
    same, before = known
    if same is not None:
        earlier = {*same.earlier_ids, *filter(None, [event.old_invitee]), *(_names(before) if before else ())}
        session.execute(_REMEMBER, {"id": same.id, "earlier": _list(earlier - {same.provider_id})})
        if before is not None:  # the news of what it was moved from came after that of what it was moved to
            session.execute(_DELETE, {"id": before.id})
        return Applied(Change.NOTHING, same.id)
    if before is None:
        return _insert(session, tenant_id, event, *told)
    values = {"id": before.id, "name": event.invitee, "earlier": _list(_names(before)), "title": event.title}
    session.execute(_MOVE, {**values, "starts": event.starts_at, "ends": event.ends_at, "now": told[1]})
    starts = event.starts_at.isoformat()
    moved = MeetingBooked(before.mission_id, before.id, before.lead_id, starts, before.sequence + 1)
    bus.publish(session, tenant_id, moved)
    return Applied(Change.MOVED, before.id)


def _insert(session: Session, tenant_id: UUID, event: CalendlyEvent, invitee: Invitee, now: datetime) -> Applied:
    meeting_id, booked = uuid4(), event.kind == CREATED
    values = {
        "id": meeting_id,
        "tenant": tenant_id,
        "lead": invitee.lead_id,
        "mission": invitee.mission_id,
        "name": event.invitee,
        "earlier": _list({event.old_invitee} - {""}),
        "state": "booked" if booked else "cancelled",
        "title": event.title,
        "invitee_name": invitee.name,
        "email": invitee.email,
        "timezone": invitee.timezone,
        "starts": event.starts_at,
        "ends": event.ends_at,
        "note": event.reason or None,
        "now": now,
    }
    session.execute(_INSERT, values)
    if booked:
        starts = event.starts_at.isoformat()
        bus.publish(session, tenant_id, MeetingBooked(invitee.mission_id, meeting_id, invitee.lead_id, starts))
        return Applied(Change.BOOKED, meeting_id)
    bus.publish(session, tenant_id, MeetingCancelled(invitee.mission_id, meeting_id, invitee.lead_id))
    return Applied(Change.CANCELLED, meeting_id)


def _names(row: Row[Any]) -> set[str]:
    return {row.provider_id, *row.earlier_ids}


def _list(names: set[str]) -> str:
    return json.dumps(sorted(names))
