"""Sending policies as they are stored and changed: every problem of one is told at once, with what would be right."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.outreach import policy_fields, policy_problems, schedule_check
from rex_celery.outreach.policy import STANDARD, Policy
from rex_celery.outreach.policy_fields import Stored
from rex_celery.tenancy import audit

_TENANT = text("SELECT policy FROM tenants WHERE id = :tenant")
_BOTH = text("SELECT t.policy, c.policy FROM tenants AS t, campaigns AS c WHERE t.id = :tenant AND c.id = :campaign")
_LOCK = text("SELECT policy FROM tenants WHERE id = :tenant FOR UPDATE")
_WRITE = text("UPDATE tenants SET policy = :policy WHERE id = :tenant").bindparams(bindparam("policy", type_=JSONB))
# Inboxes that rest for a cap look again; whoever finds it as full as before rests again.
_WAKE = text("UPDATE inboxes SET next_free_at = NULL WHERE next_free_at IS NOT NULL")


def read(tenant: Stored, campaign: Stored | None = None) -> Policy:
    """REX's own policy, with the tenant's differences over it and a campaign's over both.

    Raises:
        InvalidError: with everything that is wrong.

    """
    problems = policy_problems.found_in(tenant, "policy")
    problems += policy_problems.found_in(campaign or {}, "campaign.policy", campaign=True)
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.where}: {first.what}.", code="invalid_policy", problems=tuple(problems))
    return policy_fields.over(policy_fields.over(STANDARD, tenant), campaign or {})


def written(policy: Policy) -> dict[str, Any]:
    """A whole policy as JSON; ``read`` makes the same policy of it."""
    return policy_fields.written(policy)


def of(session: Session, tenant_id: UUID, campaign_id: UUID | None = None) -> Policy:
    """The policy that holds for a tenant, or for one of its campaigns.

    Raises:
        NotFoundError: the tenant has no such campaign.

    """
    if campaign_id is None:
        return read(session.execute(_TENANT, {"tenant": tenant_id}).scalar_one())
    row = session.execute(_BOTH, {"tenant": tenant_id, "campaign": campaign_id}).one_or_none()
    if row is None:
        raise NotFoundError("There is no such campaign.")
    return read(*row)


def change(session: Session, tenant_id: UUID, changes: Mapping[str, Any], actor: str) -> Policy:
    """Set the named fields of the tenant's policy and leave the others; null brings REX's own back.

    Within ``caps``, where null is no limit, and within hours and pressure what is not named stays as it is too.

    Raises:
        InvalidError: with everything that is wrong, or because nothing could ever be sent; nothing was changed.

    """
    if "caps" in changes:
        session.execute(_WAKE)  # before the tenant is locked: a claim holds its inbox and then counts for its tenant
    stored = session.execute(_LOCK, {"tenant": tenant_id}).scalar_one()
    merged = policy_fields.merged(stored, changes)
    policy = read(merged)
    if problem := schedule_check.unsatisfiable(policy, ()):
        detail = f"{problem.where}: {problem.what}."
        raise InvalidError(detail, code="schedule_unsatisfiable", problems=(problem,))
    session.execute(_WRITE, {"tenant": tenant_id, "policy": merged})
    audit.record(session, actor, "policy.changed", details={"fields": sorted(changes)})
    return policy
