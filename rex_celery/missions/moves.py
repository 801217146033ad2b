"""Moving a mission from state to state: along legal moves only, told to everyone, recorded as a decision."""

import json
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.decisions.states import ACTIVE, MissionState, legal_moves
from rex_celery.errors import ConflictError
from rex_celery.events import ErrorEscalated, MissionMoved
from rex_celery.missions import plan
from rex_celery.reasons import REASONS

_MOVE = text("""
UPDATE missions SET state = :after, reason = :reason,
  started_at = CASE WHEN :after = 'assigned' THEN coalesce(started_at, now()) ELSE started_at END,
  finished_at = CASE WHEN :after IN ('completed', 'cancelled', 'failed') THEN now() END,
  paused_at = CASE WHEN :after IN ('completed', 'cancelled') THEN NULL ELSE paused_at END,
  progress = greatest(progress, (SELECT progress FROM mission_progress WHERE mission_id = :mission))
WHERE id = :mission AND state = :before
""")
_COUNTS = text(
    "SELECT planned, sent, suppressed, skipped, failed, pending, progress"
    " FROM mission_progress WHERE mission_id = :mission"
)
_DECIDED = text("""
INSERT INTO decisions (id, tenant_id, mission_id, layer, rule, action, inputs, alternatives)
VALUES (:id, :tenant, :mission, :layer, :rule, :action, CAST(:inputs AS jsonb), CAST(:alternatives AS jsonb))
""")
# No key update: rows that refer to the mission (a lead's history) may be written meanwhile.
_LOCK = text("SELECT state FROM missions WHERE id = :mission FOR NO KEY UPDATE")
COUNTED = ("planned", "sent", "suppressed", "skipped", "failed", "pending")


def counts(session: Session, mission_id: UUID) -> tuple[dict[str, int], float]:
    """How many of a mission's leads stand where, and its progress from 0 to 1."""
    row = session.execute(_COUNTS, {"mission": mission_id}).one()
    return {name: getattr(row, name) for name in COUNTED}, float(row.progress)


def walk(session: Session, tenant_id: UUID, mission_id: UUID, before: MissionState, after: MissionState) -> None:
    """Take a mission forward, one legal move after the other, until it stands where its steps stand."""
    for state in plan.path(before, after):
        move(session, tenant_id, mission_id, before, state)
        before = state


def move(  # noqa: PLR0913, PLR0917  the move itself, its mission and why
    session: Session,
    tenant_id: UUID,
    mission_id: UUID,
    before: MissionState,
    after: MissionState,
    reason: str | None = None,
) -> None:
    """Make one move.

    Raises:
        ConflictError: the move is not legal, or the mission is no longer in ``before``.

    """
    if after not in legal_moves(before):
        raise ConflictError(
            f"A mission that is {before} cannot become {after}.",
            code="illegal_move",
            action="Possible from here: " + (", ".join(legal_moves(before)) or "nothing, it is final") + ".",
        )
    values = {"mission": mission_id, "before": before, "after": after, "reason": reason}
    if session.execute(_MOVE, values).rowcount == 0:  # type: ignore[attr-defined]
        raise ConflictError(f"The mission is no longer {before}; look again and repeat if you still want it.")
    decided(session, tenant_id, mission_id, ("state_machine", f"{before}->{after}", after), reason)
    bus.publish(session, tenant_id, MissionMoved(mission_id, before, after, reason, counts(session, mission_id)[0]))
    if after is MissionState.ESCALATED:
        text_of = REASONS[reason].text if reason in REASONS else ""
        bus.publish(session, tenant_id, ErrorEscalated(mission_id, reason or "", text_of))


def give_up(session: Session, tenant_id: UUID, mission_id: UUID, reason: str) -> None:
    """Fail a mission that cannot go on, if it is still active."""
    before = MissionState(session.execute(_LOCK, {"mission": mission_id}).scalar_one())
    if before in ACTIVE:
        move(session, tenant_id, mission_id, before, MissionState.FAILED, reason)


def escalate(session: Session, tenant_id: UUID, mission_id: UUID, reason: str) -> None:
    """Hand an active mission to a person."""
    before = MissionState(session.execute(_LOCK, {"mission": mission_id}).scalar_one())
    if before in ACTIVE:
        move(session, tenant_id, mission_id, before, MissionState.ESCALATED, reason)


def decided(
    session: Session, tenant_id: UUID, mission_id: UUID, verdict: tuple[str, str, str], reason: str | None
) -> None:
    """Record a decision: ``verdict`` is its layer, its rule and the action taken."""
    layer, rule, action = verdict
    before = rule.partition("->")[0]
    others = [str(one) for one in legal_moves(MissionState(before)) if one != action] if "->" in rule else []
    session.execute(
        _DECIDED,
        {
            "id": uuid4(),
            "tenant": tenant_id,
            "mission": mission_id,
            "layer": layer,
            "rule": rule,
            "action": action,
            "inputs": json.dumps({"reason": reason}),
            "alternatives": json.dumps(others),
        },
    )
