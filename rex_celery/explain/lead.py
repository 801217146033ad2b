"""Explaining a person: their whole timeline, newest first, what comes next and what stands against it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.compliance import consent, suppression
from rex_celery.explain import message, timeline
from rex_celery.explain.timeline import Part
from rex_celery.explain.views import Enrolled, LeadExplained, MessageExplained, known
from rex_celery.leads import queries
from rex_celery.missions import views
from rex_celery.missions.views import Counts
from rex_celery.vocabulary import Channel

MOST_ENROLMENTS = 50
NEWEST = Part()

_ENROLMENTS = text("""
SELECT e.id, e.mission_id, e.sequence_id, s.name, e.version, e.state, e.reason, e.resume_at, e.planned, e.sent,
  e.suppressed, e.skipped, e.failed, e.pending, e.started_at, e.ended_at
FROM enrolments AS e JOIN sequences AS s ON s.id = e.sequence_id
WHERE e.lead_id = :lead ORDER BY (e.state = 'active') DESC, e.started_at DESC, e.id LIMIT :most
""")
# What a person of ours waits to do comes after what goes by itself.
_NEXT = text("""
SELECT m.id FROM messages AS m
WHERE m.lead_id = :lead AND m.state IN ('planned', 'claimed', 'submitted')
ORDER BY m.run_after NULLS LAST, m.position, m.id LIMIT 1
""")


def explain(session: Session, tenant_id: UUID, lead_id: UUID, now: datetime, part: Part = NEWEST) -> LeadExplained:
    """What happened to a person, in ``part``, and what comes next at ``now``; changes nothing.

    Raises:
        NotFoundError: the tenant has no such lead.

    """
    person = queries.get(session, lead_id)
    events = timeline.read(session, lead_id, part)
    coming = session.execute(_NEXT, {"lead": lead_id}).scalar()
    following = message.explain(session, tenant_id, coming, now) if coming else None
    stops = suppression.suppressed_among(session, [lead_id])
    rows = session.execute(_ENROLMENTS, {"lead": lead_id, "most": MOST_ENROLMENTS})
    return LeadExplained(
        lead_id=lead_id,
        name=" ".join(filter(None, (person.first_name, person.last_name))) or None,
        email=person.email,
        phone=person.phone,
        summary=_summary(list(stops.values()), following),
        stops=[known(reason) for reason in stops.values()],
        texting=bool(consent.consenting_among(session, [lead_id], Channel.SMS)),
        enrolments=[_enrolled(row) for row in rows],
        next=following,
        timeline=events[: part.limit],
        more=len(events) > part.limit,
    )


def _enrolled(row: Row[Any]) -> Enrolled:
    counts = Counts(row.planned, row.sent, row.suppressed, row.skipped, row.failed, row.pending)
    place = (row.id, row.mission_id, row.sequence_id, row.name, row.version)
    return Enrolled(*place, row.state, views.why(row.reason), row.resume_at, counts, row.started_at, row.ended_at)


def _summary(stops: list[str], following: MessageExplained | None) -> str:
    if stops:
        return known(stops[0]).text
    return following.summary if following else "No message to this person is planned."
