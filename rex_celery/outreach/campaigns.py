"""Campaigns: missions that share a sequence and a sending policy; pausing one holds all of its messages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import ConflictError, InvalidError
from rex_celery.outreach import policies, policy_fields, schedule_check, sequences
from rex_celery.outreach.campaign_views import Campaign, get, no_campaign
from rex_celery.tenancy import audit

_CREATE = text("""
INSERT INTO campaigns (id, tenant_id, name, sequence_id, policy, created_by)
VALUES (:id, :tenant, :name, :sequence, :policy, :actor) ON CONFLICT DO NOTHING RETURNING id
""")
_LOCK = text("SELECT name, policy, paused_at, archived_at FROM campaigns WHERE id = :id FOR UPDATE")
_TENANT_POLICY = text("SELECT policy FROM tenants WHERE id = :tenant")
_SET_POLICY = text("UPDATE campaigns SET policy = :policy WHERE id = :id")
_RENAME = text("""
UPDATE campaigns SET name = :name
WHERE id = :id AND NOT EXISTS (SELECT FROM campaigns WHERE name = :name AND id <> :id) RETURNING id
""")
# Read at every claim and again before each message is handed over, so it holds from its commit on.
_PAUSE = text("UPDATE campaigns SET paused_at = :at WHERE id = :id")
_ARCHIVE = text("UPDATE campaigns SET archived_at = :at WHERE id = :id")
_BUSY = text("SELECT count(*) FROM enrolments WHERE campaign_id = :id AND state = 'active'")


@dataclass(frozen=True, slots=True)
class New:
    """A campaign as ordered. ``sequence`` is an id, a name or a shipped key; ``policy`` only what differs."""

    name: str
    sequence: str
    policy: Mapping[str, Any] = field(default_factory=dict)


def create(session: Session, tenant_id: UUID, new: New, *, actor: str) -> Campaign:
    """Store a campaign.

    Raises:
        InvalidError: the policy has problems, all named, or would never let anything go.
        NotFoundError: the tenant has no such sequence.
        ConflictError: the name is taken, or the sequence was archived.

    """
    sequence = sequences.resolve(session, tenant_id, new.sequence)
    _check(session, tenant_id, new.policy)
    id_ = uuid4()
    row = {"id": id_, "tenant": tenant_id, "name": new.name, "sequence": sequence.sequence_id, "actor": actor}
    if session.execute(_CREATE, row | {"policy": json.dumps(dict(new.policy))}).first() is None:
        raise _taken(new.name)
    audit.record(session, actor, "campaign.created", str(id_))
    return get(session, id_)


def rename(session: Session, campaign_id: UUID, name: str, *, actor: str) -> None:
    """Give it another name.

    Raises:
        NotFoundError: the tenant has no such campaign. ConflictError: the name is taken.

    """
    _locked(session, campaign_id)
    if session.execute(_RENAME, {"id": campaign_id, "name": name}).first() is None:
        raise _taken(name)
    audit.record(session, actor, "campaign.renamed", str(campaign_id))


def change_policy(
    session: Session, tenant_id: UUID, campaign_id: UUID, changes: Mapping[str, Any], *, actor: str
) -> None:
    """Set the named fields of its policy and leave the others; null brings the tenant's own back. Holds from now on.

    Raises:
        NotFoundError: the tenant has no such campaign.
        InvalidError: the policy has problems, all named, or would never let anything go.

    """
    stored = _locked(session, campaign_id).policy
    merged = policy_fields.merged(stored, changes)
    _check(session, tenant_id, merged)
    session.execute(_SET_POLICY, {"id": campaign_id, "policy": json.dumps(merged)})
    audit.record(session, actor, "campaign.policy_changed", str(campaign_id), {"fields": sorted(changes)})


def pause(session: Session, campaign_id: UUID, now: datetime, *, actor: str) -> None:
    """Hold all of its messages; one that is being handed over at this moment still goes.

    Raises:
        NotFoundError: the tenant has no such campaign. ConflictError: it is paused already.

    """
    if _locked(session, campaign_id).paused_at is not None:
        raise ConflictError("The campaign is paused already.", action="Resume it to let it go on.")
    session.execute(_PAUSE, {"id": campaign_id, "at": now})
    audit.record(session, actor, "campaign.paused", str(campaign_id))


def resume(session: Session, campaign_id: UUID, *, actor: str) -> None:
    """Let its messages go on; those whose time passed meanwhile are due at once, within all caps and windows.

    Raises:
        NotFoundError: the tenant has no such campaign. ConflictError: it is not paused.

    """
    if _locked(session, campaign_id).paused_at is None:
        raise ConflictError("The campaign is not paused.", action="Nothing to do: it goes on.")
    session.execute(_PAUSE, {"id": campaign_id, "at": None})
    audit.record(session, actor, "campaign.resumed", str(campaign_id))


def archive(session: Session, campaign_id: UUID, now: datetime, *, actor: str) -> None:
    """Let no mission be ordered in it any more.

    Raises:
        NotFoundError: the tenant has no such campaign. ConflictError: people are on their way through it.

    """
    _locked(session, campaign_id)
    busy = session.execute(_BUSY, {"id": campaign_id}).scalar_one()
    if busy:
        raise ConflictError(
            f"{busy} people are on their way through this campaign.", action="Wait, or cancel its missions."
        )
    session.execute(_ARCHIVE, {"id": campaign_id, "at": now})
    audit.record(session, actor, "campaign.archived", str(campaign_id))


def _locked(session: Session, campaign_id: UUID) -> Any:
    row = session.execute(_LOCK, {"id": campaign_id}).first()
    if row is None:
        raise no_campaign(campaign_id)
    if row.archived_at is not None:
        raise ConflictError(f"The campaign {row.name!r} was archived.", code="campaign_archived")
    return row


def _check(session: Session, tenant_id: UUID, policy: Mapping[str, Any]) -> None:
    known = policies.read(session.execute(_TENANT_POLICY, {"tenant": tenant_id}).scalar_one(), policy)
    if problem := schedule_check.unsatisfiable(known, ()):
        raise InvalidError(f"{problem.where}: {problem.what}.", code="schedule_unsatisfiable", problems=(problem,))


def _taken(name: str) -> ConflictError:
    return ConflictError(f"There is a campaign {name!r} already.", code="name_taken", action="Choose another name.")
