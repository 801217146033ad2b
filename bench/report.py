"""Results as JSON files, and as a table for people."""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


def keep(folder: Path, name: str, found: dict[str, Any]) -> None:
    """Write one measurement's file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1, default=str) + "\n", "utf-8")


def show(name: str, found: dict[str, Any]) -> None:
    """Print the medians, one row a side, and the ratios."""
    medians: dict[str, dict[str, Any]] = found["medians"]
    columns = list(dict.fromkeys(column for row in medians.values() for column in row))
    table = Table("", *columns, title=name, title_justify="left")
    for side, row in medians.items():
        table.add_row(side, *(f"{row[column]:g}" if column in row else "" for column in columns))
    console = Console(soft_wrap=True)
    console.print(table)
    for key, value in found.items():
        if key not in {"medians", "rounds", "machine", "compared"}:
            console.print(f"  {key}: {json.dumps(value)}")
