"""Conversations over HTTP: what came in is read, labelled, answered and closed, by its own tenant only."""

from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.models import BookingPage
from rex_celery.tenancy.access import Role
from tests.factories import a_lead, an_inbox
from tests.outreach.coming_in import OURS, a_mail, a_text, column, ours, receive
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd
from tests.web.conftest import Someone

THREADS = "/api/rex/inbox/threads"


@pytest.fixture
def crowd(tenant: UUID) -> Crowd:
    """Somebody who got a first e-mail."""
    crowd = a_crowd(tenant, email="grace@navy.example.com", provider="smtp")
    crowd.send(Clock(), Recorder())
    return crowd


def now() -> Clock:
    """A clock that shows the moment of what was just asked over HTTP."""
    return Clock(clock.now())


def answered(crowd: Crowd, words: str = "Can we jump on a call on Tuesday?") -> str:
    """The address of the conversation that an answer begins."""
    return f"{THREADS}/{receive(crowd.tenant, a_mail(words, in_reply_to=ours(crowd))).thread_id}"


def test_a_conversation_shows_what_was_sent_and_what_came_back(admin: FlaskClient, crowd: Crowd) -> None:
    thread = admin.get(answered(crowd)).json
    assert thread["subject"] == "Shall we pick this up again?"
    assert (thread["state"], thread["label"], thread["lead_address"]) == ("open", "meeting", "grace@navy.example.com")
    sent, came = thread["entries"]
    assert (sent["direction"], sent["state"], sent["recipient"]) == ("out", "replied", "grace@navy.example.com")
    assert (came["direction"], came["kind"], came["matched_by"]) == ("in", "reply", "in_reply_to")
    assert (came["label"], came["labelled_by"]) == ("meeting", "rules")


def test_the_list_is_filtered_and_comes_in_parts(admin: FlaskClient, tenant: UUID) -> None:
    crowd = a_crowd(tenant, people=3, provider="smtp")
    crowd.send(Clock(), Recorder())
    for place, words in enumerate(("Let's schedule a meeting.", "Too expensive.", "Let's talk.")):
        receive(tenant, a_mail(words, in_reply_to=ours(crowd, place), sender=crowd.leads[place].email))
    first = admin.get(THREADS, query_string={"limit": 2}).json
    rest = admin.get(THREADS, query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [len(first["items"]), len(rest["items"]), rest["next_cursor"]] == [2, 1, None]
    meetings = admin.get(THREADS, query_string={"label": "meeting"}).json["items"]
    assert {one["last_words"] for one in meetings} == {"Let's schedule a meeting.", "Let's talk."}
    assert admin.get(THREADS, query_string={"state": "closed"}).json["items"] == []
    assert admin.get(THREADS, query_string={"state": "asleep"}).status_code == 422


def test_the_proposed_answer_is_sent_by_a_person_and_by_nobody_else(admin: FlaskClient, crowd: Crowd) -> None:
    address = answered(crowd)
    draft = admin.get(address).json["draft"]
    assert draft["subject"] == "Re: Shall we pick this up again?"
    assert draft["body"].startswith("Hello Grace,\n\nthank you, I would be glad to talk.")
    provider = Recorder()
    assert crowd.send(now(), provider) == 0
    thread = admin.post(f"{address}/answer", json={"body": draft["body"], "subject": draft["subject"]}).json
    assert (thread["state"], thread["draft"], thread["entries"][-1]["state"]) == ("answered", None, "planned")
    assert crowd.send(now(), provider) == 1
    letter = provider.sent[0].content
    assert (letter.recipient.address, letter.sender.address) == ("grace@navy.example.com", crowd.inbox.address)
    came = column(crowd.tenant, "SELECT external_id FROM replies")[0]
    assert letter.in_reply_to == came
    assert column(crowd.tenant, "SELECT state FROM todos") == ["done"]
    assert column(crowd.tenant, "SELECT edited_at IS NULL FROM messages WHERE step_key LIKE 'answer:%'") == [True]


def test_a_changed_answer_is_kept_as_changed_and_a_second_one_is_another_message(
    admin: FlaskClient, crowd: Crowd
) -> None:
    address = answered(crowd)
    admin.post(f"{address}/answer", json={"body": "Tuesday at ten?"})
    assert crowd.send(now(), Recorder()) == 1
    admin.post(f"{address}/answer", json={"body": "Or at eleven."})
    assert crowd.send(now(), Recorder()) == 1
    rows = column(crowd.tenant, "SELECT body FROM messages WHERE step_key LIKE 'answer:%' ORDER BY approved_at, id")
    assert sorted(map(str, rows)) == ["Or at eleven.", "Tuesday at ten?"]
    assert column(crowd.tenant, "SELECT count(*) FROM messages WHERE edited_at IS NOT NULL") == [1]


def test_whoever_opted_out_is_not_answered_and_what_was_on_its_way_stays(admin: FlaskClient, crowd: Crowd) -> None:
    address = answered(crowd)
    admin.post(f"{address}/answer", json={"body": "Tuesday at ten?"})
    receive(crowd.tenant, a_mail("Please remove me from your list.", in_reply_to=ours(crowd)))
    assert crowd.send(now(), Recorder()) == 0
    refused = admin.post(f"{address}/answer", json={"body": "Are you sure?"})
    assert (refused.status_code, refused.json["code"]) == (409, "suppressed")


def test_a_colleague_who_opted_out_is_not_answered_in_the_name_of_another(admin: FlaskClient, crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail("unsubscribe", sender="boss@navy.example.com", subject=""))
    mail = a_mail("What is it about?", in_reply_to=ours(crowd), sender="boss@navy.example.com")
    thread = receive(crowd.tenant, mail).thread_id
    assert admin.post(f"{THREADS}/{thread}/answer", json={"body": "Well …"}).json["code"] == "suppressed"


@pytest.mark.parametrize("body", [{"body": ""}, {"body": " \n "}, {}, {"body": "x", "to": "you"}, {"body": "a\x00b"}])
def test_an_answer_that_cannot_be_sent_is_refused(admin: FlaskClient, crowd: Crowd, body: dict[str, str]) -> None:
    assert admin.post(f"{answered(crowd)}/answer", json=body).status_code == 422


def test_without_a_mission_there_is_nothing_to_answer_with(admin: FlaskClient, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, email="grace@navy.example.com")
    thread = receive(tenant, a_mail()).thread_id
    refused = admin.post(f"{THREADS}/{thread}/answer", json={"body": "Hello"})
    assert (refused.status_code, refused.json["code"]) == (409, "cannot_answer")
    details = admin.get("/api/rex/todos").json["items"][0]["details"]
    assert details["can_be_sent"] is False
    assert details["draft"]["body"].startswith("Hello Grace")


def test_the_label_of_a_person_wins(admin: FlaskClient, crowd: Crowd) -> None:
    address = answered(crowd)
    thread = admin.post(f"{address}/label", json={"label": "objection_price"}).json
    assert (thread["label"], thread["entries"][-1]["labelled_by"][:4]) == ("objection_price", "key:")
    assert "fitting budget" in thread["draft"]["body"]
    assert admin.post(f"{address}/label", json={"label": "unclear"}).json["draft"] is None
    assert admin.post(f"{address}/label", json={"label": "in love"}).status_code == 422


def test_a_person_who_labels_an_opt_out_suppresses(admin: FlaskClient, crowd: Crowd) -> None:
    thread = admin.post(f"{answered(crowd)}/label", json={"label": "opt_out"}).json
    assert (thread["state"], thread["draft"]) == ("closed", None)
    assert column(crowd.tenant, "SELECT source FROM suppressions") == ["person"]


def test_a_closed_conversation_is_opened_by_the_next_answer(admin: FlaskClient, crowd: Crowd) -> None:
    address = answered(crowd)
    assert admin.post(f"{address}/close").json["state"] == "closed"
    assert column(crowd.tenant, "SELECT state || ' ' || reason FROM messages WHERE step_key LIKE 'answer:%'") == [
        "skipped rejected_by_person"
    ]
    assert admin.get("/api/rex/todos").json["items"] == []
    assert answered(crowd, "Are you still there?") == address
    assert admin.get(address).json["state"] == "open"


def test_an_answer_by_text_goes_by_text(admin: FlaskClient, tenant: UUID) -> None:
    crowd = a_crowd(tenant, provider="smtp", phone="+12025550143")
    with db.transaction(tenant) as session:
        number = an_inbox(session, tenant, channel="sms", provider="twilio", address="+12025550100")
        session.execute(
            text("UPDATE messages SET channel = 'sms', recipient = '+12025550143', inbox_id = :i, subject = ''"),
            {"i": number.id},
        )
        session.expunge_all()
    crowd.inbox = number
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE messages SET state = 'delivered', sent_at = :n WHERE position = 0"), {"n": NOON})
    thread = receive(tenant, a_text("Sure, let's talk")).thread_id
    draft = admin.get(f"{THREADS}/{thread}").json["draft"]
    assert (draft["subject"], draft["body"].startswith("Thank you, I would be glad")) == ("", True)
    admin.post(f"{THREADS}/{thread}/answer", json={"body": "At ten?", "subject": "ignored"})
    provider = Recorder()
    assert crowd.send(now(), provider) == 1
    assert (provider.sent[0].content.recipient, provider.sent[0].content.body) == ("+12025550143", "At ten?")


def test_the_booking_page_is_offered_where_there_is_one(admin: FlaskClient, crowd: Crowd) -> None:
    with db.transaction(crowd.tenant) as session:
        page = {"slug": "ada", "title": "Talk", "host_name": "Ada", "host_email": OURS, "timezone": "UTC", "hours": {}}
        session.add(BookingPage(tenant_id=crowd.tenant, **page))
    assert "/b/" in admin.get(answered(crowd)).json["draft"]["body"]


def test_a_person_says_who_wrote_and_it_counts_as_their_answer(admin: FlaskClient, crowd: Crowd) -> None:
    receive(crowd.tenant, a_mail("Yes, tell me more.", sender="private@elsewhere.example.net", subject=""))
    todo = admin.get("/api/rex/todos", query_string={"kind": "unmatched"}).json["items"][0]
    address = f"/api/rex/inbox/replies/{todo['details']['reply_id']}/place"
    thread = admin.post(address, json={"lead_id": str(crowd.leads[0].id)}).json
    assert (thread["lead_id"], thread["label"]) == (str(crowd.leads[0].id), "interested")
    assert thread["entries"][-1]["matched_by"] == "person"
    assert column(crowd.tenant, "SELECT reason FROM enrolments") == ["suppressed_reply"]
    assert admin.get("/api/rex/todos", query_string={"kind": "unmatched"}).json["items"] == []
    assert admin.post(address, json={"lead_id": str(crowd.leads[0].id)}).status_code == 409
    assert admin.post(address, json={"lead_id": str(uuid4())}).status_code == 404


def test_a_viewer_reads_and_changes_nothing(someone: Someone, crowd: Crowd) -> None:
    address, viewer = answered(crowd), someone(crowd.tenant, Role.VIEWER)
    assert viewer.get(address).status_code == 200
    for act, body in (("label", {"label": "meeting"}), ("answer", {"body": "x"}), ("close", None)):
        assert viewer.post(f"{address}/{act}", json=body).status_code == 403


def test_another_tenant_sees_and_changes_nothing(someone: Someone, crowd: Crowd, other_tenant: UUID) -> None:
    address, other = answered(crowd), someone(other_tenant)
    before = column(crowd.tenant, "SELECT t::text FROM threads AS t")
    assert other.get(THREADS).json["items"] == []
    assert other.get(address).status_code == 404
    for act, body in (("label", {"label": "meeting"}), ("answer", {"body": "x"}), ("close", None)):
        assert other.post(f"{address}/{act}", json=body).status_code == 404
    assert other.get("/api/rex/todos").json["items"] == []
    (todo,) = column(crowd.tenant, "SELECT id FROM todos")
    for act, body in (("done", None), ("dismiss", None), ("assign", {"assignee": "me"})):
        assert other.post(f"/api/rex/todos/{todo}/{act}", json=body).status_code == 404
    (reply,) = column(crowd.tenant, "SELECT id FROM replies")
    lead = {"lead_id": str(crowd.leads[0].id)}
    assert other.post(f"/api/rex/inbox/replies/{reply}/place", json=lead).status_code == 404
    assert column(crowd.tenant, "SELECT t::text FROM threads AS t") == before
    assert column(crowd.tenant, "SELECT state FROM todos") == ["open"]


def test_the_to_do_list_is_closed_over_http(admin: FlaskClient, crowd: Crowd) -> None:
    answered(crowd)
    todo = admin.get("/api/rex/todos").json["items"][0]
    assigned = admin.post(f"/api/rex/todos/{todo['id']}/assign", json={"assignee": "bob@acme.example.com"}).json
    assert assigned["assigned_to"] == "bob@acme.example.com"
    closed = admin.post(f"/api/rex/todos/{todo['id']}/dismiss").json
    assert (closed["state"], closed["done_by"][:4]) == ("dismissed", "key:")
    assert admin.post(f"/api/rex/todos/{todo['id']}/done").status_code == 409
    assert admin.get("/api/rex/todos", query_string={"state": "dismissed"}).json["items"][0]["id"] == todo["id"]
