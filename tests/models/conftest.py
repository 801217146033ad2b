"""A tenant with a row in every table, and how a test asks what somebody may do with it."""

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from rex_celery import bus, db
from rex_celery.events import SendingStopped
from tests.factories import (
    a_chunk,
    a_connection,
    a_lead,
    a_message,
    a_mission,
    a_sequence,
    a_step,
    a_suppression,
    a_thread,
    an_enrolment,
    an_import,
    an_inbox,
    an_outcome,
)

# What the builders have no builder for, as the fewest columns that the tables accept.
REST = """
INSERT INTO users (id, tenant_id, email, password_hash, role)
  VALUES (gen_random_uuid(), :tenant, :word || '@example.com', 'x', 'viewer');
INSERT INTO api_keys (id, tenant_id, name, prefix, key_hash, role)
  VALUES (gen_random_uuid(), :tenant, 'k', 'p', :word, 'viewer');
INSERT INTO idempotency_keys (tenant_id, key, method, path, request_hash) VALUES (:tenant, 'k', 'POST', '/', 'h');
INSERT INTO audit (tenant_id, actor, action, subject) VALUES (:tenant, 'a', 'b', 'c');
INSERT INTO import_rejections (tenant_id, import_id, line, reason) VALUES (:tenant, :import, 2, 'no_email');
INSERT INTO consents (id, tenant_id, lead_id, channel, source, wording, given_at)
  VALUES (gen_random_uuid(), :tenant, :lead, 'sms', 'form', 'yes', now());
INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state)
  VALUES (:tenant, :mission, :lead, 'reviver', 'pending');
INSERT INTO outbox (tenant_id, message_id, channel, recipient) VALUES (:tenant, :message, 'email', 'a@example.com');
INSERT INTO agent_runs (tenant_id, key, agent, mission_id, step_id, chunk_no, attempt, succeeded, leads, seconds)
  VALUES (:tenant, 'k', 'reviver', :mission, :step, 1, 1, true, 1, 0.1);
INSERT INTO agent_logs (tenant_id, mission_id, agent, kind, message) VALUES (:tenant, :mission, 'reviver', 'k', 'm');
INSERT INTO decisions (id, tenant_id, mission_id, layer, rule, action)
  VALUES (gen_random_uuid(), :tenant, :mission, 'rules', 'r', 'a');
INSERT INTO snippets (id, tenant_id, name, body) VALUES (gen_random_uuid(), :tenant, 'n', 'b');
INSERT INTO campaigns (id, tenant_id, name, sequence_id) VALUES (gen_random_uuid(), :tenant, 'n', :sequence);
INSERT INTO cap_usage (tenant_id, scope, key, slot) VALUES (:tenant, 'tenant', '', now());
INSERT INTO recipient_paces (tenant_id, inbox_id, recipient_provider, per_hour) VALUES (:tenant, :inbox, 'google', 1);
INSERT INTO breakers (tenant_id, inbox_id) VALUES (:tenant, :inbox);
INSERT INTO imap_cursors (tenant_id, connection_id, folder, uid_validity) VALUES (:tenant, :connection, 'INBOX', 1);
INSERT INTO inbound_events (tenant_id, provider, kind, event_id) VALUES (:tenant, 'p', 'k', 'e');
INSERT INTO delivery_facts (tenant_id, kind, source, provider, event_id, at)
  VALUES (:tenant, 'delivered', 'webhook', 'p', 'e', now());
INSERT INTO replies (id, tenant_id, channel, external_id, sender, recipient, kind, received_at)
  VALUES (gen_random_uuid(), :tenant, 'email', 'e', 'a@example.com', 'b@example.com', 'reply', now());
INSERT INTO todos (id, tenant_id, kind, title) VALUES (gen_random_uuid(), :tenant, 'k', 't');
INSERT INTO booking_pages (id, tenant_id, slug, title, host_name, host_email, timezone, hours)
  VALUES (gen_random_uuid(), :tenant, :word, 't', 'n', 'a@example.com', 'UTC', '{}');
INSERT INTO meetings (id, tenant_id, provider, provider_id, invitee_name, invitee_email, starts_at, ends_at)
  VALUES (gen_random_uuid(), :tenant, 'rex', :word, 'n', 'a@example.com', now(), now() + interval '1 hour');
INSERT INTO webhook_endpoints (id, tenant_id, url, secret)
  VALUES (:endpoint, :tenant, 'https://hook.example.com', 's');
INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, seq, type, payload)
  VALUES (gen_random_uuid(), :tenant, :endpoint, 1, 't', '{}');
INSERT INTO simulations (id, tenant_id) VALUES (gen_random_uuid(), :tenant)
"""


@pytest.fixture
def full_tenant(tenant: UUID) -> UUID:
    """A tenant with at least one row in every table that rex_app may write to, and a dead letter."""
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        step = a_step(session, mission)
        message = a_message(session, mission, lead)
        a_chunk(session, step, 1)
        an_outcome(session, mission, lead)
        a_suppression(session, tenant, email="gone@example.com")
        a_thread(session, tenant, lead)
        sequence = a_sequence(session, tenant)
        an_enrolment(session, mission, lead, sequence)
        connection, inbox = a_connection(session, tenant), an_inbox(session, tenant)
        known = {"sequence": sequence.id, "connection": connection.id, "inbox": inbox.id, "endpoint": uuid4()}
        ids = known | {"lead": lead.id, "mission": mission.id, "step": step.id, "message": message.id}
        ids |= {"tenant": tenant, "import": an_import(session, tenant, lead).id}
        for statement in REST.split(";"):
            session.execute(text(statement), ids | {"word": str(tenant)})
        bus.publish(session, tenant, SendingStopped(None))
    with db.control() as session:
        letter = "INSERT INTO dead_letters (tenant_id, task, arguments, error) VALUES (:tenant, 't', 'a', 'e')"
        session.execute(text(letter), {"tenant": tenant})
    return tenant


@pytest.fixture
def touched() -> Callable[..., int | str]:
    """Ask how many rows a statement touches in a tenant's transaction, or hear that Postgres does not allow it."""

    def run(tenant: UUID, statement: str, **values: object) -> int | str:
        try:
            with db.transaction(tenant) as session:
                return int(session.execute(text(statement), values).rowcount)  # type: ignore[attr-defined]
        except ProgrammingError as error:
            if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
                raise
            return "refused"

    return run
