"""A preflight for people: errors first, then who is held back and why, what goes out, who sends and for how long."""

from rich.console import Console
from rich.markup import escape

from rex_celery.cli.screen import counted, table
from rex_celery.preflight.views import Capacity, Held, Level, Preflight, Sum

_SIGNS = {Level.ERROR: "[red]✗[/]", Level.WARNING: "[yellow]![/]", Level.NOTE: "[cyan]i[/]"}
_NAMED = 3


def show(console: Console, found: Preflight) -> None:
    """All of it."""
    for one in found.notices:
        console.print(f"{_SIGNS[one.level]} {escape(one.text)}  [cyan]→[/] {escape(one.action)}")
    console.print(f"\n{_sum('leads', found.leads)}\n{_sum('messages', found.messages)}")
    _held(console, "Leads that would get nothing", found.held_leads)
    _held(console, "What is wrong with messages (one may stand under several)", found.held_messages)
    _held(console, "Worth a look", found.warnings)
    if found.steps:
        steps = [(one.sequence, one.step_key, one.channel, one.day, one.ready, one.held) for one in found.steps]
        columns = ("sequence", "step", "channel", "day", "ready", "held")
        console.print(table(columns, steps, title="\nMessages by step"))
    if found.texts.messages:
        cost = "" if found.texts.cost is None else f", which cost {found.texts.cost}"
        console.print(f"\n{found.texts.messages} text messages in {found.texts.segments} segments{cost}.")
    if found.senders:
        columns = ("channel", "provider", "address", "state", "a day", "waiting already")
        rows = [(one.channel, one.provider, one.address, one.state, one.per_day, one.waiting) for one in found.senders]
        console.print(table(columns, rows, title="\nSenders"))
    _capacity(console, found.capacity)
    console.print(
        "\n[green]✓[/] Ready to be submitted." if found.ok else "\n[red]✗[/] Not ready: see the errors above."
    )


def _sum(what: str, found: Sum) -> str:
    return f"{found.looked_at} {what} = {found.ready} ready + {found.held} held back"


def _held(console: Console, title: str, found: list[Held]) -> None:
    if found:
        rows = [(one.count, one.text, one.action, _examples(one)) for one in found]
        console.print(table(("number", "why", "what would help", "such as"), rows, title=f"\n{title}"))


def _examples(one: Held) -> str:
    named = [
        f"{example.name or example.lead_id.hex[:8]}{f' ({example.step_key})' if example.step_key else ''}"
        for example in one.examples[:_NAMED]
    ]
    return ", ".join(named) + (" …" if one.count > len(named) else "")


def _capacity(console: Console, found: Capacity) -> None:
    if not found.messages:
        return
    if found.days is None:
        line = f"{found.messages} messages would take more than three years"
    else:
        days = counted(found.days, "day", "days")
        line = f"{found.messages} messages in about {days}, from {found.first_day} to {found.last_day}"
    if found.limited_by:
        limit = f"{found.limited_by.code}: {found.limited_by.per_day} a day"
        line += f"; what limits it most is {limit}, on {counted(found.limited_by.days, 'day', 'days')}"
    console.print(f"\n{escape(line)}. [dim]{escape(found.assumed)}[/]")
