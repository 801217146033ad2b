"""A simulation's report, for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from rex_celery.cli.screen import table
from rex_celery.reasons import REASONS

if TYPE_CHECKING:
    from rex_celery.simulation.reporting import Report, Share, VirtualDay
    from rex_celery.simulation.requests import Simulation

_CAME_BACK = {"reply": "replies", "bounced": "bounces", "complained": "complaints", "unsubscribed": "unsubscribed"}


def show(console: Console, found: "Simulation") -> None:
    """The calendar, what held messages up, how it ended and why people got nothing."""
    if found.report is None:
        console.print(f"[red]The simulation failed:[/] {escape(found.error or 'no reason is known')}")
        return
    report = found.report
    console.print(_calendar(report))
    held = _most_held(report.days)
    if held:
        console.print(table(("what held messages up", "on days", "most at once"), held))
    console.print(table(("people", "why", "count"), [_share(one) for one in report.outcomes]))
    if report.unsent:
        console.print(table(("messages not sent", "why", "count"), [_share(one) for one in report.unsent]))
    console.print(_ending(report))


def _calendar(report: "Report") -> object:
    heads = ("day", "e-mail", "SMS", "LinkedIn", *_CAME_BACK.values())
    kinds = ("sent_email", "sent_sms", "sent_linkedin", *_CAME_BACK)
    rows = [(f"{day.date:%a %d %b}", *(day.happened.get(kind) or "" for kind in kinds)) for day in report.days]
    return table(heads, [row for row in rows if any(row[1:])])


def _most_held(days: "tuple[VirtualDay, ...]") -> list[tuple[str, int, int]]:
    reasons = sorted({reason for day in days for reason in day.waited})
    return [
        (
            REASONS[reason].text,
            sum(reason in day.waited for day in days),
            max(day.waited.get(reason, 0) for day in days),
        )
        for reason in reasons
    ]


def _share(one: "Share") -> tuple[str, str, int]:
    return (one.state, REASONS[one.reason].text if one.reason in REASONS else one.reason or "", one.count)


def _ending(report: "Report") -> str:
    when = f"completed on {report.completed_on:%a %d %b %Y}" if report.completed_on else "not over at the end"
    sums = f"people: {_sum(report.people)}\nmessages: {_sum(report.messages)}"
    adds_up = "[green]It adds up.[/]" if report.adds_up else "[red]It does not add up.[/]"
    return f"[bold]{when}[/]\n{sums}\n{adds_up}"


def _sum(counts: Mapping[str, int]) -> str:
    parts = " + ".join(f"{counts[part]} {part}" for part in ("sent", "suppressed", "skipped", "failed", "pending"))
    return f"{counts['planned']} planned = {parts}"
