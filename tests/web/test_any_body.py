"""Whatever is sent, the answer is an answer: no input makes REX stumble."""

import json
import string
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from rex_celery import config

FIELDS = (
    "type",
    "name",
    "priority",
    "autonomy",
    "audience",
    "offer",
    "sender",
    "framework",
    "missions",
    "import_id",
    "email",
)
WORDS = some.sampled_from(["lead_reactivation", "auto", "AIDA", "", "\x00", "\ud800", "a\r\nb", "1e999", "true"])
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | WORDS,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(FIELDS) | some.text(string.printable, max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)
ORDERS = some.fixed_dictionaries({"type": some.just("lead_reactivation")}, optional=dict.fromkeys(FIELDS[1:], VALUES))
QUERIES = some.dictionaries(
    some.sampled_from(["limit", "cursor", "state", "type", "after", "query", "import_id", "mission_id"]),
    some.text(max_size=30) | WORDS.filter(lambda word: word != "\ud800"),
    max_size=3,
)
# A tenant for all examples of a test is meant: what is sent must do no harm whatever was sent before.
RULES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _no_limit(monkeypatch: pytest.MonkeyPatch, database: object) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 1_000_000)


@RULES
@given(body=ORDERS | VALUES)
@pytest.mark.parametrize("path", ["/missions", "/missions/bulk", "/session"])
def test_any_json_gets_an_answer(admin: FlaskClient, path: str, body: object) -> None:
    answer = admin.post(f"/api/rex{path}", data=json.dumps(body), content_type="application/json")
    assert answer.status_code in {200, 201, 400, 401, 404, 422, 429}, answer.text


@RULES
@given(query=QUERIES)
@pytest.mark.parametrize("path", ["/missions", "/leads", "/leads/imports", "/events"])
def test_any_query_gets_an_answer(admin: FlaskClient, path: str, query: dict[str, str]) -> None:
    answer = admin.get(f"/api/rex{path}", query_string=query)
    assert answer.status_code in {200, 422}, answer.text


@RULES
@given(part=some.text(min_size=1, max_size=20))
def test_any_address_gets_an_answer(admin: FlaskClient, tenant: UUID, part: str) -> None:
    # What follows two slashes is the name of a host, and no address of ours.
    part = part.lstrip("/") or "-"
    for path in (f"/api/rex/missions/{part}", f"/u/{part}", f"/{part}", f"/api/rex/docs/{part}"):
        with admin.get(path) as answer:
            assert answer.status_code < 500 or answer.mimetype == "text/html", path
