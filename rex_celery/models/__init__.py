"""The tables, one file per aggregate; importing this package knows them all."""

from rex_celery.models.base import Base
from rex_celery.models.events import DeadLetter, Event, EventHead, Tick
from rex_celery.models.leads import Consent, Import, ImportMember, ImportRejection, Lead, Suppression
from rex_celery.models.messages import Message, OutboxItem
from rex_celery.models.missions import Chunk, CrewSlot, LeadHistory, Mission, MissionMove, Outcome, OutcomeCounter, Step
from rex_celery.models.telemetry import AgentLog, AgentRun, Decision
from rex_celery.models.tenancy import ApiKey, AuditEntry, IdempotencyKey, Tenant, User

__all__ = [
    "AgentLog",
    "AgentRun",
    "ApiKey",
    "AuditEntry",
    "Base",
    "Chunk",
    "Consent",
    "CrewSlot",
    "DeadLetter",
    "Decision",
    "Event",
    "EventHead",
    "IdempotencyKey",
    "Import",
    "ImportMember",
    "ImportRejection",
    "Lead",
    "LeadHistory",
    "Message",
    "Mission",
    "MissionMove",
    "OutboxItem",
    "Outcome",
    "OutcomeCounter",
    "Step",
    "Suppression",
    "Tenant",
    "Tick",
    "User",
]
