"""Which sequence a mission follows, decided when it is ordered: the versions are pinned, so later edits change nothing."""  # noqa: E501

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.missions.orders import Order
from rex_celery.outreach import sequences
from rex_celery.outreach.pinning import Pinned

REACTIVATION = "reactivation"
# What leaves the machine keeps to hours, caps and every stop; a mission that names no sequence gets the shortest.
FIRST_TOUCH = "first-touch"

_LEAVES = text("""
SELECT EXISTS (SELECT FROM inboxes WHERE channel = 'email' AND state = 'active' AND provider <> 'outbox')
""")
_CAMPAIGN = text("SELECT name, sequence_id, archived_at FROM campaigns WHERE id = :id")
_NAMES = text("SELECT name FROM sequences WHERE archived_at IS NULL ORDER BY name LIMIT 20")
_CAMPAIGNS = text("SELECT name FROM campaigns WHERE archived_at IS NULL ORDER BY name LIMIT 20")


@dataclass(frozen=True, slots=True)
class Course:
    """What is frozen with a mission: its sequence as JSON, None when its messages go out at once, and its campaign."""

    sequence: dict[str, object] | None
    campaign_id: UUID | None = None


def courses(session: Session, tenant_id: UUID, orders: Sequence[Order]) -> list[Course]:
    """The course of each order.

    Raises:
        NotFoundError: a sequence or campaign does not exist; says what does.
        ConflictError: it was archived.

    """
    known: dict[tuple[str | None, UUID | None], Course] = {}
    for order in orders:
        wanted = (order.sequence, order.campaign)
        if wanted not in known:
            known[wanted] = _course(session, tenant_id, *wanted)
    return [known[order.sequence, order.campaign] for order in orders]


def _course(session: Session, tenant_id: UUID, sequence: str | None, campaign: UUID | None) -> Course:
    if campaign is not None:
        return Course(_pinned(session, tenant_id, str(_sequence_of(session, campaign))), campaign)
    if sequence == REACTIVATION:
        forms = sequences.family(session, tenant_id, REACTIVATION)
        return Course({"family": {strategy: Pinned(*form).stored() for strategy, form in forms.items()}})
    if sequence is not None:
        return Course(_pinned(session, tenant_id, sequence))
    if config.settings().delivery != "outbox" or session.execute(_LEAVES).scalar_one():
        return Course(_pinned(session, tenant_id, FIRST_TOUCH))
    return Course(None)


def _pinned(session: Session, tenant_id: UUID, name: str) -> dict[str, object]:
    try:
        return Pinned(*sequences.resolve(session, tenant_id, name)).stored()
    except NotFoundError as error:
        sequences.ensure_shipped(session, tenant_id)
        there_are = ", ".join((REACTIVATION, *session.scalars(_NAMES)))
        raise NotFoundError(
            f"There is no sequence {name!r}.", code=error.code, action=f"There are: {there_are}."
        ) from error


def _sequence_of(session: Session, campaign: UUID) -> UUID:
    row = session.execute(_CAMPAIGN, {"id": campaign}).first()
    if row is None:
        there_are = ", ".join(session.scalars(_CAMPAIGNS)) or "none"
        raise NotFoundError(
            f"There is no campaign {campaign}.", code="campaign_not_found", action=f"Campaigns are: {there_are}."
        )
    if row.archived_at is not None:
        raise ConflictError(
            f"The campaign {row.name!r} was archived.", code="campaign_archived", action="Choose another campaign."
        )
    found: UUID = row.sequence_id
    return found
