"""Messages that a person sends: a LinkedIn text to copy, or a step that asks somebody to act."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.outreach import caps, progress, todos
from rex_celery.outreach.looking import Claimed
from rex_celery.outreach.succession import BY_HAND
from rex_celery.outreach.todo_views import TodoKind
from rex_celery.outreach.todos import NewTodo

# The provider of inboxes whose messages a person sends, and the framework of steps that ask a person to act.
MANUAL, ASKS_A_PERSON = "manual", "todo"
DUE_WITHIN = timedelta(days=2)

_NAMES = text("SELECT id, concat_ws(' ', first_name, last_name) AS name, company FROM leads WHERE id = ANY(:leads)")
_HANDED = text("""
UPDATE messages SET state = 'planned', run_after = NULL, wait_reason = :reason
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'claimed'
""")


def is_by_hand(provider: str, one: Claimed) -> bool:
    """Whether a person sends this message."""
    return provider == MANUAL or one.row.framework == ASKS_A_PERSON


def hand_over(session: Session, tenant_id: UUID, claimed: Sequence[Claimed], now: datetime) -> None:
    """Put messages on the to-do list, where their text can be copied; the sequence goes on meanwhile."""
    if not claimed:
        return
    people = {row.id: row for row in session.execute(_NAMES, {"leads": [one.row.lead_id for one in claimed]})}
    for one in claimed:
        person = people[one.row.lead_id]
        whom = f"{person.name or one.row.recipient}{f' at {person.company}' if person.company else ''}"
        todos.create(session, tenant_id, _todo(one, whom, now), now)
    session.execute(_HANDED, {"ids": [one.id for one in claimed], "reason": BY_HAND})
    for at in sorted({one.claimed_at for one in claimed}):
        caps.spend(session, tenant_id, [one.ask for one in claimed if one.claimed_at == at], at)
    progress.schedule_next(session, tenant_id, [one.row.enrolment_id for one in claimed if one.row.enrolment_id], now)


def _todo(one: Claimed, whom: str, now: datetime) -> NewTodo:
    asks = one.row.framework == ASKS_A_PERSON
    return NewTodo(
        kind=TodoKind.LOOK if asks else TodoKind.LINKEDIN_TASK,
        title=f"Look after {whom}" if asks else f"Write to {whom} on LinkedIn",
        body=one.row.body,
        details={"profile_url": one.row.recipient} if one.row.channel == "linkedin" else {},
        lead_id=one.row.lead_id,
        mission_id=one.row.mission_id,
        message_id=one.id,
        due_at=now + DUE_WITHIN,
    )
