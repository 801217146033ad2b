"""Explanations for people: a sentence, what holds it and what would help, and tables of what happened and waits."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape

from rex_celery.cli import results
from rex_celery.cli.screen import counted, table
from rex_celery.explain.views import (
    Conservation,
    Event,
    Hold,
    InboxExplained,
    LeadExplained,
    MessageExplained,
    MissionExplained,
    Tally,
    Waiting,
)
from rex_celery.outreach.cap_room import CapRoom


def mission(console: Console, found: MissionExplained) -> None:
    """A mission."""
    console.print(results.headline(found.mission))
    console.print(escape(found.summary))
    _holds(console, found.holds)
    _sums(console, "leads", found.leads)
    if found.messages:
        _sums(console, "messages", found.messages)
    _tallies(console, "What became of the leads", found.outcomes)
    _tallies(console, "Messages that will not be sent", found.unsent)
    _waiting(console, found.waiting)
    if found.upcoming:
        rows = [(one.day, one.channel, one.count) for one in found.upcoming]
        console.print(table(("day (UTC)", "channel", "messages"), rows, title="\nScheduled"))
    if found.senders:
        senders = [
            (one.inbox_id.hex[:8], one.address, one.provider, one.state, one.waiting, one.sent, _first(one.holds))
            for one in found.senders
        ]
        columns = ("inbox", "address", "provider", "state", "waiting", "sent", "held by")
        console.print(table(columns, senders, title="\nSenders"))


def lead(console: Console, found: LeadExplained) -> None:
    """A person."""
    console.print(f"[bold]{escape(found.name or found.email or str(found.lead_id))}[/]  {escape(found.summary)}")
    for stop in found.stops:
        console.print(f"[cyan]→[/] {escape(stop.action)}")
    if found.next:
        console.print(f"\nNext: {escape(_named(found.next))}")
        _holds(console, found.next.holds)
    _history(console, found.timeline)
    if found.more:
        console.print("There is more; ask with a larger --limit.")


def message(console: Console, found: MessageExplained) -> None:
    """A message."""
    console.print(f"[bold]{escape(_named(found))}[/]  {escape(found.summary)}")
    if found.message.why:
        console.print(f"[cyan]→[/] {escape(found.message.why.action)}")
    _holds(console, found.holds)
    if found.next_at:
        console.print(f"It may go from {found.next_at:%Y-%m-%d %H:%M} UTC on.")
    elif found.after_days is not None:
        days = counted(found.after_days, "day", "days")
        console.print(f"It comes {days} after the one before has arrived.")
    if found.window and found.window.zone:
        console.print(f"Its reader's clocks: {escape(found.window.zone)} ({escape(found.window.source or '')}).")
    _caps(console, found.caps)
    _history(console, found.history)


def inbox(console: Console, found: InboxExplained) -> None:
    """An inbox."""
    console.print(f"[bold]{escape(found.inbox.address)}[/]  {escape(found.summary)}")
    _holds(console, found.holds)
    _caps(console, found.caps)
    _waiting(console, found.waiting)
    if found.slowed:
        slowed = [(one.recipient_provider, round(one.per_hour, 1), one.until) for one in found.slowed]
        console.print(table(("provider", "an hour", "held until"), slowed, title="\nAsked to go slower by"))
    if found.days:
        days = [(one.day, ", ".join(f"{n} {state}" for state, n in sorted(one.states.items()))) for one in found.days]
        console.print(table(("day (UTC)", "sent, by what is known now"), days, title="\nSent"))


def _holds(console: Console, found: Iterable[Hold]) -> None:
    for one in found:
        until = f", until {one.until:%Y-%m-%d %H:%M} UTC" if one.until else ""
        used = f" ({one.used} of {one.limit})" if one.limit is not None else ""
        clocks = f" [{one.zone}, {one.source}]" if one.zone else ""
        more = used + clocks + until
        said = one.text.removesuffix(".") + more + "." if more else one.text
        console.print(f"[yellow]•[/] {escape(said)}  [cyan]→[/] {escape(one.action)}")


def _sums(console: Console, what: str, found: Conservation) -> None:
    if found.adds_up and found.equals_rows:
        console.print(f"[green]✓[/] {what}: {results.counted(found.counters)}; the rows say the same.")
    else:
        console.print(f"[red]✗[/] {what}: {results.counted(found.counters)}; the rows: {results.counted(found.rows)}.")


def _tallies(console: Console, title: str, found: list[Tally]) -> None:
    if found:
        rows = [(one.count, one.state, one.why and one.why.text, one.why and one.why.action) for one in found]
        console.print(table(("number", "state", "why", "what would help"), rows, title=f"\n{title}"))


def _waiting(console: Console, found: list[Waiting]) -> None:
    if found:
        rows = [(one.count, one.why.text, one.next_at, one.why.action) for one in found]
        console.print(table(("messages", "why", "next", "what would help"), rows, title="\nWaiting"))


def _caps(console: Console, found: list[CapRoom]) -> None:
    if found:
        rows = [(one.scope, one.used, "no limit" if one.limit is None else one.limit, one.until) for one in found]
        console.print(table(("cap", "used", "of", "until"), rows, title="\nCaps"))


def _history(console: Console, found: list[Event]) -> None:
    if found:
        rows = [
            (one.at, one.text, one.why and one.why.text, one.message_id and one.message_id.hex[:8]) for one in found
        ]
        console.print(table(("when", "what", "why", "message"), rows, title="\nWhat happened"))


def _first(holds: list[Hold]) -> str | None:
    return holds[0].text if holds else None


def _named(found: MessageExplained) -> str:
    step = found.message.step_key
    what = "An answer" if step.startswith("answer:") else step
    return f"{what} to {found.message.to} by {found.message.channel}"
