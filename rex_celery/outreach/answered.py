"""A person answered: whatever sends itself to them ends, on every channel, and somebody is asked to answer them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus
from rex_celery.compliance import stops
from rex_celery.events import ReplyReceived
from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach import arrivals, companies, facts, opting_out, proposals, threads, todos
from rex_celery.outreach.arrivals import ArrivalKind, Intake, Received
from rex_celery.outreach.labels import Label
from rex_celery.outreach.matching import Match
from rex_celery.outreach.todo_views import TodoKind, TodoState
from rex_celery.outreach.todos import Closing, NewTodo

# Whoever sends holds this lock when it looks for the last time, so an answer and a send stand in one order.
_LOCK = text("""
SELECT FROM enrolments WHERE (lead_id = ANY(CAST(:leads AS uuid[])) AND state = 'active')
  OR id = (SELECT enrolment_id FROM messages WHERE id = :message) ORDER BY id FOR UPDATE
""")
_THREAD = text("""
SELECT t.mission_id, t.lead_id, concat_ws(' ', l.first_name, l.last_name) AS name, l.email, l.phone, l.company
FROM threads AS t JOIN leads AS l ON l.id = t.lead_id WHERE t.id = :thread
""")
_LONGEST_SHOWN = 5_000


@dataclass(frozen=True, slots=True)
class People:
    """Who answered, and their colleagues who are on their way through a sequence too."""

    answered: tuple[UUID, ...]
    colleagues: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person is asked to answer: who wrote which words, and what they seem to want."""

    thread_id: UUID
    sender: str
    words: str
    label: Label
    confidence: float


def take(intake: Intake, matches: Sequence[Match], also: Collection[UUID] = (), word_of_provider: str = "") -> Received:
    """Take in an answer of the first of these people; the others, who share a number or wrote it, are stopped too.

    ``word_of_provider``: the provider says that it is an opt-out.
    """
    match, session, tenant_id = matches[0], intake.session, intake.tenant_id
    people = _lock(intake, {one.lead_id for one in matches} | set(also), match.message_id)
    reading = opting_out.read(intake.arrival, word_of_provider)
    kept = arrivals.keep(intake, ArrivalKind.REPLY, match, reading)
    if kept is None:
        return arrivals.stored_meanwhile(intake)
    thread_id = threads.of(session, tenant_id, intake.arrival, match)
    arrivals.place(session, kept, thread_id)
    threads.touch(session, tenant_id, thread_id, intake.arrival, reading.label)
    if reading.label is Label.OPT_OUT:
        # Before the plain stop, so that this is the reason that is kept.
        opting_out.take(intake, people.answered, word_of_provider)
    _stop(intake, people)
    _note(intake, match)
    if reading.label is Label.OPT_OUT:
        todos.close_thread(session, tenant_id, thread_id, Closing(TodoState.DISMISSED, "rex", intake.now))
    else:
        said = Answer(thread_id, intake.arrival.sender, intake.arrival.words, reading.label, reading.confidence)
        ask(session, tenant_id, said, intake.now)
    _tell(intake, thread_id, match, reading.label)
    return Received(ArrivalKind.REPLY, match.lead_id, thread_id, reading.label)


def ask(session: Session, tenant_id: UUID, answer: Answer, now: datetime) -> None:
    """Propose an answer and put the thread on the to-do list."""
    thread = session.execute(_THREAD, {"thread": answer.thread_id}).one()
    who = thread.name or thread.email or thread.phone or answer.sender
    proposal = proposals.propose(session, answer.thread_id, answer.label)
    details: dict[str, object] = {"label": answer.label, "confidence": answer.confidence, "from": answer.sender}
    if proposal:
        details["draft"] = {"subject": proposal.subject, "body": proposal.body}
        details["can_be_sent"] = proposal.message_id is not None
    todo = NewTodo(
        TodoKind.ANSWER,
        f"Answer {who}{f' at {thread.company}' if thread.company else ''}",
        answer.words[:_LONGEST_SHOWN],
        details,
        lead_id=thread.lead_id,
        mission_id=thread.mission_id,
        thread_id=answer.thread_id,
    )
    todos.create_or_rewrite(session, tenant_id, todo, now)


def _lock(intake: Intake, answered: Collection[UUID], message_id: UUID | None) -> People:
    """Lock the sequences of everybody whom the answer stops, before anything else is changed."""
    session, tenant_id = intake.session, intake.tenant_id
    others = {one for lead in answered for one in companies.colleagues(session, tenant_id, lead)} - set(answered)
    people = People(tuple(sorted(answered)), tuple(sorted(others)))
    session.execute(_LOCK, {"leads": [*people.answered, *people.colleagues], "message": message_id})
    return people


def _stop(intake: Intake, people: People) -> None:
    """End what sends itself to them and, as their campaigns say, to their colleagues."""
    session, tenant_id, now = intake.session, intake.tenant_id, intake.now
    stops.stop_people(session, tenant_id, people.answered, "suppressed_reply", now)
    stops.stop_people(session, tenant_id, people.colleagues, "company_replied", now)


def _note(intake: Intake, match: Match) -> None:
    """Let the ledger know that the message was answered."""
    if match.message_id is None:
        return
    arrival = intake.arrival
    event_id = f"{arrival.channel}:{arrival.external_id}"
    told = ProviderEvent("reply", event_id, "replied", "inbound", arrival.at, match.message_id)
    facts.store(intake.session, intake.tenant_id, [told], intake.now)


def _tell(intake: Intake, thread_id: UUID, match: Match, label: Label) -> None:
    mission = intake.session.execute(_THREAD, {"thread": thread_id}).one().mission_id
    told = ReplyReceived(mission, match.lead_id, thread_id, intake.arrival.channel, label)
    bus.publish(intake.session, intake.tenant_id, told)
