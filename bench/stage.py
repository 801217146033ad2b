"""Where it is measured: REX's own Postgres and Valkey, fsync on, with a database for REX and one for its peer."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
from alembic.config import Config

from alembic import command
from rex_celery import config, db, redis
from rex_celery.embedded import services
from rex_celery.models import Tenant

# The same people for both sides: all worth waking, with the differences that make messages differ.
_PEOPLE = """
SELECT gen_random_uuid() AS id, 'person' || i || '@example.com' AS email,
  (ARRAY['Ada','Grace','Alan','Edsger','Barbara','Donald','Radia','Ken'])[1 + mod(i, 8)] AS first_name,
  'Company ' || i AS company, (ARRAY['Springfield','Columbus','Austin','Boston','Denver'])[1 + mod(i, 5)] AS city,
  (ARRAY['Meeting','Call','Demo','Email'])[1 + mod(i, 4)] AS last_activity,
  current_date - 60 - mod(i, 100) AS last_activity_on, 3 + mod(i, 5) AS activities,
  (ARRAY['Proposal Sent','Negotiation','Quote Sent','Closed Lost'])[1 + mod(i, 4)] AS deal_stage,
  5000 + mod(i, 4000) AS deal_value, 'Asked for a quote, then went quiet after the budget round.' AS notes
FROM generate_series(1, %(leads)s) AS i
"""
_LEADS = f"""
WITH people AS ({_PEOPLE}), stored AS (
  INSERT INTO leads (id, tenant_id, email, first_name, company, city, last_activity, last_activity_on, activities,
    deal_stage, deal_value, notes)
  SELECT id, %(tenant)s, %(list)s::text || email, first_name, company, city, last_activity, last_activity_on,
    activities, deal_stage, deal_value, notes FROM people RETURNING id)
INSERT INTO import_members (import_id, lead_id, tenant_id) SELECT %(list)s, id, %(tenant)s FROM stored
"""
_LIST = "INSERT INTO imports (id, tenant_id, filename, state, rows) VALUES (%(list)s, %(tenant)s, 'bench', 'done', %(leads)s)"  # noqa: E501
PEER_DATABASE = "peer"
_PEER_TABLES = """
CREATE TABLE leads (id uuid PRIMARY KEY, email text, first_name text, company text, city text, last_activity text,
  last_activity_on date, activities int, deal_stage text, deal_value numeric, notes text,
  state text NOT NULL DEFAULT 'new', score float8);
CREATE TABLE messages (lead_id uuid PRIMARY KEY, subject text, body text, state text NOT NULL DEFAULT 'planned',
  sent_at timestamptz);
CREATE TABLE missions (id uuid PRIMARY KEY, type text, name text, priority int, params jsonb,
  state text NOT NULL DEFAULT 'queued', sent int, created_at timestamptz NOT NULL DEFAULT now());
"""
_PEER_COLUMNS = (
    "id, email, first_name, company, city, last_activity, last_activity_on, activities, deal_stage, deal_value, notes"
)


@dataclass(frozen=True, slots=True)
class Stage:
    """The running servers, and a tenant of REX that sends."""

    running: services.Services
    tenant: UUID

    @property
    def database(self) -> str:
        """REX's database, as its owner."""
        return _plain(self.running.database_url)

    @property
    def peer_database(self) -> str:
        """The peer's database on the same server."""
        return self.database.rpartition("/")[0] + f"/{PEER_DATABASE}"

    @property
    def redis_url(self) -> str:
        return self.running.redis_url

    @property
    def peer_redis_url(self) -> str:
        """Another number of the same Valkey."""
        return self.redis_url.removesuffix("/0") + "/1"

    @property
    def logs(self) -> Path:
        return self.running.home.logs

    def servers(self) -> list[psutil.Process]:
        """Postgres and Valkey."""
        pids = (self.running.home.postgres / "data" / "postmaster.pid", self.running.home.valkey / "pid")
        return [psutil.Process(int(file.read_text("utf-8").split()[0])) for file in pids]

    def a_list(self, leads: int) -> UUID:
        """A new imported list of this many people, none of whom stands in another."""
        values = {"leads": leads, "tenant": self.tenant, "list": uuid4()}
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(_LIST, values)
            connection.execute(_LEADS, values)
            connection.execute("ANALYZE leads, import_members")
        return values["list"]

    def clear(self) -> None:
        """No mission of an earlier measurement is left for the workers of the next."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("TRUNCATE missions, event_heads, events, outbox, crew_slots CASCADE")
        redis.client().flushall()

    def peer_leads(self, leads: int) -> list[str]:
        """The same people for the peer, in place of those it had; their ids."""
        with psycopg.connect(self.peer_database, autocommit=True) as connection:
            connection.execute("TRUNCATE leads, messages")
            connection.execute(f"INSERT INTO leads ({_PEER_COLUMNS}) {_PEOPLE}", {"leads": leads})
            connection.execute("ANALYZE leads")
            return [str(row[0]) for row in connection.execute("SELECT id FROM leads")]


@contextmanager
def ready(home: Path | None) -> Iterator[Stage]:
    """The stage in this folder, or in a new one that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rex-bench-")) if home is None else home
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)  # started by root, Postgres runs as another account
    try:
        with services.using(folder) as running:
            services.use(running)
            _migrate(running)
            yield _set_up(running)
            db.engine().dispose()
    finally:
        if home is None:
            shutil.rmtree(folder, ignore_errors=True)


def _set_up(running: services.Services) -> Stage:
    tenant = uuid4()
    with psycopg.connect(_plain(running.database_url), autocommit=True) as connection:
        connection.execute("TRUNCATE tenants, ticks, crew_slots, dead_letters CASCADE")
        connection.execute(f"DROP DATABASE IF EXISTS {PEER_DATABASE}")
        connection.execute(f"CREATE DATABASE {PEER_DATABASE}")
    with db.control() as session:
        address = {"sender_email": "alex@example.com", "postal_address": "1 Example Street, Springfield"}
        session.add(Tenant(id=tenant, name="Bench", slug="bench", sender_name="Alex Morgan", **address))
    redis.client().flushall()
    stage = Stage(running, tenant)
    with psycopg.connect(stage.peer_database, autocommit=True) as connection:
        connection.execute(_PEER_TABLES)
    return stage


def _migrate(running: services.Services) -> None:
    alembic = Config(config.CHECKOUT / "alembic.ini")
    alembic.attributes["url"] = running.database_url
    command.upgrade(alembic, "head")
    services.grant_roles(running)


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
