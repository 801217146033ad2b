"""The status, and the agents' record."""

from uuid import UUID, uuid4

from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import crews, db
from rex_celery.models import AgentRun
from tests.factories import a_lead, a_mission

STATUS = "/api/rex/status"
MISSIONS = "/api/rex/missions"


def test_the_status_shows_what_the_tenant_has(admin: FlaskClient, tenant: UUID) -> None:
    status = admin.get(STATUS).json
    assert status["tenant"]["id"] == str(tenant)
    assert status["tenant"]["sender"] == {
        "name": "Ada Sender",
        "email": "ada@acme.example.com",
        "postal_address": "1 Main Street, Springfield, IL 62701, USA",
    }
    assert status["sending"] == {"stopped": False, "stopped_at": None}
    assert status["delivery"] == "outbox"
    assert [queue["queue"] for queue in status["queues"]] == list(crews.QUEUES)
    assert status["live_url"] == "http://127.0.0.1:8801"


def test_the_counts_follow_every_event_at_once(admin: FlaskClient, tenant: UUID) -> None:
    for expected in (1, 2):
        submitted = admin.post(MISSIONS, json={"type": "lead_reactivation"}).json["id"]
        assert admin.get(STATUS).json["missions"]["queued"] == expected
    admin.post(f"{MISSIONS}/{submitted}/cancel")
    missions = admin.get(STATUS).json["missions"]
    assert (missions["queued"], missions["cancelled"]) == (1, 1)


def test_the_counts_are_not_counted_again_while_nothing_happens(admin: FlaskClient, tenant: UUID) -> None:
    assert admin.get(STATUS).json["leads"] == 0
    with db.transaction(tenant) as session:
        a_lead(session, tenant)
    assert admin.get(STATUS).json["leads"] == 0
    admin.post("/api/rex/emergency-stop")
    assert admin.get(STATUS).json["leads"] == 1


def test_the_emergency_stop_is_shown_at_once(admin: FlaskClient) -> None:
    admin.get(STATUS)
    stopped = admin.post("/api/rex/emergency-stop").json
    assert admin.get(STATUS).json["sending"] == stopped


def test_the_whole_roster_is_listed_with_its_record(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        for number, succeeded in enumerate((True, True, True, False)):
            session.add(
                AgentRun(
                    tenant_id=tenant,
                    key=uuid4().bytes,
                    agent="reviver",
                    mission_id=mission.id,
                    step_id=uuid4(),
                    chunk_no=number,
                    attempt=1,
                    succeeded=succeeded,
                    leads=50,
                    seconds=0.5,
                )
            )
    agents = admin.get("/api/rex/agents/status").json["items"]
    assert [agent["name"] for agent in agents] == [agent.name for agent in crews.ROSTER]
    record = {agent["name"]: agent for agent in agents}
    reviver = record["reviver"]
    assert (reviver["runs"], reviver["succeeded"], reviver["failed"], reviver["leads"]) == (4, 3, 1, 200)
    assert (reviver["success_rate"], reviver["mean_seconds"]) == (0.75, 0.5)
    assert reviver["last_run_at"]
    assert (record["warmup_manager"]["built"], record["warmup_manager"]["success_rate"]) == (False, None)


def test_events_are_read_from_where_one_stopped(admin: FlaskClient) -> None:
    for _ in range(3):
        admin.post(MISSIONS, json={"type": "lead_reactivation"})
    first = admin.get("/api/rex/events", query_string={"limit": 2}).json
    assert ([event["seq"] for event in first["items"]], first["last_seq"]) == ([1, 2], 3)
    rest = admin.get("/api/rex/events", query_string={"after": 2}).json["items"]
    assert [(event["seq"], event["type"]) for event in rest] == [(3, "mission.submitted")]


def test_settings_change_field_by_field(admin: FlaskClient, tenant: UUID) -> None:
    changed = admin.patch("/api/rex/settings", json={"offer": " tea ", "sender_name": "Bo"}).json
    assert (changed["offer"], changed["sender_name"], changed["sender_email"]) == ("tea", "Bo", "ada@acme.example.com")
    assert admin.get("/api/rex/settings").json == changed
    for wrong in ({"sender_email": "no address"}, {"offer": 7}, {"colour": "red"}):
        assert admin.patch("/api/rex/settings", json=wrong).status_code == 422
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT offer FROM tenants")).scalar_one() == "tea"


def test_a_sender_s_address_that_is_none_is_told_what_one_looks_like(admin: FlaskClient) -> None:
    answer = admin.patch("/api/rex/settings", json={"sender_email": "ada"})
    (problem,) = answer.json["errors"]
    assert (problem["where"], problem["expected"]) == (
        "body.sender_email",
        "an e-mail address, such as ada@acme.example.com",
    )
