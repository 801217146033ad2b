"""The tables, one file per aggregate; importing this package knows them all."""

from rex_celery.models.base import Base
from rex_celery.models.events import DeadLetter, Event, EventHead, Tick
from rex_celery.models.inbound import DeliveryFact, InboundEvent, Reply, Thread, Todo
from rex_celery.models.leads import Consent, Import, ImportMember, ImportRejection, Lead, Suppression
from rex_celery.models.meetings import BookingPage, Meeting
from rex_celery.models.messages import Message, OutboxItem
from rex_celery.models.missions import Chunk, CrewSlot, LeadHistory, Mission, MissionMove, Outcome, OutcomeCounter, Step
from rex_celery.models.senders import Breaker, CapUsage, Connection, ImapCursor, Inbox, RecipientPace
from rex_celery.models.sequences import Campaign, Enrolment, Sequence, SequenceVersion, Simulation, Snippet
from rex_celery.models.telemetry import AgentLog, AgentRun, Decision
from rex_celery.models.tenancy import ApiKey, AuditEntry, IdempotencyKey, Tenant, User
from rex_celery.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "AgentLog",
    "AgentRun",
    "ApiKey",
    "AuditEntry",
    "Base",
    "BookingPage",
    "Breaker",
    "Campaign",
    "CapUsage",
    "Chunk",
    "Connection",
    "Consent",
    "CrewSlot",
    "DeadLetter",
    "Decision",
    "DeliveryFact",
    "Enrolment",
    "Event",
    "EventHead",
    "IdempotencyKey",
    "ImapCursor",
    "Import",
    "ImportMember",
    "ImportRejection",
    "InboundEvent",
    "Inbox",
    "Lead",
    "LeadHistory",
    "Meeting",
    "Message",
    "Mission",
    "MissionMove",
    "OutboxItem",
    "Outcome",
    "OutcomeCounter",
    "RecipientPace",
    "Reply",
    "Sequence",
    "SequenceVersion",
    "Simulation",
    "Snippet",
    "Step",
    "Suppression",
    "Tenant",
    "Thread",
    "Tick",
    "Todo",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]
