"""A mission's progress, live: a bar on a terminal, a line at each change elsewhere."""

import time
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rex_celery.cli import results
from rex_celery.integrations.rex_api import RexApi
from rex_celery.missions.views import MissionDetail

# Well under the hundred requests a minute that a key has.
LOOK_SECONDS = 1.0
ENDED = frozenset({"completed", "failed", "escalated", "cancelled"})


def follow(api: RexApi, mission: UUID, console: Console) -> MissionDetail:
    """Show the mission until it ends, and return it as it then stands.

    Raises:
        RefusedError: there is no such mission, or REX stops answering.

    """
    found = _read(api, mission)
    columns = (
        TextColumn("[bold]{task.fields[state]}"),
        BarColumn(bar_width=16),
        TaskProgressColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=1.0, state=found.state)
        said = ""
        while True:
            bar.update(task, completed=found.progress, description=results.brief(found.counts), state=_state(found))
            said = _say(console, found, said)
            if found.state in ENDED:
                return found
            time.sleep(LOOK_SECONDS)
            found = _read(api, mission)


def _read(api: RexApi, mission: UUID) -> MissionDetail:
    return api.get(f"/missions/{mission}", MissionDetail)


def _state(found: MissionDetail) -> str:
    return f"{found.state} (paused)" if found.paused else str(found.state)


def _say(console: Console, found: MissionDetail, said: str) -> str:
    """What the bar cannot: on a terminal only that a person is waited for, elsewhere every change."""
    words = f"{_state(found)} {found.progress:.0%} {results.counted(found.counts)}"
    if console.is_terminal:
        words = f"Waiting for you: rex missions approve {found.id}" if "approve" in found.actions else said
    if words != said:
        console.print(escape(words))
    return words
