"""Approvals: a person looks at messages that would leave this machine, and lets them go, changes or refuses them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import clock
from rex_celery.compliance import stops
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.outreach import edits, policies

Edited = Mapping[UUID, tuple[str, str]]

# Answers to replies wait for a person, too, and are decided in the to-do list: here it is about enrolled people only.
# Decisions about one mission come one after the other, and after the enrolments that were under way.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('rex approvals ' || CAST(:mission AS text), 0))")
_TOGETHER = text("SELECT pg_advisory_xact_lock_shared(hashtextextended('rex approvals ' || CAST(:mission AS text), 0))")
_GUARDED = text("""
SELECT m.autonomy, m.campaign_id, EXISTS (
  SELECT FROM steps AS s WHERE s.mission_id = m.id AND s.kind = 'approval' AND s.result ? 'approved_by') AS released
FROM missions AS m WHERE m.id = :mission
""")
_MISSIONS = text("SELECT DISTINCT mission_id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY 1")
_LOCK = text("""
SELECT FROM enrolments WHERE id IN (SELECT enrolment_id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])))
ORDER BY id FOR NO KEY UPDATE
""")
_FOUND = text("""
SELECT m.id, m.mission_id, m.lead_id, m.channel, m.subject, m.body,
  coalesce(m.state = 'planned' AND m.wait_reason = 'waiting_approval' AND m.enrolment_id IS NOT NULL, false) AS waiting
FROM messages AS m WHERE m.id = ANY(CAST(:ids AS uuid[])) ORDER BY m.lead_id, m.id FOR UPDATE
""")
_EDIT = text("""
UPDATE messages AS m SET subject = v.subject, body = v.body, edited_at = :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:bodies AS text[])) AS v(id, subject, body)
WHERE m.id = v.id
""")
_APPROVE = text("""
UPDATE messages SET approved_at = :now, wait_reason = NULL WHERE id = ANY(CAST(:ids AS uuid[]))
""")
# Counted from the last message that a person had to change.
_PROMOTED = text("""
SELECT s.id, s.campaign_id, count(*) AS approved FROM missions AS s JOIN messages AS m ON m.mission_id = s.id
WHERE s.id = ANY(CAST(:missions AS uuid[])) AND s.autonomy = 'approve_first_n' AND m.edited_at IS NULL
  AND m.approved_at > coalesce((SELECT max(edited_at) FROM messages WHERE mission_id = s.id), '-infinity')
GROUP BY s.id ORDER BY s.id
""")
_LOCK_ALL = text("""
SELECT FROM enrolments WHERE mission_id = :mission AND state = 'active' ORDER BY id FOR NO KEY UPDATE
""")
_RELEASE = text("""
UPDATE messages SET approved_at = :now, wait_reason = NULL
WHERE mission_id = :mission AND enrolment_id IS NOT NULL AND state = 'planned' AND wait_reason = 'waiting_approval'
""")
_RELEASED = text("""
UPDATE steps SET result = coalesce(result, '{}') || jsonb_build_object('approved_by', CAST(:actor AS text))
WHERE mission_id = :mission AND kind = 'approval'
""")


def are_needed(session: Session, tenant_id: UUID, mission_id: UUID) -> bool:
    """Whether messages that are enrolled now must be approved; a decision to let all go waits for our commit."""
    session.execute(_TOGETHER, {"mission": mission_id})
    mission = session.execute(_GUARDED, {"mission": mission_id}).one()
    if mission.released or mission.autonomy == "auto":
        return False
    return mission.autonomy == "suggest" or policies.of(session, tenant_id, mission.campaign_id).approve_first > 0


def approve(  # noqa: PLR0913, PLR0917  what was decided, by whom and when
    session: Session,
    tenant_id: UUID,
    message_ids: Collection[UUID],
    actor: str,
    edited: Edited | None = None,
    now: datetime | None = None,
) -> list[UUID]:
    """Let these messages go, ``edited`` ones with a new (subject, body); returns the missions they belong to.

    A mission with ``approve_first_n`` is released whole once that many were approved without an edit.

    Raises:
        NotFoundError: a message does not exist. ConflictError: one does not wait for an approval.
        InvalidError: an edited message is not fit to be sent.

    """
    changes, at = edited or {}, now or clock.now()
    rows = _waiting(session, {*message_ids, *changes})
    written = {row.id: changes[row.id] for row in rows if _differs(row, changes)}
    edits.check_all(session, tenant_id, written)
    columns = {"subjects": [one[0] for one in written.values()], "bodies": [one[1] for one in written.values()]}
    if written:
        session.execute(_EDIT, {"ids": list(written), "now": at, **columns})
    session.execute(_APPROVE, {"ids": [row.id for row in rows], "now": at})
    missions = sorted({row.mission_id for row in rows})
    for mission in session.execute(_PROMOTED, {"missions": missions}).all():
        if mission.approved >= policies.of(session, tenant_id, mission.campaign_id).approve_first:
            _release(session, mission.id, actor, at)
    return missions


def reject(session: Session, tenant_id: UUID, message_ids: Collection[UUID], now: datetime | None = None) -> list[UUID]:
    """Refuse these messages: they are skipped and their readers' sequences end; returns the missions they belong to.

    Raises:
        NotFoundError: a message does not exist. ConflictError: one does not wait for an approval.

    """
    rows, at = _waiting(session, message_ids), now or clock.now()
    missions = sorted({row.mission_id for row in rows})
    for mission in missions:
        people = [row.lead_id for row in rows if row.mission_id == mission]
        stops.stop_people(session, tenant_id, people, "rejected_by_person", at, mission_id=mission, state="skipped")
    return missions


def approve_mission(session: Session, mission_id: UUID, actor: str, now: datetime | None = None) -> None:
    """Let all messages of a mission go, also those that are enrolled later."""
    session.execute(_ALONE, {"mission": mission_id})
    _release(session, mission_id, actor, now or clock.now())


def _waiting(session: Session, message_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """These messages, locked in the order of everybody, if all of them wait for an approval."""
    ids = {"ids": list(message_ids)}
    for mission in session.scalars(_MISSIONS, ids).all():
        session.execute(_ALONE, {"mission": mission})
    session.execute(_LOCK, ids)
    rows = session.execute(_FOUND, ids).all()
    if missing := set(message_ids) - {row.id for row in rows}:
        raise NotFoundError(f"There is no message {min(missing)}.", code="message_not_found")
    if decided := [row.id for row in rows if not row.waiting]:
        raise ConflictError(
            f"{len(decided)} of these messages do not wait for an approval, such as {decided[0]}.",
            code="not_waiting",
            action="Somebody may have decided already; look again.",
        )
    return rows


def _differs(row: Row[Any], changes: Edited) -> bool:
    return row.id in changes and changes[row.id] != (row.subject, row.body)


def _release(session: Session, mission_id: UUID, actor: str, now: datetime) -> None:
    session.execute(_LOCK_ALL, {"mission": mission_id})
    session.execute(_RELEASE, {"mission": mission_id, "now": now})
    session.execute(_RELEASED, {"mission": mission_id, "actor": actor})
