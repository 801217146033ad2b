"""A hundred requests a minute for each key."""

from uuid import UUID

import pytest
from flask.testing import FlaskClient

from rex_celery import config
from tests.web.conftest import Someone

STATUS = "/api/rex/settings"


@pytest.fixture(autouse=True)
def _three_a_minute(monkeypatch: pytest.MonkeyPatch, database: object) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 3)


def test_a_key_is_told_what_is_left_and_then_when_to_come_back(admin: FlaskClient) -> None:
    answers = [admin.get(STATUS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert all(answer.headers["RateLimit-Limit"] == "3" for answer in answers)
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].json["code"] == "too_many_requests"


def test_one_keys_requests_do_not_count_for_another(someone: Someone, tenant: UUID) -> None:
    busy, quiet = someone(tenant), someone(tenant)
    for _ in range(4):
        busy.get(STATUS)
    assert quiet.get(STATUS).status_code == 200


def test_the_emergency_stop_works_whatever_the_limit_says(admin: FlaskClient) -> None:
    for _ in range(4):
        admin.get(STATUS)
    assert admin.post("/api/rex/emergency-stop").status_code == 200


def test_health_is_not_limited(nobody: FlaskClient) -> None:
    assert {nobody.get("/api/rex/health/live").status_code for _ in range(5)} == {200}
