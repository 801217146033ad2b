"""Mail that no person wrote: never an answer, but it may say that somebody is away, or has left."""

from uuid import UUID

from sqlalchemy import text

from rex_celery.compliance import stops
from rex_celery.integrations import out_of_office
from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach import arrivals, away, mail_sorting, todos
from rex_celery.outreach.arrivals import ArrivalKind, Intake, Received
from rex_celery.outreach.classification import Reading
from rex_celery.outreach.labels import Label
from rex_celery.outreach.mail_sorting import Author
from rex_celery.outreach.matching import Match
from rex_celery.outreach.todo_views import TodoKind
from rex_celery.outreach.todos import NewTodo

_LOCK = text("SELECT FROM enrolments WHERE lead_id = :lead AND state = 'active' ORDER BY id FOR UPDATE")
_NAME = text("SELECT coalesce(nullif(concat_ws(' ', first_name, last_name), ''), email) FROM leads WHERE id = :lead")
_LONGEST_SHOWN = 5_000


def take(intake: Intake, mail: InboundEmail, match: Match | None, author: Author) -> Received:
    """Keep it, and do what its news asks for; nobody ever answers it by a machine of ours."""
    sure = match if match and match.is_sure else None
    if sure:
        intake.session.execute(_LOCK, {"lead": sure.lead_id})
    is_away = author is Author.AWAY and sure is not None
    kind = ArrivalKind.OUT_OF_OFFICE if is_away else ArrivalKind.AUTOMATIC
    label = Label.OUT_OF_OFFICE if is_away else Label.AUTOMATIC
    if arrivals.keep(intake, kind, match, Reading(label, 1.0, f"written_by_{author}")) is None:
        return arrivals.stored_meanwhile(intake)
    if sure and is_away:
        back = out_of_office.return_date(mail_sorting.own_words(mail), intake.arrival.at)
        away.rest(intake.session, intake.tenant_id, sure.lead_id, back, intake.now)
    if sure and author is Author.LEFT:
        _left(intake, sure.lead_id)
    return Received(kind, sure.lead_id if sure else None, sure.thread_id if sure else None, label)


def _left(intake: Intake, lead_id: UUID) -> None:
    """Nobody reads this address any more; somebody may know where the person went, or who came after them."""
    session, tenant_id, now = intake.session, intake.tenant_id, intake.now
    stops.stop_people(session, tenant_id, [lead_id], "bounced_address", now)
    name = session.execute(_NAME, {"lead": lead_id}).scalar()
    details = {"from": intake.arrival.sender, "subject": intake.arrival.subject}
    words = intake.arrival.words[:_LONGEST_SHOWN]
    todo = NewTodo(TodoKind.LOOK, f"{name} seems to have left the company", words, details, lead_id=lead_id)
    todos.create(session, tenant_id, todo, now)
