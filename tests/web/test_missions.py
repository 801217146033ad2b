"""Submitting, reading and steering missions over HTTP."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import db
from rex_celery.tenancy.access import Role
from tests.factories import a_lead, a_message, a_mission, a_step, an_import, an_outcome
from tests.web.conftest import Someone

MISSIONS = "/api/rex/missions"
WAKE = {"type": "lead_reactivation"}


def submitted(client: FlaskClient, **fields: object) -> str:
    answer = client.post(MISSIONS, json=WAKE | fields)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])


def test_a_mission_needs_only_its_type(admin: FlaskClient) -> None:
    answer = admin.post(MISSIONS, json=WAKE)
    assert answer.status_code == 201, answer.json
    mission = answer.json
    assert answer.headers["Location"] == f"{MISSIONS}/{mission['id']}"
    assert (mission["state"], mission["priority"], mission["autonomy"]) == ("queued", 50, "approve_first_n")
    assert mission["counts"] == dict.fromkeys(("planned", "sent", "suppressed", "skipped", "failed", "pending"), 0)
    assert mission["actions"] == ["cancel", "pause"]
    assert mission["legal_moves"] == ["assigned", "cancelled"]


def test_the_answer_to_a_submission_is_what_is_stored(admin: FlaskClient) -> None:
    for fields in ({}, {"name": "Spring", "priority": 7, "autonomy": "auto"}):
        answered = admin.post(MISSIONS, json=WAKE | fields).json
        stored = admin.get(f"{MISSIONS}/{answered['id']}").json
        assert {name: stored[name] for name in answered} == answered


def test_the_detail_has_the_steps_in_order(admin: FlaskClient) -> None:
    detail = admin.get(f"{MISSIONS}/{submitted(admin)}").json
    assert [step["key"] for step in detail["steps"]][:2] == ["audience", "steward"]
    assert detail["moves"] == []


def test_an_unchanged_mission_is_not_sent_again(admin: FlaskClient) -> None:
    path = f"{MISSIONS}/{submitted(admin)}"
    tag = admin.get(path).headers["ETag"]
    again = admin.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_the_order_is_taken_as_it_was_given(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        list_id = an_import(session, tenant, a_lead(session, tenant)).id
    mission_id = submitted(
        admin,
        name="Spring",
        priority=90,
        autonomy="auto",
        audience={"import_id": str(list_id)},
        offer="tea",
        sender={"name": "Bo"},
        framework="AIDA",
    )
    with db.transaction(tenant) as session:
        row = session.execute(
            text("SELECT name, priority, autonomy, params, created_by FROM missions WHERE id = :id"), {"id": mission_id}
        ).one()
    assert (row.name, row.priority, row.autonomy) == ("Spring", 90, "auto")
    assert row.created_by.startswith("key:")
    assert row.params["import_id"] == str(list_id)
    assert (row.params["offer"], row.params["framework"]) == ("tea", "AIDA")
    assert row.params["sender"]["name"] == "Bo"
    assert row.params["sender"]["email"] == "ada@acme.example.com"


@pytest.mark.parametrize(
    ("body", "where", "expected"),
    [
        ({"type": "world_peace"}, "body.type", "'lead_reactivation'"),
        ({}, "body.type", "this field"),
        (WAKE | {"priority": 101}, "body.priority", "at most 100"),
        (WAKE | {"priority": "high"}, "body.priority", "a whole number"),
        (WAKE | {"priority": True}, "body.priority", "a whole number"),
        (WAKE | {"name": "x" * 301}, "body.name", "at most 300 characters"),
        (WAKE | {"colour": "red"}, "body.colour", "no field of this name"),
        (WAKE | {"audience": {"import_id": "x"}}, "body.audience.import_id", "an id"),
        (WAKE | {"sender": {"name": "a\r\nBcc: b"}}, "body.sender.name", "text without control characters"),
        (WAKE | {"name": "\x00"}, "body.name", "text without control characters"),
        ([], "body", "a JSON object"),
        ("text", "body", ""),
    ],
)
def test_a_wrong_body_says_where_and_what_would_be_right(
    admin: FlaskClient, tenant: UUID, body: object, where: str, expected: str
) -> None:
    answer = admin.post(MISSIONS, json=body)
    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"
    (problem,) = answer.json["errors"]
    assert problem["where"] == where
    assert expected in problem["expected"]
    assert _missions(tenant) == 0


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        (b'{"type": "lead_', "application/json", 400, "not_json"),
        (b'{"type": "\xff"}', "application/json", 400, "not_json"),
        (b"", "application/json", 400, "not_json"),
        (b"[" * 100_000, "application/json", 400, "not_json"),
        (b"type=lead_reactivation", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"name": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
def test_a_body_that_is_no_json_is_told_so(  # noqa: PLR0917  one row of the table
    admin: FlaskClient, tenant: UUID, data: bytes, kind: str, status: int, code: str
) -> None:
    answer = admin.post(MISSIONS, data=data, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert _missions(tenant) == 0


def test_a_mission_whose_agents_are_not_built_is_refused(admin: FlaskClient, tenant: UUID) -> None:
    answer = admin.post(MISSIONS, json={"type": "icp_extraction"})
    assert (answer.status_code, answer.json["code"]) == (422, "agent_not_built")
    assert answer.json["action"]
    assert _missions(tenant) == 0


def test_many_missions_are_stored_all_or_none(admin: FlaskClient, tenant: UUID) -> None:
    none = admin.post(f"{MISSIONS}/bulk", json={"missions": []})
    assert none.json["errors"][0]["expected"] == "at least 1 item"
    bad = admin.post(f"{MISSIONS}/bulk", json={"missions": [WAKE, {"type": "icp_extraction"}]})
    assert bad.status_code == 422
    assert _missions(tenant) == 0
    good = admin.post(f"{MISSIONS}/bulk", json={"missions": [WAKE | {"name": f"m{n}"} for n in range(100)]})
    assert good.status_code == 201
    assert [mission["name"] for mission in good.json["items"]] == [f"m{n}" for n in range(100)]
    assert admin.post(f"{MISSIONS}/bulk", json={"missions": [WAKE] * 101}).status_code == 422


def test_the_list_goes_on_where_it_stopped(admin: FlaskClient) -> None:
    newest_first = [submitted(admin, name=f"m{n}") for n in range(5)][::-1]
    seen, cursor = [], None
    while True:
        page = admin.get(MISSIONS, query_string={"limit": 2} | ({"cursor": cursor} if cursor else {})).json
        assert len(page["items"]) <= 2
        seen += [mission["id"] for mission in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == newest_first


def test_the_list_can_be_narrowed(admin: FlaskClient) -> None:
    submitted(admin)
    held = submitted(admin)
    admin.post(f"{MISSIONS}/{held}/cancel")
    assert [m["id"] for m in admin.get(MISSIONS, query_string={"state": "cancelled"}).json["items"]] == [held]
    assert admin.get(MISSIONS, query_string={"type": "icp_extraction"}).json["items"] == []
    assert admin.get(MISSIONS, query_string={"state": "happy"}).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "bm90LWpzb24", "W10", "WyIyMDI2IiwieCJd", "WyJcdWQ4MDAiLCAiYSJd"])
def test_a_forged_cursor_is_refused(admin: FlaskClient, cursor: str) -> None:
    answer = admin.get(MISSIONS, query_string={"cursor": cursor})
    assert (answer.status_code, answer.json["code"]) == (422, "bad_cursor")


def test_steering_answers_what_may_be_done_next(admin: FlaskClient) -> None:
    path = f"{MISSIONS}/{submitted(admin)}"
    paused = admin.post(f"{path}/pause").json
    assert (paused["paused"], paused["actions"]) == (True, ["cancel", "resume"])
    assert admin.post(f"{path}/pause").status_code == 409
    assert admin.post(f"{path}/resume").json["paused"] is False
    cancelled = admin.post(f"{path}/cancel").json
    assert (cancelled["state"], cancelled["actions"], cancelled["reason"]["code"]) == ("cancelled", [], "cancelled")
    assert cancelled["moves"][0] | {"at": ""} == {
        "at": "",
        "from_state": "queued",
        "to_state": "cancelled",
        "reason": "cancelled",
    }
    for action in ("cancel", "retry", "resume", "approve"):
        refused = admin.post(f"{path}/{action}")
        assert refused.status_code == 409, action
        assert refused.json["action"]


def test_what_is_offered_is_what_works(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        waiting = a_mission(session, tenant)
        a_step(session, waiting, key="approve", kind="approval", agent="coordinator", state="waiting")
        for state in ("assigned", "executing"):
            session.execute(text("UPDATE missions SET state = :s WHERE id = :id"), {"s": state, "id": waiting.id})
    path = f"{MISSIONS}/{waiting.id}"
    assert "approve" in admin.get(path).json["actions"]
    approved = admin.post(f"{path}/approve")
    assert approved.status_code == 200
    assert "approve" not in approved.json["actions"]


def test_outcomes_explain_themselves_and_messages_can_be_opened(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(
            session,
            tenant,
            params={"sender": {"name": "Ada", "email": "ada@acme.example.com", "postal_address": "1 St"}},
        )
        sent, skipped = a_lead(session, tenant), a_lead(session, tenant, first_name=None, last_name=None)
        message = a_message(session, mission, sent)
        text_message = a_message(session, mission, sent, channel="sms", recipient="+12025550143")
        an_outcome(session, mission, sent, state="sent", channel="email", score=0.8, strategy="standard")
        an_outcome(session, mission, skipped, state="skipped", reason="no_channel")
    path = f"{MISSIONS}/{mission.id}"
    (outcome,) = admin.get(f"{path}/outcomes", query_string={"state": "skipped"}).json["items"]
    assert (outcome["name"], outcome["reason"], outcome["message_id"]) == (None, "no_channel", None)
    assert outcome["reason_text"]
    assert outcome["action"]
    (other,) = admin.get(f"{path}/outcomes", query_string={"state": "sent"}).json["items"]
    assert other["message_id"] in {str(message.id), str(text_message.id)}
    listed = admin.get(f"{path}/messages", query_string={"limit": 1}).json
    rest = admin.get(f"{path}/messages", query_string={"cursor": listed["next_cursor"]}).json
    assert {one["id"] for one in listed["items"] + rest["items"]} == {str(message.id), str(text_message.id)}
    assert admin.get(f"/api/rex/messages/{message.id}").json["to"] == sent.email
    eml = admin.get(f"/api/rex/messages/{message.id}.eml")
    assert (eml.status_code, eml.mimetype) == (200, "message/rfc822")
    assert f"To: {sent.email}".encode() in eml.data
    assert admin.get(f"/api/rex/messages/{text_message.id}.eml").status_code == 409


def test_the_log_is_read_from_where_one_stopped(admin: FlaskClient, tenant: UUID) -> None:
    mission_id = submitted(admin)
    for action in ("pause", "resume"):
        admin.post(f"{MISSIONS}/{mission_id}/{action}")
    path = f"{MISSIONS}/{mission_id}/log"
    first = admin.get(path, query_string={"limit": 1}).json
    rest = admin.get(path, query_string={"after": first["next_cursor"]}).json
    assert [entry["message"].split()[0] for entry in first["items"] + rest["items"]] == ["paused", "resumed"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("part", ["", "/log", "/outcomes", "/messages"])
def test_a_mission_that_is_not_there_is_not_found(admin: FlaskClient, part: str) -> None:
    answer = admin.get(f"{MISSIONS}/{uuid4()}{part}")
    assert (answer.status_code, answer.json["code"]) == (404, "mission_not_found")
    assert admin.get(f"{MISSIONS}/7{part}").json["errors"][0]["where"] == "path.mission_id"


def test_a_list_of_another_tenant_cannot_be_used(someone: Someone, tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = an_import(session, other_tenant, a_lead(session, other_tenant)).id
    answer = someone(tenant, Role.OPERATOR).post(MISSIONS, json=WAKE | {"audience": {"import_id": str(theirs)}})
    assert (answer.status_code, answer.json["code"]) == (404, "list_not_found")
    assert _missions(tenant) == 0


def test_a_tenant_without_a_postal_address_is_told_what_is_missing(admin: FlaskClient, tenant: UUID) -> None:
    admin.patch("/api/rex/settings", json={"postal_address": "", "offer": ""})
    answer = admin.post(MISSIONS, json=WAKE)
    assert answer.status_code == 422
    assert {problem["where"] for problem in answer.json["errors"]} == {"sender.postal_address", "offer"}


def _missions(tenant: UUID) -> int:
    with db.transaction(tenant) as session:
        return int(session.execute(text("SELECT count(*) FROM missions")).scalar_one())


def test_a_mission_is_ordered_with_a_sequence(admin: FlaskClient, tenant: UUID) -> None:
    mission = submitted(admin, sequence="reactivation")
    with db.transaction(tenant) as session:
        params = session.execute(text("SELECT params FROM missions WHERE id = :id"), {"id": mission}).scalar_one()
    assert set(params["sequence"]["family"]) == {"multi_channel", "standard", "soft_touch"}


def test_a_sequence_that_does_not_exist_is_answered_with_those_that_do(admin: FlaskClient) -> None:
    answer = admin.post(MISSIONS, json=WAKE | {"sequence": "nothing of ours"})
    assert (answer.status_code, answer.json["code"]) == (404, "sequence_not_found")
    assert "reactivation, First touch" in answer.json["action"]
    answer = admin.post(MISSIONS, json=WAKE | {"campaign": str(uuid4())})
    assert (answer.status_code, answer.json["code"]) == (404, "campaign_not_found")
    answer = admin.post(MISSIONS, json=WAKE | {"campaign": str(uuid4()), "sequence": "reactivation"})
    assert answer.json["errors"][0]["where"] == "sequence"
