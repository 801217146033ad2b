"""Explanations over HTTP; every answer is held against its documentation."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from rex_celery import db
from rex_celery.outreach import inboxes
from rex_celery.tenancy.access import Role
from tests.explain.endings import a_mission_of_all_endings
from tests.outreach.enrolled import a_crowd
from tests.web.conftest import Someone

API = "/api/rex"


def test_a_mission_of_all_endings_is_explained(admin: FlaskClient, tenant: UUID) -> None:
    crowd = a_mission_of_all_endings(tenant)
    found = admin.get(f"{API}/missions/{crowd.mission.id}/explain").json
    assert found["leads"]["adds_up"]
    assert found["leads"]["equals_rows"]
    assert found["messages"]["equals_rows"]
    assert found["mission"]["counts"] == found["leads"]["counters"]
    assert all(one["why"]["action"] for one in found["unsent"] + found["waiting"])


def test_what_holds_a_message_comes_with_its_action(admin: FlaskClient, tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    with db.transaction(tenant) as session:
        inboxes.pause(session, tenant, crowd.inbox.id, actor="a test")
    [row] = crowd.rows()
    found = admin.get(f"{API}/messages/{row.id}/explain").json  # type: ignore[attr-defined]
    assert found["holds"][0]["code"] == "sender_paused"
    assert found["holds"][0]["action"] == "Let the inbox send again."
    shown = admin.get(f"{API}/inboxes/{crowd.inbox.id}/explain").json
    assert shown["holds"][0]["code"] == "sender_paused"


def test_a_timeline_is_read_in_parts(admin: FlaskClient, tenant: UUID) -> None:
    crowd = a_mission_of_all_endings(tenant)
    path = f"{API}/leads/{crowd.leads[0].id}/explain"
    whole = admin.get(path).json
    assert not whole["more"]
    first = admin.get(path, query_string={"limit": 2}).json
    assert first["more"]
    assert first["timeline"] == whole["timeline"][:2]
    before = {"before": first["timeline"][-1]["at"]}
    rest = admin.get(path, query_string=before).json["timeline"]
    assert all(one["at"] < before["before"] for one in rest)
    assert admin.get(path, query_string={"before": "yesterday"}).status_code == 422
    assert admin.get(path, query_string={"limit": 0}).status_code == 422


@pytest.mark.parametrize("kind", ["missions", "leads", "messages", "inboxes"])
def test_what_is_not_there_is_not_explained_and_a_viewer_may_ask(someone: Someone, tenant: UUID, kind: str) -> None:
    answer = someone(tenant, Role.VIEWER).get(f"{API}/{kind}/{uuid4()}/explain")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("kind", ["missions", "leads", "messages", "inboxes"])
def test_another_tenant_sees_nothing(someone: Someone, tenant: UUID, other_tenant: UUID, kind: str) -> None:
    crowd = a_crowd(other_tenant)
    ids = {"missions": crowd.mission.id, "leads": crowd.leads[0].id, "inboxes": crowd.inbox.id}
    ids |= {"messages": crowd.rows()[0].id}  # type: ignore[attr-defined]
    assert someone(tenant).get(f"{API}/{kind}/{ids[kind]}/explain").status_code == 404
    assert someone(other_tenant).get(f"{API}/{kind}/{ids[kind]}/explain").status_code == 200
