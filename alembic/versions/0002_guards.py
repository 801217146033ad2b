"""Row-level security, the roles, and the triggers that hold REX's promises in the database."""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHANGED = (
    "users",
    "api_keys",
    "idempotency_keys",
    "imports",
    "import_rejections",
    "import_members",
    "leads",
    "consents",
    "suppressions",
    "missions",
    "steps",
    "chunks",
    "outcomes",
    "outcome_counters",
    "messages",
    "event_heads",
)
APPEND_ONLY = ("audit", "lead_history", "outbox", "agent_runs", "agent_logs", "decisions", "events")
# What the engine itself may do across tenants: scheduling and sign-in, never a lead's or a message's words.
CONTROL = {
    "tenants": "SELECT, INSERT",
    "users": "SELECT, INSERT, UPDATE",
    "api_keys": "SELECT, INSERT, UPDATE",
    "missions": "SELECT, UPDATE",
    "steps": "SELECT, UPDATE",
    "chunks": "SELECT, UPDATE",
    "outcome_counters": "SELECT",
    "messages": "SELECT (id, tenant_id, mission_id, lead_id, chunk_no, state, provider, claimed_at, attempts),"
    " UPDATE (state, reason, claimed_at)",
    "events": "SELECT, INSERT",
    "event_heads": "SELECT, INSERT, UPDATE",
    "agent_logs": "INSERT, SELECT",
    "decisions": "INSERT, SELECT",
    "dead_letters": "SELECT, INSERT, DELETE",
}
UNOWNED = {
    "ticks": "SELECT, INSERT, DELETE",
    "crew_slots": "SELECT, INSERT, UPDATE, DELETE",
    "mission_moves": "SELECT",
}

MOVES = {
    "queued": ("assigned", "cancelled"),
    "assigned": ("executing", "failed", "escalated", "cancelled"),
    "executing": ("collecting", "failed", "escalated", "cancelled"),
    "collecting": ("analyzing", "failed", "escalated", "cancelled"),
    "analyzing": ("optimizing", "completed", "failed", "escalated", "cancelled"),
    "optimizing": ("completed", "failed", "escalated", "cancelled"),
    "failed": ("queued", "escalated", "cancelled"),
    "escalated": ("queued", "failed", "cancelled"),
}

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['rex_app', 'rex_control'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', wanted);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- With one DATABASE_URL for everything, its user takes these roles on for the length of each transaction.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO rex_app, rex_control', current_schema());
END $$
"""

# Statistics after a bulk load; Postgres 16 and older leave that to autovacuum.
MAY_ANALYZE = """
DO $$ BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    GRANT MAINTAIN ON leads, import_members, outcomes, outcome_counters, messages, chunks TO rex_app;
  END IF;
END $$
"""

OWN_TENANT = "(SELECT NULLIF(current_setting('rex.tenant', true), '')::uuid)"

MOVE_GUARD = """
CREATE FUNCTION mission_move_is_legal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'queued' THEN
      RAISE EXCEPTION 'a mission begins as queued, not as %', NEW.state USING ERRCODE = 'check_violation';
    END IF;
  ELSIF NOT EXISTS (SELECT FROM mission_moves WHERE before = OLD.state AND after = NEW.state) THEN
    RAISE EXCEPTION 'illegal mission move from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$
"""

COUNT_OUTCOMES = """
CREATE FUNCTION count_outcomes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO outcome_counters AS c
      (tenant_id, mission_id, chunk_no, planned, sent, suppressed, skipped, failed, pending)
    SELECT tenant_id, mission_id, chunk_no, count(*),
      count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE state = 'suppressed'),
      count(*) FILTER (WHERE state = 'skipped'), count(*) FILTER (WHERE state = 'failed'),
      count(*) FILTER (WHERE state = 'pending')
    FROM new_rows GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT (mission_id, chunk_no) DO UPDATE SET planned = c.planned + excluded.planned,
      sent = c.sent + excluded.sent, suppressed = c.suppressed + excluded.suppressed,
      skipped = c.skipped + excluded.skipped, failed = c.failed + excluded.failed,
      pending = c.pending + excluded.pending;
  ELSIF TG_OP = 'UPDATE' THEN
    UPDATE outcome_counters AS c SET planned = c.planned + d.planned, sent = c.sent + d.sent,
      suppressed = c.suppressed + d.suppressed, skipped = c.skipped + d.skipped,
      failed = c.failed + d.failed, pending = c.pending + d.pending
    FROM (
      SELECT mission_id, chunk_no, sum(n) AS planned, coalesce(sum(n) FILTER (WHERE state = 'sent'), 0) AS sent,
        coalesce(sum(n) FILTER (WHERE state = 'suppressed'), 0) AS suppressed,
        coalesce(sum(n) FILTER (WHERE state = 'skipped'), 0) AS skipped,
        coalesce(sum(n) FILTER (WHERE state = 'failed'), 0) AS failed,
        coalesce(sum(n) FILTER (WHERE state = 'pending'), 0) AS pending
      FROM (SELECT mission_id, chunk_no, state, 1 AS n FROM new_rows
            UNION ALL SELECT mission_id, chunk_no, state, -1 FROM old_rows) AS changes
      GROUP BY 1, 2
    ) AS d
    WHERE c.mission_id = d.mission_id AND c.chunk_no = d.chunk_no
      AND (d.planned, d.sent, d.suppressed, d.skipped, d.failed, d.pending) <> (0, 0, 0, 0, 0, 0);
  ELSE
    UPDATE outcome_counters AS c SET planned = c.planned - d.planned, sent = c.sent - d.sent,
      suppressed = c.suppressed - d.suppressed, skipped = c.skipped - d.skipped,
      failed = c.failed - d.failed, pending = c.pending - d.pending
    FROM (
      SELECT mission_id, chunk_no, count(*) AS planned, count(*) FILTER (WHERE state = 'sent') AS sent,
        count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
        count(*) FILTER (WHERE state = 'skipped') AS skipped, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'pending') AS pending
      FROM old_rows GROUP BY 1, 2
    ) AS d
    WHERE c.mission_id = d.mission_id AND c.chunk_no = d.chunk_no;
  END IF;
  RETURN NULL;
END $$
"""

PROGRESS = """
CREATE VIEW mission_progress WITH (security_invoker = true) AS
SELECT m.id AS mission_id, m.tenant_id,
  coalesce(c.planned, 0) AS planned, coalesce(c.sent, 0) AS sent, coalesce(c.suppressed, 0) AS suppressed,
  coalesce(c.skipped, 0) AS skipped, coalesce(c.failed, 0) AS failed, coalesce(c.pending, 0) AS pending,
  greatest(m.progress, coalesce(s.progress, 0)) AS progress
FROM missions AS m
LEFT JOIN LATERAL (
  SELECT sum(planned)::bigint AS planned, sum(sent)::bigint AS sent, sum(suppressed)::bigint AS suppressed,
    sum(skipped)::bigint AS skipped, sum(failed)::bigint AS failed, sum(pending)::bigint AS pending
  FROM outcome_counters WHERE mission_id = m.id
) AS c ON true
LEFT JOIN LATERAL (
  SELECT sum(weight * CASE WHEN state IN ('done', 'skipped') THEN 1.0
                           WHEN total > 0 THEN (done + failed)::float8 / total ELSE 0 END)
         / nullif(sum(weight), 0) AS progress
  FROM steps WHERE mission_id = m.id
) AS s ON true
"""


def upgrade() -> None:
    op.execute(ROLES)
    for table in (*CHANGED, *APPEND_ONLY):
        rights = "SELECT, INSERT" if table in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO rex_app")
        _isolate(table, "tenant_id")
    op.execute("GRANT SELECT, UPDATE ON tenants TO rex_app")
    _isolate("tenants", "id")
    op.execute("GRANT SELECT ON dead_letters, mission_moves TO rex_app")
    _isolate("dead_letters", "tenant_id")
    for table, rights in CONTROL.items():
        op.execute(f"GRANT {rights} ON {table} TO rex_control")
        op.execute(f"CREATE POLICY engine ON {table} TO rex_control USING (true) WITH CHECK (true)")
    for table, rights in UNOWNED.items():
        op.execute(f"GRANT {rights} ON {table} TO rex_control")
    op.execute("GRANT SELECT ON alembic_version TO rex_control")  # readiness compares it with the code
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO rex_app, rex_control")
    op.execute(MAY_ANALYZE)
    _guard_moves()
    _count_outcomes()
    op.execute(PROGRESS)
    op.execute("GRANT SELECT ON mission_progress TO rex_app, rex_control")


def downgrade() -> None:
    op.execute("DROP VIEW mission_progress")
    op.execute("DROP TRIGGER move_is_legal ON missions")
    for event in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER count_{event} ON outcomes")
    op.execute("DROP FUNCTION mission_move_is_legal, count_outcomes")
    op.execute("DELETE FROM mission_moves")
    for table in (*CHANGED, *APPEND_ONLY, "tenants", "dead_letters"):
        op.execute(f"DROP POLICY own_tenant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in CONTROL:
        op.execute(f"DROP POLICY engine ON {table}")
    # The roles belong to the whole server, where another REX database may use them, so they stay.
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM rex_app, rex_control")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM rex_app, rex_control")


def _isolate(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {table} TO rex_app USING ({column} = {OWN_TENANT})")


def _guard_moves() -> None:
    pairs = [{"before": before, "after": after} for before, afters in MOVES.items() for after in afters]
    op.bulk_insert(sa.table("mission_moves", sa.column("before"), sa.column("after")), pairs)
    op.execute(MOVE_GUARD)
    op.execute(
        "CREATE TRIGGER move_is_legal BEFORE INSERT OR UPDATE OF state ON missions"
        " FOR EACH ROW EXECUTE FUNCTION mission_move_is_legal()"
    )


def _count_outcomes() -> None:
    op.execute(COUNT_OUTCOMES)
    tables = {
        "insert": "REFERENCING NEW TABLE AS new_rows",
        "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "delete": "REFERENCING OLD TABLE AS old_rows",
    }
    for event, rows in tables.items():
        op.execute(
            f"CREATE TRIGGER count_{event} AFTER {event} ON outcomes {rows}"
            " FOR EACH STATEMENT EXECUTE FUNCTION count_outcomes()"
        )
