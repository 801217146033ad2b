"""One request is one transaction, few statements, and nothing half written when a server is gone."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
import redis as redis_package
from flask.testing import FlaskClient
from sqlalchemy import event, text

from rex_celery import config, db, redis
from rex_celery.embedded import ports
from rex_celery.embedded.services import Services

MISSIONS = "/api/rex/missions"
WAKE = {"type": "lead_reactivation"}


@contextmanager
def watched() -> Iterator[dict[str, int]]:
    seen = {"statements": 0, "transactions": 0}

    def note_statement(*_: object) -> None:
        seen["statements"] += 1

    def note_begin(*_: object) -> None:
        seen["transactions"] += 1

    event.listen(db.engine(), "before_cursor_execute", note_statement)
    event.listen(db.engine(), "begin", note_begin)
    try:
        yield seen
    finally:
        event.remove(db.engine(), "before_cursor_execute", note_statement)
        event.remove(db.engine(), "begin", note_begin)


@pytest.fixture
def no_redis(database: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis address at which nobody listens."""
    dead = redis_package.Redis.from_url(f"redis://127.0.0.1:{ports.free_port()}/0", decode_responses=True)
    for module in ("rex_celery.redis", "web.limits", "rex_celery.bus", "rex_celery.missions.dispatch"):
        monkeypatch.setattr(f"{module}.client", lambda: dead)
    yield
    dead.close()


@pytest.fixture
def no_postgres(database: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Postgres address at which nobody listens."""
    address = f"postgresql+psycopg://rex_login:x@127.0.0.1:{ports.free_port()}/rex"
    db.engine().dispose()
    with monkeypatch.context() as patched:
        patched.setattr(config.settings(), "app_database_url", address)
        db.engine.cache_clear()
        yield
        db.engine().dispose()
    db.engine.cache_clear()


def test_a_submission_is_one_transaction_of_few_statements(admin: FlaskClient) -> None:
    admin.post(MISSIONS, json=WAKE)
    with watched() as seen:
        assert admin.post(MISSIONS, json=WAKE).status_code == 201
    # Enter, who asks, whether mail leaves this machine, the mission with its steps, the event with its number.
    assert seen == {"statements": 5, "transactions": 1}


@pytest.mark.parametrize(("path", "statements"), [("/api/rex/settings", 2), ("/api/rex/status", 2), (MISSIONS, 3)])
def test_reading_is_one_transaction_of_few_statements(admin: FlaskClient, path: str, statements: int) -> None:
    admin.get(path)
    with watched() as seen:
        assert admin.get(path).status_code == 200
    assert seen == {"statements": statements, "transactions": 1}


def test_a_detail_takes_two_statements_more_than_signing_in(admin: FlaskClient) -> None:
    path = f"{MISSIONS}/{admin.post(MISSIONS, json=WAKE).json['id']}"
    with watched() as seen:
        admin.get(path)
    assert seen == {"statements": 4, "transactions": 1}


@pytest.mark.usefixtures("no_redis")
def test_without_redis_a_submission_is_refused_before_anything_is_written(admin: FlaskClient, tenant: UUID) -> None:
    answer = admin.post(MISSIONS, json=WAKE)
    assert (answer.status_code, answer.json["code"]) == (503, "redis_unavailable")
    assert "REDIS_URL" in answer.json["action"]
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM missions")).scalar_one() == 0
        assert session.execute(text("SELECT count(*) FROM events")).scalar_one() == 0


@pytest.mark.usefixtures("no_redis")
def test_without_redis_reading_goes_on(admin: FlaskClient) -> None:
    for path in ("/api/rex/settings", MISSIONS, "/api/rex/leads", "/api/rex/events"):
        assert admin.get(path).status_code == 200, path


def test_without_redis_whatever_stops_the_machine_still_works(
    admin: FlaskClient, request: pytest.FixtureRequest
) -> None:
    path = f"{MISSIONS}/{admin.post(MISSIONS, json=WAKE).json['id']}"
    request.getfixturevalue("no_redis")
    assert admin.post(f"{path}/pause").status_code == 200
    assert admin.post("/api/rex/emergency-stop").status_code == 200
    assert admin.post(f"{path}/cancel").status_code == 200


def test_without_postgres_everything_says_so(admin: FlaskClient, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("no_postgres")
    for answer in (admin.post(MISSIONS, json=WAKE), admin.get(MISSIONS), admin.get("/api/rex/status")):
        assert (answer.status_code, answer.json["code"]) == (503, "database_unavailable")
        assert "DATABASE_URL" in answer.json["action"]
    assert admin.get("/api/rex/health/live").status_code == 200
    ready = admin.get("/api/rex/health/ready")
    assert (ready.status_code, ready.json["status"]) == (503, "not_ready")


def test_a_view_that_breaks_takes_its_effect_back(
    admin: FlaskClient, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(*_: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("web.api.missions.views.submitted", break_)
    answer = admin.post(MISSIONS, json=WAKE)
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM missions")).scalar_one() == 0


def test_redis_is_back_afterwards(admin: FlaskClient) -> None:
    assert redis.client().ping()
    assert admin.post(MISSIONS, json=WAKE).status_code == 201
