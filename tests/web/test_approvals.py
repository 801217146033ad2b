"""Approvals over HTTP: what waits, letting it go, changing it, refusing it."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.tenancy.access import Role
from tests.factories import a_lead, a_message, a_mission, a_sequence, a_step, an_enrolment, an_inbox, an_outcome
from tests.missions import asking
from tests.web.conftest import Someone

APPROVALS = "/api/rex/approvals"


def a_waiting_message(tenant: UUID, **fields: object) -> UUID:
    """A message of a collecting mission that nobody has approved yet."""
    with db.transaction(tenant) as session:
        sender = {"name": "Ada", "email": "ada@example.com", "postal_address": "1 Main Street"}
        mission = a_mission(session, tenant, autonomy="suggest", params={"sender": sender})
        lead = a_lead(session, tenant, phone=None)
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant))
        for state in ("assigned", "executing", "collecting"):
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": mission.id})
        a_step(session, mission, key="approve", kind="approval", phase="collecting", state="waiting")
        an_outcome(session, mission, lead)
        known = {"enrolment_id": enrolment.id, "inbox_id": an_inbox(session, tenant).id, "position": 0}
        known |= {"wait_reason": "waiting_approval", "step_key": "first"}
        return a_message(session, mission, lead, **(known | fields)).id


def test_what_waits_is_listed_by_mission(admin: FlaskClient, tenant: UUID) -> None:
    ids = {str(a_waiting_message(tenant)) for _ in range(2)}
    listed = admin.get(APPROVALS).json["items"]
    assert {one["message_id"] for one in listed} == ids
    assert listed[0]["body"].startswith("Hello Grace")
    mine = admin.get(APPROVALS, query_string={"mission_id": listed[0]["mission_id"]}).json["items"]
    assert mine == listed[:1]
    assert admin.get(APPROVALS, query_string={"limit": 1}).json["next_cursor"]


def test_an_approval_lets_it_go_and_ends_the_wait(admin: FlaskClient, tenant: UUID) -> None:
    message = a_waiting_message(tenant)
    answer = admin.post(f"{APPROVALS}/approve", json={"message_ids": [str(message)]})
    assert (answer.status_code, answer.json) == (200, {"decided": 1, "still_waiting": 0})
    assert admin.get(APPROVALS).json["items"] == []
    assert asking.one(tenant, "SELECT wait_reason FROM messages WHERE id = :id", id=message) is None
    done = "SELECT state FROM steps WHERE mission_id = (SELECT mission_id FROM messages WHERE id = :id)"
    assert asking.one(tenant, done, id=message) == "done"
    noted = "SELECT details->'messages'->>0 FROM audit WHERE action = 'message.approved'"
    assert asking.one(tenant, noted) == str(message)
    again = admin.post(f"{APPROVALS}/approve", json={"message_ids": [str(message)]})
    assert (again.status_code, again.json["code"]) == (409, "not_waiting")


def test_a_refusal_ends_the_sequence(admin: FlaskClient, tenant: UUID) -> None:
    message = a_waiting_message(tenant)
    answer = admin.post(f"{APPROVALS}/reject", json={"message_ids": [str(message)]})
    assert (answer.status_code, answer.json) == (200, {"decided": 1, "still_waiting": 0})
    shown = admin.get(f"/api/rex/messages/{message}").json
    assert (shown["state"], shown["reason"]) == ("skipped", "rejected_by_person")
    assert shown["why"]["text"] == "Somebody looked at the message and did not approve it."


def test_an_unfit_change_says_what_is_wrong_with_it(admin: FlaskClient, tenant: UUID) -> None:
    message = a_waiting_message(tenant)
    edit = {"message_id": str(message), "subject": "Hello", "body": "Hi Grace,\n\nshort words."}
    answer = admin.post(f"{APPROVALS}/approve", json={"edits": [edit]})
    assert (answer.status_code, answer.json["code"]) == (422, "unfit")
    assert {problem["where"] for problem in answer.json["errors"]} == {f"edits.{message}"}
    assert len(admin.get(APPROVALS).json["items"]) == 1


@pytest.mark.parametrize("body", [{}, {"message_ids": []}, {"message_ids": ["x"]}, {"edits": [{"body": "b"}]}, []])
def test_a_wrong_body_is_refused(admin: FlaskClient, body: object) -> None:
    for action in ("approve", "reject"):
        assert admin.post(f"{APPROVALS}/{action}", json=body).status_code == 422


@pytest.mark.parametrize("action", ["approve", "reject"])
def test_what_is_not_there_or_another_tenants_is_not_found(
    admin: FlaskClient, tenant: UUID, other_tenant: UUID, action: str
) -> None:
    theirs = a_waiting_message(other_tenant)
    assert admin.get(APPROVALS).json["items"] == []
    for unknown in (theirs, uuid4()):
        answer = admin.post(f"{APPROVALS}/{action}", json={"message_ids": [str(unknown)]})
        assert (answer.status_code, answer.json["code"]) == (404, "message_not_found")
    waiting = "SELECT wait_reason FROM messages WHERE id = :id"
    assert asking.one(other_tenant, waiting, id=theirs) == "waiting_approval"


def test_a_viewer_may_look_and_not_decide(someone: Someone, tenant: UUID) -> None:
    message, viewer = a_waiting_message(tenant), someone(tenant, Role.VIEWER)
    assert viewer.get(APPROVALS).status_code == 200
    assert viewer.post(f"{APPROVALS}/approve", json={"message_ids": [str(message)]}).status_code == 403


def test_messages_show_when_they_go_and_why_not_yet(admin: FlaskClient, tenant: UUID) -> None:
    message = a_waiting_message(tenant)
    shown = admin.get(f"/api/rex/messages/{message}").json
    assert shown["wait"]["code"] == "waiting_approval"
    assert shown["wait"]["action"] == "Look at it and approve."
    mission = admin.get(f"/api/rex/missions/{shown['mission_id']}").json
    counted = {"planned": 1, "sent": 0, "suppressed": 0, "skipped": 0, "failed": 0, "pending": 1}
    assert (mission["messages"], mission["active"]) == (counted, 1)
    (outcome,) = admin.get(f"/api/rex/missions/{shown['mission_id']}/outcomes").json["items"]
    assert outcome["wait"]["code"] == "waiting_approval"
