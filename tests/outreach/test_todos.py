"""What a person must do is put on the list once, closed once, and has its consequence."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.models import Enrolment, Message
from rex_celery.outreach import todo_views, todos
from rex_celery.outreach.todo_views import TodoKind, TodoState
from rex_celery.outreach.todos import NewTodo
from tests.factories import a_lead, a_message, a_mission, a_sequence, a_thread, an_enrolment, an_inbox

NOW = datetime(2026, 6, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def by_hand(tenant: UUID) -> Message:
    """A LinkedIn message that somebody was asked to send, with an e-mail after it."""
    with db.transaction(tenant) as session:
        lead, mission = a_lead(session, tenant), a_mission(session, tenant)
        link = {"key": "link", "channel": "linkedin", "day": 0, "body": "Hello."}
        mail = {"key": "mail", "channel": "email", "day": 2, "subject": "Once more", "body": "Hello."}
        enrolment = an_enrolment(session, mission, lead, a_sequence(session, tenant, link, mail))
        inbox = an_inbox(session, tenant, channel="linkedin", provider="manual")
        owner = {"enrolment_id": enrolment.id}
        waiting = {"wait_reason": "waiting_linkedin_task", "claimed_at": NOW - timedelta(hours=1), "provider": "manual"}
        asked = a_message(
            session,
            mission,
            lead,
            channel="linkedin",
            step_key="link",
            position=0,
            inbox_id=inbox.id,
            **owner,
            **waiting,
        )
        a_message(session, mission, lead, step_key="mail", position=1, **owner)
        return asked


def a_task(message: Message) -> UUID:
    with db.transaction(message.tenant_id) as session:
        todo = NewTodo(TodoKind.LINKEDIN_TASK, "Write to Grace", body="Hello.", message_id=message.id)
        made = todos.create(session, message.tenant_id, todo, NOW)
        assert made
        assert todos.create(session, message.tenant_id, todo, NOW) is None
        return made


def close(tenant: UUID, todo: UUID, state: TodoState) -> todo_views.Todo:
    with db.transaction(tenant) as session:
        return todos.close(session, tenant, todo, state, "user:ada@acme.example.com", NOW)


def messages(tenant: UUID) -> dict[str, tuple[str, str | None, bool]]:
    asked = "SELECT step_key, state, reason, run_after IS NOT NULL AS due FROM messages"
    with db.transaction(tenant) as session:
        return {row.step_key: (row.state, row.reason, row.due) for row in session.execute(text(asked))}


def test_a_task_that_was_done_is_a_message_that_was_sent(tenant: UUID, by_hand: Message) -> None:
    closed = close(tenant, a_task(by_hand), TodoState.DONE)
    assert (closed.state, closed.done_at, closed.done_by) == ("done", NOW, "user:ada@acme.example.com")
    assert messages(tenant) == {"link": ("accepted", None, False), "mail": ("planned", None, True)}


def test_a_task_that_was_dismissed_is_a_message_that_was_skipped(tenant: UUID, by_hand: Message) -> None:
    close(tenant, a_task(by_hand), TodoState.DISMISSED)
    assert messages(tenant)["link"][:2] == ("skipped", "linkedin_task_dismissed")
    with db.transaction(tenant) as session:
        enrolment = session.get_one(Enrolment, by_hand.enrolment_id)
        assert (enrolment.planned, enrolment.skipped, enrolment.pending) == (2, 1, 1)


def test_a_task_whose_message_was_taken_back_can_still_be_closed(tenant: UUID, by_hand: Message) -> None:
    todo = a_task(by_hand)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE messages SET state = 'suppressed', reason = 'suppressed_opt_out'"))
    close(tenant, todo, TodoState.DONE)
    assert messages(tenant)["link"][:2] == ("suppressed", "suppressed_opt_out")


def test_closing_twice_changes_nothing_and_closing_otherwise_is_refused(tenant: UUID, by_hand: Message) -> None:
    todo = a_task(by_hand)
    first = close(tenant, todo, TodoState.DONE)
    assert close(tenant, todo, TodoState.DONE) == first
    with pytest.raises(ConflictError, match="already: done"):
        close(tenant, todo, TodoState.DISMISSED)
    with db.transaction(tenant) as session:
        said = session.scalars(text("SELECT type FROM events WHERE type LIKE 'todo.%' ORDER BY seq")).all()
        assert said == ["todo.created", "todo.closed"]
        assert session.scalars(text("SELECT action FROM audit")).all() == ["todo.done"]


def test_an_approved_message_is_due_and_a_refused_one_is_not_sent(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, kind = a_mission(session, tenant), TodoKind.APPROVE_MESSAGE
        rows = [
            a_message(session, mission, a_lead(session, tenant), wait_reason="waiting_approval", step_key=key)
            for key in ("good", "bad")
        ]
        made = [todos.create(session, tenant, NewTodo(kind, "Look", message_id=row.id), NOW) for row in rows]
        for todo, state in zip(made, (TodoState.DONE, TodoState.DISMISSED), strict=True):
            assert todo
            todos.close(session, tenant, todo, state, "test", NOW)
    assert messages(tenant) == {"good": ("planned", None, True), "bad": ("skipped", "rejected_by_person", False)}


def test_a_thread_has_one_open_thing_of_a_kind(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        thread = a_thread(session, tenant, a_lead(session, tenant))
        first = NewTodo(TodoKind.ANSWER, "Answer Grace", body="Yes.", thread_id=thread.id, details={"label": "meeting"})
        made = todos.create_or_rewrite(session, tenant, first, NOW)
        assert made
        todos.assign(session, tenant, made, "bob@acme.example.com", "test")
        newer = NewTodo(TodoKind.ANSWER, "Answer Grace", body="No.", thread_id=thread.id, details={"label": "unclear"})
        assert todos.create_or_rewrite(session, tenant, newer, NOW) == made
        shown = todo_views.get(session, tenant, made)
        assert (shown.body, shown.details["label"], shown.assigned_to) == ("No.", "unclear", "bob@acme.example.com")
        todos.close(session, tenant, made, TodoState.DONE, "test", NOW)
        assert session.execute(text("SELECT state FROM threads")).scalar_one() == "answered"
        assert todos.create_or_rewrite(session, tenant, newer, NOW) != made


def test_the_list_goes_from_old_to_new_in_parts(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        for hour in range(3):
            todo = NewTodo(TodoKind.UNMATCHED, f"Look at {hour}")
            todos.create(session, tenant, todo, NOW + timedelta(hours=hour))
        first = todo_views.page(session, limit=2)
        rest = todo_views.page(session, limit=2, cursor=first.next_cursor)
        assert [one.title for one in (*first.items, *rest.items)] == ["Look at 0", "Look at 1", "Look at 2"]
        assert rest.next_cursor is None
        assert todo_views.page(session, kind=TodoKind.ANSWER).items == []


def test_nobody_closes_what_is_not_theirs(tenant: UUID, other_tenant: UUID, by_hand: Message) -> None:
    todo = a_task(by_hand)
    with db.transaction(other_tenant) as session, pytest.raises(NotFoundError):
        todos.close(session, other_tenant, todo, TodoState.DONE, "test", NOW)
