"""Simulations over HTTP, and the worker's part."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from rex_celery import broker
from rex_celery.flow import Flow
from rex_celery.simulation import requests
from rex_celery.tenancy.access import Role
from tests.web.conftest import Someone

SMALL = {"leads": 5, "days": 3, "inboxes": [{"address": "sender1@outreach.example"}]}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Flow]:
    flows: list[Flow] = []
    monkeypatch.setattr(broker, "publish", flows.extend)
    return flows


def test_a_simulation_is_asked_for_run_and_read(admin: FlaskClient, tenant: UUID, sent: list[Flow]) -> None:
    asked = admin.post("/api/rex/simulations", json=SMALL)
    assert asked.status_code == 202
    id_ = asked.json["id"]
    assert asked.json["state"] == "queued"
    assert [call.task for call in sent] == ["campaign.simulate"]
    assert requests.carry_out(tenant, UUID(id_)) == "done"
    found = admin.get(f"/api/rex/simulations/{id_}").json
    assert (found["state"], found["progress"]) == ("done", 1)
    assert found["report"]["adds_up"]
    assert found["report"]["people"]["planned"] == 5
    assert [one["id"] for one in admin.get("/api/rex/simulations").json["items"]] == [id_]


def test_a_doubled_message_runs_it_once(admin: FlaskClient, tenant: UUID, sent: list[Flow]) -> None:
    id_ = UUID(admin.post("/api/rex/simulations", json=SMALL).json["id"])
    assert [requests.carry_out(tenant, id_) for _ in range(2)] == ["done", "stale"]


def test_what_could_not_be_launched_fails_and_says_why(admin: FlaskClient, tenant: UUID, sent: list[Flow]) -> None:
    id_ = admin.post("/api/rex/simulations", json=SMALL | {"sequence": "no such"}).json["id"]
    assert requests.carry_out(tenant, UUID(id_)) == "refused"
    found = admin.get(f"/api/rex/simulations/{id_}").json
    assert found["state"] == "failed"
    assert "no such" in found["error"]


@pytest.mark.parametrize("wrong", [{"leads": 0}, {"days": 1000}, {"rates": {"reply": 2}}, {"unknown": 1}])
def test_what_makes_no_sense_is_refused(admin: FlaskClient, wrong: dict[str, object], sent: list[Flow]) -> None:
    assert admin.post("/api/rex/simulations", json=SMALL | wrong).status_code == 422
    assert sent == []


def test_a_viewer_reads_and_does_not_ask(someone: Someone, tenant: UUID) -> None:
    viewer = someone(tenant, Role.VIEWER)
    assert viewer.post("/api/rex/simulations", json=SMALL).status_code == 403
    assert viewer.get("/api/rex/simulations").json["items"] == []
    assert viewer.get(f"/api/rex/simulations/{uuid4()}").status_code == 404


def test_another_tenant_sees_none_of_it(
    admin: FlaskClient, someone: Someone, other_tenant: UUID, sent: list[Flow]
) -> None:
    id_ = admin.post("/api/rex/simulations", json=SMALL).json["id"]
    assert someone(other_tenant).get(f"/api/rex/simulations/{id_}").status_code == 404
