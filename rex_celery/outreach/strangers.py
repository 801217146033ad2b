"""Mail and texts from people whom nobody can place: kept, and put on the to-do list; a guess stops nobody."""

from uuid import UUID

from rex_celery.outreach import arrivals, opting_out, todos
from rex_celery.outreach.arrivals import ArrivalKind, Intake, Received
from rex_celery.outreach.labels import Label
from rex_celery.outreach.matching import Match
from rex_celery.outreach.todo_views import TodoKind
from rex_celery.outreach.todos import NewTodo

_LONGEST_SHOWN = 5_000


def take(intake: Intake, hint: Match | None = None, word_of_provider: str = "") -> Received:
    """Keep what a stranger wrote; whoever asks for no more contact gets none, whether or not we know them."""
    reading = opting_out.read(intake.arrival, word_of_provider)
    reply_id = arrivals.keep(intake, ArrivalKind.UNMATCHED, hint, reading)
    if reply_id is None:
        return arrivals.stored_meanwhile(intake)
    if reading.label is Label.OPT_OUT:
        opting_out.take(intake, [], word_of_provider)
    _ask(intake, reply_id, hint, reading.label)
    return Received(ArrivalKind.UNMATCHED, label=reading.label)


def _ask(intake: Intake, reply_id: UUID, hint: Match | None, label: Label) -> None:
    arrival = intake.arrival
    leaving = label is Label.OPT_OUT
    title = f"Find out who {arrival.sender} is{', who asks for no more messages' if leaving else ''}"
    details = {"reply_id": str(reply_id), "from": arrival.sender, "subject": arrival.subject, "label": label}
    if hint:
        details["perhaps_lead_id"] = str(hint.lead_id)
    todo = NewTodo(TodoKind.UNMATCHED, title, arrival.words[:_LONGEST_SHOWN], dict(details))
    todos.create(intake.session, intake.tenant_id, todo, intake.now)
