"""A person answered: whatever sends itself to them ends, on every channel, and somebody is asked to answer them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from rex_celery import bus
from rex_celery.compliance import stops
from rex_celery.events import ReplyReceived
from rex_celery.integrations.base import ProviderEvent
from rex_celery.outreach import arrivals, asking, companies, facts, matching, opting_out, threads, todos
from rex_celery.outreach.arrivals import ArrivalKind, Intake, Received
from rex_celery.outreach.asking import Answer
from rex_celery.outreach.labels import Label
from rex_celery.outreach.matching import Match, MatchedBy
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing

# Whoever sends holds this lock when it looks for the last time, so an answer and a send stand in one order.
_LOCK = text("""
SELECT FROM enrolments WHERE (lead_id = ANY(CAST(:leads AS uuid[])) AND state = 'active')
  OR id = (SELECT enrolment_id FROM messages WHERE id = :message) ORDER BY id FOR UPDATE
""")
_MISSION = text("SELECT mission_id FROM threads WHERE id = :thread")


@dataclass(frozen=True, slots=True)
class People:
    """Who answered, and their colleagues who are on their way through a sequence too."""

    answered: tuple[UUID, ...]
    colleagues: tuple[UUID, ...]


def take(intake: Intake, matches: Sequence[Match], also: Collection[UUID] = (), word_of_provider: str = "") -> Received:
    """Take in an answer of the first of these people; the others, who share a number or wrote it, are stopped too.

    ``word_of_provider``: the provider says that it is an opt-out.
    """
    match = matches[0]
    people = _lock(intake, {one.lead_id for one in matches} | set(also), match.message_id)
    reading = opting_out.read(intake.arrival, word_of_provider)
    kept = arrivals.keep(intake, ArrivalKind.REPLY, match, reading)
    if kept is None:
        return arrivals.stored_meanwhile(intake)
    return _effect(intake, kept, match, people, word_of_provider)


def place(intake: Intake, reply_id: UUID, lead_id: UUID) -> Received:
    """Take an answer that is stored already as this person's, because somebody of us knows that it is."""
    match = matching.of_person(intake.session, MatchedBy.PERSON, lead_id, intake.arrival.channel)
    people = _lock(intake, {lead_id}, match.message_id)
    arrivals.adopt(intake.session, reply_id, match)
    return _effect(intake, reply_id, match, people)


def _effect(intake: Intake, reply_id: UUID, match: Match, people: People, word_of_provider: str = "") -> Received:
    session, tenant_id = intake.session, intake.tenant_id
    reading = opting_out.read(intake.arrival, word_of_provider)
    thread_id = threads.of(session, tenant_id, intake.arrival, match)
    arrivals.place(session, reply_id, thread_id)
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
        asking.ask(session, tenant_id, said, intake.now)
    _tell(intake, thread_id, match, reading.label)
    return Received(ArrivalKind.REPLY, match.lead_id, thread_id, reading.label)


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
    mission = intake.session.execute(_MISSION, {"thread": thread_id}).scalar_one()
    told = ReplyReceived(mission, match.lead_id, thread_id, intake.arrival.channel, label)
    bus.publish(intake.session, intake.tenant_id, told)
