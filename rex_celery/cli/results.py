"""What came of a mission, for people: how it ended, who was messaged, who was not and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rex_celery.cli.screen import table
from rex_celery.integrations.rex_api import RexApi
from rex_celery.missions.views import Counts, Message, Mission, MissionDetail, Outcome, OutcomeState

# More is read by nobody in a terminal; the Command Center and --json have all.
LONGEST_TABLE = 300
_COLOURS = {"completed": "green", "failed": "red", "escalated": "red", "cancelled": "yellow"}


@dataclass(frozen=True, slots=True)
class Leads:
    """What became of each lead, and the subject of each message by its id."""

    outcomes: tuple[Outcome, ...]
    subjects: dict[UUID, str]


def read_leads(api: RexApi, mission: UUID) -> Leads:
    """Ask for the mission's outcomes and messages."""
    outcomes = tuple(api.pages(f"/missions/{mission}/outcomes", Outcome))
    messages = api.pages(f"/missions/{mission}/messages", Message)
    return Leads(outcomes, {message.id: message.subject or message.body for message in messages})


def missions(found: Iterable[Mission]) -> Table:
    """A list of missions, one line each."""
    rows = (
        (one.id, one.name, one.state, f"{one.progress:.0%}", one.counts.sent, one.counts.planned, one.created_at)
        for one in found
    )
    return table(("id", "name", "state", "done", "sent", "of", "created"), rows)


def headline(found: Mission) -> str:
    """One line: its name, its state and why it stands there."""
    colour = _COLOURS.get(found.state, "cyan")
    paused = " [yellow](paused)[/]" if found.paused else ""
    why = f": {escape(found.reason.text)}" if found.reason else ""
    return f"[bold]{escape(found.name)}[/]  [{colour}]{found.state}[/]{paused}{why}"


def counted(counts: Counts) -> str:
    """The counts in the order of the sum."""
    return (
        f"{counts.planned} planned = {counts.sent} sent + {counts.suppressed} suppressed"
        f" + {counts.skipped} skipped + {counts.failed} failed + {counts.pending} pending"
    )


def brief(counts: Counts) -> str:
    """The counts that are not nothing, short enough to stand beside a bar."""
    found = {
        "planned": counts.planned,
        "sent": counts.sent,
        "suppressed": counts.suppressed,
        "skipped": counts.skipped,
        "failed": counts.failed,
        "pending": counts.pending,
    }
    return " · ".join(f"{number} {name}" for name, number in found.items() if number)


def show(console: Console, found: MissionDetail) -> None:
    """How the mission stands: state, reason and what would help, the sum, its steps."""
    console.print(headline(found))
    if found.reason and found.reason.action:
        console.print(f"[cyan]→[/] {escape(found.reason.action)}")
    console.print(counted(found.counts))
    rows = [(step.key, step.agent, step.state, f"{step.done}/{step.total}", step.failed) for step in found.steps]
    console.print(table(("step", "agent", "state", "done", "failed"), rows))


def show_leads(console: Console, leads: Leads) -> None:
    """Who was messaged and with what, who was not and why, and what would unblock each kind."""
    sent = [one for one in leads.outcomes if one.state == OutcomeState.SENT]
    others = [one for one in leads.outcomes if one.state != OutcomeState.SENT]
    if sent:
        console.print(
            _shown("Messaged", ("who", "channel", "strategy", "score", "subject"), [_sent(one, leads) for one in sent])
        )
    if others:
        console.print(_shown("Not messaged", ("who", "state", "why"), [_other(one) for one in others]))
        console.print(_shown("What would help", ("leads", "reason", "action"), _remedies(others)))


def _shown(title: str, columns: Sequence[str], rows: list[tuple[object, ...]]) -> Table:
    left = len(rows) - LONGEST_TABLE
    if left > 0:
        rows = [*rows[:LONGEST_TABLE], (f"… and {left} more", *("" for _ in columns[1:]))]
    return table(columns, rows, title=f"\n{title} ({len(rows) if left <= 0 else left + LONGEST_TABLE})")


def _sent(one: Outcome, leads: Leads) -> tuple[object, ...]:
    score = None if one.score is None else f"{one.score:.2f}"
    subject = leads.subjects.get(one.message_id, "") if one.message_id else ""
    return (_who(one), one.channel, one.strategy, score, " ".join(subject.split())[:80])


def _other(one: Outcome) -> tuple[object, ...]:
    return (_who(one), one.state, one.reason_text or one.reason)


def _who(one: Outcome) -> str:
    return one.name or one.email or str(one.lead_id)


def _remedies(others: list[Outcome]) -> list[tuple[object, ...]]:
    kinds = Counter((one.reason, one.action) for one in others)
    return [(number, reason, action) for (reason, action), number in kinds.most_common()]
