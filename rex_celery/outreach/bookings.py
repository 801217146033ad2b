"""A booked meeting stops everything else that was to be sent to the person; a cancelled one is somebody's turn."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.compliance import stops
from rex_celery.errors import InvalidError, NotFoundError, Problem
from rex_celery.integrations import calendly
from rex_celery.leads import identity, timezones
from rex_celery.leads.identity import InvalidValueError
from rex_celery.meetings import booking, holding, links, outside, schedule, tokens
from rex_celery.meetings.booking import Invitee
from rex_celery.meetings.holding import Wish
from rex_celery.meetings.outside import Applied, Change
from rex_celery.meetings.schedule import Meeting
from rex_celery.meetings.tokens import Invitation
from rex_celery.outreach import todos
from rex_celery.outreach.todo_views import TodoKind
from rex_celery.outreach.todos import NewTodo

REASON = "meeting_booked"
# The link names a lead; whoever fills in the form may be another one, or the same under another address.
_PEOPLE = text("""
SELECT id FROM leads WHERE id = CAST(:lead AS uuid) OR email = :email
ORDER BY id IS NOT DISTINCT FROM CAST(:lead AS uuid) DESC, id
""")
_LAST_MISSION = text("""
SELECT mission_id FROM messages WHERE lead_id = :lead AND sent_at IS NOT NULL ORDER BY sent_at DESC, id LIMIT 1
""")
_MISSION = text("SELECT id FROM missions WHERE id = :mission")


@dataclass(frozen=True, slots=True)
class Visitor:
    """What somebody wrote into the form of a booking page."""

    name: str
    email: str
    timezone: str = ""


def book_on_page(session: Session, given: Invitation, visitor: Visitor, wish: Wish, now: datetime) -> Meeting:
    """Book a time on our own page and stop whatever else waits for this person.

    Raises:
        InvalidError: with everything that is wrong with the form.
        NotFoundError: the page is gone.
        ConflictError: the time is not free any more, or the person has several coming meetings.

    """
    name, email = _checked(visitor)
    page = holding.hold(session, given.page_id, wish, now)
    told = Invitee(name, email, timezones.stated(visitor.timezone).name)
    invitee, people = _known(session, told, given.lead_id, given.mission_id)
    # Before the meeting is stored: sequences are locked first, as everywhere.
    stops.stop_people(session, given.tenant_id, people, REASON, now)
    return booking.book(session, given.tenant_id, page, invitee, wish.start, now)


def cancel(session: Session, tenant_id: UUID, meeting_id: UUID, note: str, now: datetime) -> Meeting:
    """Call a meeting off. The sequence does not begin again: somebody should ask the person what they would like.

    Raises:
        NotFoundError, ConflictError: as ``meetings.booking.cancel``.

    """
    meeting, done = booking.cancel(session, tenant_id, meeting_id, note, now)
    if done:
        _ask_somebody(session, tenant_id, meeting, now)
    return meeting


def apply_calendly(session: Session, tenant_id: UUID, payload: dict[str, Any], now: datetime) -> Applied:
    """Apply one of Calendly's webhooks; the same again, or a half of a move before the other, does no harm.

    Raises:
        ProviderRejectedError: it cannot be read.

    """
    event = calendly.read(payload)
    if event is None:
        return Applied(Change.NOTHING)
    outside.lock(session, tenant_id)
    told = Invitee(event.name or event.email, event.email, timezones.stated(event.timezone or "").name)
    invitee, people = _known(session, told, *_person(tenant_id, event.person))
    if event.kind == calendly.CREATED:
        stops.stop_people(session, tenant_id, people, REASON, now)
    applied = outside.apply(session, tenant_id, event, invitee, now)
    if applied.change is Change.CANCELLED and applied.meeting_id:
        _ask_somebody(session, tenant_id, schedule.get(session, applied.meeting_id), now)
    return applied


def _known(
    session: Session, told: Invitee, lead_id: UUID | None, mission_id: UUID | None
) -> tuple[Invitee, list[UUID]]:
    """The invitee as the lead that it is and the mission that wrote to it, and every lead that this person may be."""
    people = list(session.scalars(_PEOPLE, {"lead": lead_id, "email": told.email}))
    if not people:
        return told, people
    mission = session.scalar(_MISSION, {"mission": mission_id}) if mission_id else None
    mission = mission or session.scalar(_LAST_MISSION, {"lead": people[0]})
    return Invitee(told.name, told.email, told.timezone, people[0], mission), people


def _person(tenant_id: UUID, word: str) -> tuple[UUID | None, UUID | None]:
    """Lead and mission by the word that our link gave to Calendly; a bare id of a lead will do, others mean nobody."""
    try:
        known = tokens.read_person(word, links.secret())
    except NotFoundError:
        try:
            return UUID(word), None
        except ValueError:
            return None, None
    return (known.lead_id, known.mission_id) if known.tenant_id == tenant_id else (None, None)


def _ask_somebody(session: Session, tenant_id: UUID, meeting: Meeting, now: datetime) -> None:
    when = f"{meeting.starts_at:%Y-%m-%d %H:%M} UTC"
    todo = NewTodo(
        TodoKind.MEETING,
        f"{meeting.invitee_name} cancelled the meeting of {when}",
        meeting.note or "",
        details={"meeting_id": str(meeting.id), "starts_at": meeting.starts_at.isoformat()},
        lead_id=meeting.lead_id,
        mission_id=meeting.mission_id,
    )
    todos.create(session, tenant_id, todo, now)


def _checked(visitor: Visitor) -> tuple[str, str]:
    name, problems = " ".join(visitor.name.split()), []
    if not name:
        problems.append(Problem("name", "is missing", "your name"))
    try:
        email = identity.email(visitor.email)
    except InvalidValueError:
        email = ""
        problems.append(Problem("email", "is no e-mail address", "an address such as grace@example.com"))
    if problems:
        raise InvalidError("The form is not complete.", code="bad_form", problems=tuple(problems))
    return name, email
