"""Row-level security of the sending tables, and the triggers that keep messages from going back and enrolments adding up."""  # noqa: E501

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

CHANGED = (
    "sequences",
    "simulations",
    "snippets",
    "campaigns",
    "enrolments",
    "connections",
    "inboxes",
    "cap_usage",
    "recipient_paces",
    "breakers",
    "imap_cursors",
    "inbound_events",
    "threads",
    "replies",
    "todos",
    "booking_pages",
    "meetings",
    "webhook_endpoints",
    "webhook_deliveries",
)
APPEND_ONLY = ("sequence_versions", "delivery_facts")
# What the engine may see across tenants: where work is due, never a word or an address.
CONTROL = {
    "enrolments": "SELECT (id, tenant_id, mission_id, campaign_id, state, resume_at)",
    "inboxes": "SELECT (id, tenant_id, channel, provider, state, next_free_at)",
    "connections": "SELECT (id, tenant_id, provider, state)",
    "imap_cursors": "SELECT (connection_id, tenant_id, retry_at, polled_at)",
    "inbound_events": "SELECT (id, tenant_id, state, run_after, received_at), DELETE",
    "replies": "SELECT (id, tenant_id, kind, label, labelled_by)",
    "webhook_endpoints": "SELECT (id, tenant_id, state, after_seq, busy_until)",
    "webhook_deliveries": "SELECT (id, tenant_id, endpoint_id, state, next_at)",
    "cap_usage": "SELECT (tenant_id, slot), DELETE",
    "campaigns": "SELECT (id, tenant_id, paused_at)",
    "agent_runs": "SELECT (tenant_id), DELETE",  # of simulations; they have no owner whose end would take them along
}

OWN_TENANT = "(SELECT NULLIF(current_setting('rex.tenant', true), '')::uuid)"

# What is known about a message only ever becomes more; NULL: not handed over, so it may still be taken back.
RANK = """
CREATE FUNCTION message_rank(state text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_position(
    ARRAY['unknown','accepted','deferred','delivered','bounced','replied','complained']::text[], state)
$$
"""
FORWARD = """
CREATE FUNCTION message_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT coalesce(message_rank(NEW.state) > message_rank(OLD.state), false)
     AND NOT (NEW.state = 'failed' AND OLD.state IN ('unknown', 'accepted', 'deferred')) THEN
    RAISE EXCEPTION 'a message cannot go back from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
"""
# Whoever gives a message its time or another reason to wait does not let it go: only an approval does.
APPROVAL = """
CREATE FUNCTION message_waits_for_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> 'planned' THEN
    RAISE EXCEPTION 'a message that nobody approved cannot become %', NEW.state USING ERRCODE = 'check_violation';
  END IF;
  NEW.wait_reason := OLD.wait_reason;
  RETURN NEW;
END $$
"""
KIND = """
CREATE FUNCTION message_counts_as(state text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN state IN ('planned', 'claimed', 'submitted') THEN 'pending'
              WHEN state IN ('suppressed', 'failed') THEN state
              WHEN state IN ('skipped', 'cancelled') THEN 'skipped' ELSE 'sent' END
$$
"""
COUNT = """
CREATE FUNCTION count_enrolment_messages() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- A message that was just enrolled counts as new.
  was text := CASE WHEN TG_OP = 'DELETE' THEN message_counts_as(OLD.state)
                   WHEN TG_OP = 'UPDATE' AND OLD.enrolment_id = NEW.enrolment_id THEN message_counts_as(OLD.state) END;
  is_now text := CASE WHEN TG_OP <> 'DELETE' THEN message_counts_as(NEW.state) END;
BEGIN
  UPDATE enrolments SET
    planned = planned + (was IS NULL)::int - (is_now IS NULL)::int,
    sent = sent + coalesce(is_now = 'sent', false)::int - coalesce(was = 'sent', false)::int,
    suppressed = suppressed + coalesce(is_now = 'suppressed', false)::int - coalesce(was = 'suppressed', false)::int,
    skipped = skipped + coalesce(is_now = 'skipped', false)::int - coalesce(was = 'skipped', false)::int,
    failed = failed + coalesce(is_now = 'failed', false)::int - coalesce(was = 'failed', false)::int,
    pending = pending + coalesce(is_now = 'pending', false)::int - coalesce(was = 'pending', false)::int
  WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.enrolment_id ELSE NEW.enrolment_id END;
  RETURN NULL;
END $$
"""
TRIGGERS = (
    (
        "CREATE TRIGGER waits_for_approval BEFORE UPDATE OF state, wait_reason ON messages FOR EACH ROW"
        " WHEN (OLD.wait_reason = 'waiting_approval' AND NEW.approved_at IS NULL"
        " AND NEW.state NOT IN ('suppressed', 'skipped', 'failed', 'cancelled')"
        " AND (NEW.state <> 'planned' OR NEW.wait_reason IS DISTINCT FROM OLD.wait_reason))"
        " EXECUTE FUNCTION message_waits_for_approval()"
    ),
    (
        "CREATE TRIGGER moves_forward BEFORE UPDATE OF state ON messages FOR EACH ROW"
        " WHEN (OLD.state <> NEW.state AND message_rank(OLD.state) IS NOT NULL)"
        " EXECUTE FUNCTION message_moves_forward()"
    ),
    (
        "CREATE TRIGGER count_insert AFTER INSERT ON messages FOR EACH ROW"
        " WHEN (NEW.enrolment_id IS NOT NULL) EXECUTE FUNCTION count_enrolment_messages()"
    ),
    (
        "CREATE TRIGGER count_update AFTER UPDATE OF state, enrolment_id ON messages FOR EACH ROW"
        " WHEN (NEW.enrolment_id IS NOT NULL AND (OLD.enrolment_id IS DISTINCT FROM NEW.enrolment_id"
        " OR message_counts_as(OLD.state) <> message_counts_as(NEW.state)))"
        " EXECUTE FUNCTION count_enrolment_messages()"
    ),
    (
        "CREATE TRIGGER count_delete AFTER DELETE ON messages FOR EACH ROW"
        " WHEN (OLD.enrolment_id IS NOT NULL) EXECUTE FUNCTION count_enrolment_messages()"
    ),
)

# Statistics after many were enrolled at once; Postgres 16 and older leave that to autovacuum.
MAY_ANALYZE = """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON enrolments TO rex_app;
  END IF;
END $$
"""
MAY_NOT_ANALYZE = MAY_ANALYZE.replace("GRANT", "REVOKE").replace("TO rex_app", "FROM rex_app")


def upgrade() -> None:
    for table in (*CHANGED, *APPEND_ONLY):
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO rex_app")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} TO rex_app USING (tenant_id = {OWN_TENANT})")
    for table, rights in CONTROL.items():
        op.execute(f"GRANT {rights} ON {table} TO rex_control")
        op.execute(f"CREATE POLICY engine ON {table} TO rex_control USING (true)")
    op.execute("GRANT SELECT (inbox_id, run_after, enrolment_id, wait_reason, submitted_at) ON messages TO rex_control")
    op.execute("REVOKE UPDATE (state, reason, claimed_at) ON messages FROM rex_control")
    op.execute("GRANT DELETE ON tenants TO rex_control")
    # Of simulations; a tenant that somebody uses cannot be removed by the engine, whatever it is asked.
    op.execute(
        "CREATE POLICY only_simulated ON tenants AS RESTRICTIVE FOR DELETE TO rex_control"
        " USING (simulated_at IS NOT NULL)"
    )
    op.execute(MAY_ANALYZE)
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO rex_app")
    for function in (RANK, FORWARD, APPROVAL, KIND, COUNT):
        op.execute(function)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.execute(MAY_NOT_ANALYZE)
    for trigger in ("moves_forward", "waits_for_approval", "count_insert", "count_update", "count_delete"):
        op.execute(f"DROP TRIGGER {trigger} ON messages")
    op.execute(
        "DROP FUNCTION message_moves_forward, message_waits_for_approval, count_enrolment_messages,"
        " message_counts_as, message_rank"
    )
    op.execute("DROP POLICY only_simulated ON tenants")
    op.execute("REVOKE DELETE ON tenants FROM rex_control")
    op.execute("GRANT UPDATE (state, reason, claimed_at) ON messages TO rex_control")
    for column in ("inbox_id", "run_after", "enrolment_id", "wait_reason", "submitted_at"):
        op.execute(f"REVOKE SELECT ({column}) ON messages FROM rex_control")
    for table in CONTROL:
        op.execute(f"DROP POLICY engine ON {table}")
    for table in (*CHANGED, *APPEND_ONLY):
        op.execute(f"DROP POLICY own_tenant ON {table}")
