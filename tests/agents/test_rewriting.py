"""Moving people to another version of their sequence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.agents import rewriting
from rex_celery.agents.written import id_of
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.models import Enrolment, Mission, Sequence
from rex_celery.outreach import migration, sequence_edits
from rex_celery.outreach.migration import Ask
from rex_celery.outreach.sequence_edits import Edit, New
from rex_celery.vocabulary import Channel
from tests.factories import a_lead, a_message, a_mission, an_enrolment, an_inbox, an_outcome

ME = "user:ada@acme.example.com"
NOW = datetime(2026, 6, 2, 9, tzinfo=UTC)
SENDER = {"name": "Ada Park", "email": "ada@acme.example.com", "postal_address": "1 Main Street, Springfield"}
PARAMS = {"sender": SENDER, "offer": "a 20-minute energy audit", "framework": None}


def mail(key: str, day: int, body: str = "Old words, {{ first_name }}.", subject: str = "") -> dict[str, Any]:
    return {"key": key, "channel": "email", "day": day, "body": body, "subject": subject}


OLD = [mail("a", 0, subject="Still open?"), mail("b", 3), mail("c", 6)]
NEW = [
    mail("a", 0, subject="Still open?"),
    mail("b", 5, "New words, {{ first_name }}."),
    {"key": "text", "channel": "sms", "day": 6, "body": "Hi. Reply STOP to opt out."},
    mail("d", 9, "One more thing."),
]


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


class Course:
    """A sequence with two versions and a mission whose people go through the first."""

    def __init__(self, tenant: UUID, new: list[dict[str, Any]] = NEW, autonomy: str = "auto") -> None:
        self.tenant = tenant
        with db.transaction(tenant) as session:
            self.id = sequence_edits.create(session, tenant, New("Spring", OLD), actor=ME)
            sequence_edits.add_version(session, tenant, self.id, Edit(new, 1), actor=ME)
            self.mission = a_mission(session, tenant, params=PARAMS, autonomy=autonomy)
            self.inbox = an_inbox(session, tenant, provider="smtp").id
        self.ask = Ask(self.id, 1, 2)

    def person(self, *states: str, **fields: object) -> UUID:
        """Somebody whose messages of the old version are in these states; the first was sent three days ago."""
        with db.transaction(self.tenant) as session:
            lead = a_lead(session, self.tenant, first_name="Ida", phone="+12025550143", **fields)
            an_outcome(session, self.mission, lead)
            sequence = session.get(Sequence, self.id)
            assert sequence
            enrolment = an_enrolment(session, self.mission, lead, sequence, started_at=NOW - timedelta(days=3))
            for position, (step, state) in enumerate(zip(OLD, states, strict=True)):
                self._message(session, enrolment, lead, (position, step["key"], state))
            return enrolment.id

    def _message(self, session: Any, enrolment: Enrolment, lead: Any, known: tuple[int, str, str]) -> None:
        position, key, state = known
        sent = NOW - timedelta(days=3) if state not in {"planned", "skipped"} else None
        a_message(
            session,
            self.mission,
            lead,
            id=id_of(self.mission.id, lead.id, key, Channel.EMAIL),
            enrolment_id=enrolment.id,
            position=position,
            step_key=key,
            state=state,
            reason="content_too_long" if state == "skipped" else None,
            inbox_id=self.inbox,
            sent_at=sent,
            delivered_at=sent,
            run_after=NOW if position == 1 else None,
        )

    def migrate(self) -> rewriting.Moved:
        return rewriting.migrate(self.tenant, self.ask, ME)

    def messages(self, enrolment: UUID) -> dict[str, Any]:
        query = text("SELECT * FROM messages WHERE enrolment_id = :id ORDER BY position, step_key")
        with db.transaction(self.tenant) as session:
            return {row.step_key: row for row in session.execute(query, {"id": enrolment})}

    def enrolment(self, enrolment: UUID) -> Any:
        with db.transaction(self.tenant) as session:
            return session.execute(text("SELECT * FROM enrolments WHERE id = :id"), {"id": enrolment}).one()


@pytest.fixture
def course(tenant: UUID) -> Course:
    return Course(tenant)


def test_what_left_stays_and_the_rest_is_written_anew(course: Course) -> None:
    person = course.person("delivered", "planned", "planned")
    assert course.migrate() == rewriting.Moved(1, 0, [])
    found = course.messages(person)

    assert {key: (one.state, one.reason) for key, one in found.items()} == {
        "a": ("delivered", None),
        "b": ("planned", None),
        "c": ("skipped", "replaced_by_version"),
        "text": ("skipped", "no_consent_sms"),
        "d": ("planned", None),
    }
    assert found["a"].subject == "Shall we pick this up again?"
    assert found["b"].body.startswith("New words, Ida.")
    assert "1 Main Street" in found["b"].body
    assert [found[key].position for key in ("a", "b", "text", "d")] == [0, 1, 2, 3]
    assert found["b"].inbox_id == found["d"].inbox_id == course.inbox


def test_the_next_message_waits_as_the_new_version_says(course: Course) -> None:
    person = course.person("delivered", "planned", "planned")
    course.migrate()
    found = course.messages(person)

    assert found["b"].run_after == NOW + timedelta(days=2)
    assert found["d"].run_after is None


def test_the_enrolment_is_pinned_to_the_new_version_and_adds_up(course: Course) -> None:
    person = course.person("delivered", "planned", "planned")
    course.migrate()
    found = course.enrolment(person)

    assert (found.version, found.state) == (2, "active")
    assert (found.planned, found.sent, found.pending, found.skipped) == (5, 1, 2, 2)


def test_nothing_that_left_or_ended_is_written_again_whatever_the_new_version_says(tenant: UUID) -> None:
    course = Course(tenant, [mail("a", 0, "Other words.", "Other"), mail("c", 1, "Other."), mail("b", 2, "Other.")])
    person = course.person("replied", "skipped", "planned")
    before = course.messages(person)
    course.migrate()
    found = course.messages(person)

    assert found["a"] == before["a"]
    assert (found["b"].state, found["b"].body) == (before["b"].state, before["b"].body)
    assert found["c"].body.startswith("Other.")


def test_the_same_again_changes_nothing_and_back_again_takes_up_what_was_dropped(course: Course) -> None:
    person = course.person("delivered", "planned", "planned")
    course.migrate()
    after = course.messages(person)
    assert course.migrate() == rewriting.Moved(0, 0, [])
    assert course.messages(person) == after
    rewriting.migrate(course.tenant, Ask(course.id, 2, 1), ME)
    found = course.messages(person)
    assert {key: one.state for key, one in found.items()} == {
        "a": "delivered",
        "b": "planned",
        "c": "planned",
        "text": "skipped",
        "d": "skipped",
    }
    assert found["b"].body.startswith("Old words, Ida.")
    assert course.enrolment(person).pending == 2


def test_who_cannot_be_placed_stays_and_is_counted(tenant: UUID) -> None:
    course = Course(tenant, [mail("x", 0, subject="New"), mail("b", 4)])
    lost = course.person("delivered", "planned", "planned")
    busy = course.person("planned", "claimed", "planned")
    moved = course.person("planned", "planned", "planned")
    before = course.messages(lost)
    found = course.migrate()

    assert (found.moved, found.stayed) == (1, 2)
    assert {problem.partition(":")[0] for problem in found.problems} == {"1 stay with their version"}
    assert [course.enrolment(one).version for one in (lost, busy, moved)] == [1, 1, 2]
    assert course.messages(lost) == before


def test_a_preview_tells_what_a_move_then_does(course: Course) -> None:
    course.person("delivered", "planned", "planned")
    course.person("planned", "planned", "planned")
    with db.transaction(course.tenant) as session:
        shown = migration.preview(session, course.ask)

    assert (shown.enrolments, shown.moving, shown.staying, shown.problems) == (2, 2, 0, [])
    counts = {one.key: (one.kept, one.replaced, one.added, one.dropped) for one in shown.steps}
    assert counts == {"a": (1, 1, 0, 0), "b": (0, 2, 0, 0), "text": (0, 0, 2, 0), "d": (0, 0, 2, 0), "c": (0, 0, 0, 2)}
    assert course.migrate().moved == shown.moving


def test_new_words_need_a_new_approval(tenant: UUID) -> None:
    course = Course(tenant, autonomy="approve_first_n")
    person = course.person("delivered", "planned", "planned")
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE messages SET approved_at = :now"), {"now": NOW})
    course.migrate()
    found = course.messages(person)

    assert {key: (found[key].wait_reason, found[key].approved_at) for key in ("b", "d")} == {
        "b": ("waiting_approval", None),
        "d": ("waiting_approval", None),
    }


def test_what_a_person_of_ours_is_to_do_needs_no_approval(tenant: UUID) -> None:
    todo = {"key": "call", "channel": "email", "day": 2, "body": "Call {{ first_name }}.", "todo": True}
    course = Course(tenant, [*OLD[:1], todo], autonomy="approve_first_n")
    person = course.person("delivered", "planned", "planned")
    course.migrate()
    made = course.messages(person)["call"]

    assert (made.framework, made.body, made.wait_reason) == ("todo", "Call Ida.", "waiting_not_due")


def test_words_that_are_not_fit_to_be_sent_are_held_back(tenant: UUID) -> None:
    course = Course(tenant, [*OLD[:1], mail("b", 4, "Act now! This is it."), mail("d", 5, "Fine.")])
    person = course.person("delivered", "planned", "planned")
    course.migrate()

    assert course.messages(person)["b"].reason == "content_spam_phrase"
    assert course.messages(person)["d"].state == "planned"


def test_only_those_on_this_version_who_are_still_on_their_way_move(course: Course) -> None:
    person = course.person("delivered", "planned", "planned")
    with db.transaction(course.tenant) as session:
        session.execute(text("UPDATE enrolments SET state = 'stopped', reason = 'suppressed_reply'"))
    assert course.migrate().moved == 0
    assert course.enrolment(person).version == 1


def test_what_is_claimed_in_the_meantime_is_not_touched(course: Course) -> None:
    """The mover waits for the sender's lock, and then sees the claim."""
    person = course.person("delivered", "planned", "planned")
    with ThreadPoolExecutor(1) as other:
        with db.transaction(course.tenant) as session:
            session.execute(text("SELECT FROM enrolments WHERE id = :id FOR NO KEY UPDATE"), {"id": person})
            moving = other.submit(course.migrate)
            while not session.execute(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")).scalar():
                assert not moving.done()
            session.execute(text("UPDATE messages SET state = 'claimed' WHERE step_key = 'b'"))
        assert moving.result().stayed == 1
    assert course.messages(person)["b"].body == "Hello Grace,\n\nYou asked us about reporting in May.\n"


def test_many_people_move_in_several_transactions(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "AT_ONCE", 2)
    people = [course.person("delivered", "planned", "planned") for _ in range(5)]

    assert course.migrate().moved == 5
    assert {course.enrolment(one).version for one in people} == {2}


def test_a_version_that_is_not_there_or_the_same_is_refused(course: Course, other_tenant: UUID) -> None:
    with pytest.raises(NotFoundError):
        rewriting.migrate(course.tenant, Ask(course.id, 1, 3), ME)
    with pytest.raises(InvalidError, match="same"):
        rewriting.migrate(course.tenant, Ask(course.id, 1, 1), ME)
    with pytest.raises(NotFoundError):
        rewriting.migrate(other_tenant, course.ask, ME)


def test_the_move_is_noted_with_its_numbers(course: Course) -> None:
    course.person("delivered", "planned", "planned")
    course.migrate()
    with db.transaction(course.tenant) as session:
        noted = session.execute(text("SELECT details FROM audit WHERE action = 'sequence.migrated'")).scalar_one()
    assert noted == {"from": 1, "to": 2, "moved": 1, "stayed": 0}


def test_missions_of_their_own_params_write_for_their_own_people(tenant: UUID) -> None:
    course = Course(tenant)
    with db.transaction(tenant) as session:
        second: Mission = a_mission(
            session, tenant, params=PARAMS | {"sender": SENDER | {"postal_address": "2 Side Street, Salem"}}
        )
    first = course.person("delivered", "planned", "planned")
    course.mission = second
    other = course.person("delivered", "planned", "planned")
    assert course.migrate().moved == 2
    assert "1 Main Street" in course.messages(first)["b"].body
    assert "2 Side Street" in course.messages(other)["b"].body
