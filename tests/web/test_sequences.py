"""Sequences, snippets and previews over HTTP."""

import json
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from rex_celery import config, db
from rex_celery.models import Sequence as SequenceRow
from rex_celery.outreach import shipped_forms
from rex_celery.tenancy.access import Role
from tests.factories import a_lead, a_message, a_mission, an_enrolment, an_outcome
from tests.web.conftest import Someone

API = "/api/rex"
STEP = {"key": "first", "channel": "email", "day": 0, "subject": "Still open?", "body": "{Hi|Hello} {{ first_name }}"}
WORDS = some.sampled_from(["", "x", "email", "{{", "{a|b}", "\x00", "\ud800", "{{ snippet.a }}", "x" * 25_000])
VALUES = some.none() | some.booleans() | some.integers() | some.floats() | WORDS
STEPS = some.lists(
    some.dictionaries(some.sampled_from([*STEP, "todo", "condition", "on_fail", "colour"]), VALUES, max_size=7)
    | VALUES,
    max_size=3,
)
ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def created(client: FlaskClient, name: str = "Spring", **fields: object) -> dict[str, object]:
    answer = client.post(f"{API}/sequences", json={"name": name, "steps": [STEP | fields]})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"{API}/sequences/{answer.json['id']}"
    found: dict[str, object] = answer.json
    return found


def test_the_shipped_sequences_are_there_from_the_beginning(admin: FlaskClient) -> None:
    found = admin.get(f"{API}/sequences").json["items"]

    assert {one["shipped_key"] for one in found} == set(shipped_forms.KEYS)
    multi = next(one for one in found if one["shipped_key"] == "reactivation-multi")
    shown = admin.get(f"{API}/sequences/{multi['id']}").json
    assert [(step["day"], step["channel"]) for step in shown["steps"]][:3] == [
        (0, "email"),
        (2, "linkedin"),
        (4, "sms"),
    ]


def test_a_sequence_is_created_edited_and_made_active(admin: FlaskClient) -> None:
    address = f"{API}/sequences/{created(admin)['id']}"
    edit = {"steps": [STEP | {"body": "Good day"}], "edited_from": 1}
    second = admin.post(f"{address}/versions", json=edit)
    assert (second.status_code, second.json["version"], second.json["active_version"]) == (201, 2, 1)
    assert second.json["steps"][0]["body"] == "Good day"
    conflict = admin.post(f"{address}/versions", json=edit)
    assert (conflict.status_code, conflict.json["code"]) == (409, "version_conflict")
    assert admin.post(f"{address}/activate", json={"version": 2}).json["active_version"] == 2
    assert admin.post(f"{address}/activate", json={"version": 3}).status_code == 404
    assert admin.get(address, query_string={"version": 1}).json["steps"][0]["body"] == STEP["body"]


def test_all_problems_of_steps_are_told_at_once(admin: FlaskClient) -> None:
    steps = [STEP | {"body": "{{ frist_name }}", "day": "0"}, {"key": "b", "channel": "pigeon", "day": 3}]
    answer = admin.post(f"{API}/sequences", json={"name": "x", "steps": steps})

    assert (answer.status_code, answer.json["code"]) == (422, "invalid_steps")
    assert {one["where"] for one in answer.json["errors"]} == {"steps[0].day", "steps[0].body", "steps[1].channel"}
    answer = admin.post(f"{API}/sequences", json={"name": "x", "steps": [STEP | {"body": "{{ frist_name }}"}]})
    assert answer.json["errors"][0]["what"] == "line 1: 'frist_name' is not a variable"
    assert "first_name" in answer.json["errors"][0]["expected"]


@pytest.mark.parametrize("body", ["{% for x in city %}{% endfor %}", "x" * 900_000, "{" * 9000])
def test_bombs_are_refused(admin: FlaskClient, body: str) -> None:
    answer = admin.post(f"{API}/sequences", json={"name": "x", "steps": [STEP | {"body": body}]})
    assert answer.status_code == 422


def test_an_archived_sequence_is_no_longer_listed(admin: FlaskClient) -> None:
    id_ = created(admin)["id"]
    assert admin.delete(f"{API}/sequences/{id_}").status_code == 204
    assert id_ not in [one["id"] for one in admin.get(f"{API}/sequences").json["items"]]
    everything = admin.get(f"{API}/sequences", query_string={"archived": "true"}).json["items"]
    assert id_ in [one["id"] for one in everything]


def test_a_preview_shows_what_a_lead_would_get(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, first_name="Ida")
    address = f"{API}/sequences/{created(admin)['id']}/preview"
    (shown,) = admin.post(address, json={"lead_id": str(lead.id)}).json["items"]
    assert (shown["problem"], shown["body"].split()[-1]) == (None, "Ida")
    (shown,) = admin.post(address, json={"stranger": True}).json["items"]
    assert shown["problem"]["code"] == "content_unresolved_variable"
    assert "first_name" in shown["problem"]["found"]
    assert admin.post(address, json={}).json["items"][0]["body"].endswith("Grace")
    assert admin.post(address, json={"lead_id": str(uuid4())}).status_code == 404
    assert admin.post(address, json={"lead_id": str(lead.id), "stranger": True}).status_code == 422


def test_steps_are_previewed_before_they_are_stored(admin: FlaskClient) -> None:
    before = admin.get(f"{API}/sequences").json
    (shown,) = admin.post(f"{API}/sequences/preview", json={"steps": [STEP]}).json["items"]

    assert shown["subject"] == "Still open?"
    assert admin.post(f"{API}/sequences/preview", json={"steps": [{}]}).json["code"] == "invalid_steps"
    assert admin.get(f"{API}/sequences").json == before


def test_snippets_are_written_used_and_deleted(admin: FlaskClient) -> None:
    address = f"{API}/snippets/end"
    assert admin.put(address, json={"body": "{Best|Kind} regards"}).json["name"] == "end"
    assert [one["name"] for one in admin.get(f"{API}/snippets").json["items"]] == ["end"]
    created(admin, body="Hello {{ snippet.end }}")
    refused = admin.delete(address)
    assert (refused.status_code, refused.json["code"]) == (409, "snippet_in_use")
    assert admin.put(f"{API}/snippets/free", json={"body": "x"}).status_code == 200
    assert admin.delete(f"{API}/snippets/free").status_code == 204
    assert admin.put(address, json={"body": "{{ nobody }}"}).json["code"] == "invalid_snippet"
    assert admin.put(f"{API}/snippets/Big%20Name", json={"body": "x"}).status_code == 422


def test_a_viewer_looks_and_changes_nothing(someone: Someone, admin: FlaskClient, tenant: UUID) -> None:
    viewer, id_ = someone(tenant, Role.VIEWER), created(admin)["id"]
    assert viewer.get(f"{API}/sequences/{id_}").status_code == 200
    assert viewer.post(f"{API}/sequences", json={"name": "x", "steps": [STEP]}).status_code == 403
    assert viewer.delete(f"{API}/sequences/{id_}").status_code == 403
    assert viewer.put(f"{API}/snippets/x", json={"body": "x"}).status_code == 403


def test_nothing_of_another_tenant_can_be_changed(someone: Someone, admin: FlaskClient, other_tenant: UUID) -> None:
    theirs = created(someone(other_tenant))["id"]
    address = f"{API}/sequences/{theirs}"
    version = {"steps": [STEP], "edited_from": 1}
    assert admin.delete(address).status_code == 404
    assert admin.post(f"{address}/versions", json=version).status_code == 404
    assert admin.post(f"{address}/activate", json={"version": 1}).status_code == 404
    assert admin.post(f"{address}/preview", json={}).status_code == 404
    assert admin.post(f"{address}/migrate", json={"from_version": 1, "to_version": 1}).status_code == 404


@ANY
@given(steps=STEPS | VALUES)
def test_any_steps_get_an_answer(admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, steps: object) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 1_000_000)
    body = json.dumps({"steps": steps})
    answer = admin.post(f"{API}/sequences/preview", data=body, content_type="application/json")
    assert answer.status_code in {200, 400, 422}, answer.text


def test_people_move_to_another_version_after_a_look(admin: FlaskClient, tenant: UUID) -> None:
    id_ = created(admin)["id"]
    address = f"{API}/sequences/{id_}"
    later = STEP | {"key": "second", "day": 4, "subject": ""}
    admin.post(f"{address}/versions", json={"steps": [STEP, later], "edited_from": 1})
    with db.transaction(tenant) as session:
        sender = {"name": "Ada", "email": "ada@acme.example.com", "postal_address": "1 Main Street"}
        mission = a_mission(session, tenant, params={"sender": sender, "offer": "", "framework": None})
        lead = a_lead(session, tenant)
        an_outcome(session, mission, lead)
        sequence = session.get(SequenceRow, UUID(str(id_)))
        assert sequence
        enrolment = an_enrolment(session, mission, lead, sequence)
        sent = {"state": "delivered", "sent_at": enrolment.started_at, "delivered_at": enrolment.started_at}
        a_message(session, mission, lead, enrolment_id=enrolment.id, position=0, step_key="first", **sent)
    ask = {"from_version": 1, "to_version": 2}
    looked = admin.post(f"{address}/migrate", json=ask).json
    assert (looked["moving"], looked["staying"], looked["steps"][1]["added"]) == (1, 0, 1)
    assert admin.get(address).json["versions"][0]["enrolled"] == 0
    assert admin.post(f"{address}/migrate", json=ask | {"preview": False}).json == looked
    assert [one["enrolled"] for one in admin.get(address).json["versions"]] == [1, 0]
    assert admin.post(f"{address}/migrate", json={"from_version": 1, "to_version": 1}).status_code == 422
    assert admin.post(f"{address}/migrate", json={"from_version": 1, "to_version": 9}).status_code == 404
