"""What holds the messages of a mission that sends at once: its gate, and taking back what may not be sent."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.work import WorkRef

# Claimed without a result for this long, with nobody at work on it: the sender died in the middle of the call.
ABANDONED_SECONDS = 120
# What a person is taken to have got when a provider's answer was lost: cold mail is never sent again on a guess.
ASSUMED = "unknown_result_assumed_sent"

_GATE = text("""
SELECT m.epoch = :epoch AND m.paused_at IS NULL AND m.state = 'executing' AND t.sending_stopped_at IS NULL
FROM missions AS m JOIN tenants AS t ON t.id = m.tenant_id WHERE m.id = :mission
""")
_HELD = """unnest(CAST(:leads AS uuid[]), CAST(:reasons AS text[])) AS s(lead_id, reason)"""
_HOLD_MESSAGES = text(f"""
WITH found AS MATERIALIZED (
  SELECT m.id, s.reason FROM {_HELD} JOIN messages AS m ON m.mission_id = :mission AND m.lead_id = s.lead_id
  WHERE m.state = 'planned' ORDER BY m.lead_id, m.id FOR UPDATE OF m)
UPDATE messages AS m SET state = :state, reason = f.reason FROM found AS f WHERE m.id = f.id
""")
_HOLD_LEADS = text(f"""
WITH found AS MATERIALIZED (
  SELECT o.lead_id, s.reason FROM {_HELD} JOIN outcomes AS o ON o.mission_id = :mission AND o.lead_id = s.lead_id
  WHERE o.state = 'pending' ORDER BY o.lead_id FOR UPDATE OF o)
UPDATE outcomes AS o SET state = :state, reason = f.reason
FROM found AS f WHERE o.mission_id = :mission AND o.lead_id = f.lead_id
""")


def is_open(session: Session, ref: WorkRef) -> bool:
    """Whether this mission may send at this moment: not paused, not cancelled, no emergency stop."""
    return bool(session.execute(_GATE, {"mission": ref.mission_id, "epoch": ref.epoch}).scalar())


def hold_back(session: Session, ref: WorkRef, stopped: Mapping[UUID, str], state: str = "suppressed") -> None:
    """Take back the planned messages to people who get none, each with its reason code."""
    if not stopped:
        return
    held = {"mission": ref.mission_id, "leads": list(stopped), "reasons": list(stopped.values()), "state": state}
    session.execute(_HOLD_MESSAGES, held)
    session.execute(_HOLD_LEADS, held)
