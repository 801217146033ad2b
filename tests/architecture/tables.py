"""The tables of the documentation that are made from the code; run as a module, it writes them into the pages."""

from pathlib import Path

from rex_celery.reasons import REASONS
from tests.architecture.source import CHECKOUT

GUIDE = CHECKOUT / "docs" / "guide.md"
BEGIN, END = "<!-- reasons: written by `python -m tests.architecture.tables` -->", "<!-- end of reasons -->"


def reasons_table() -> str:
    """Every reason as a row of Markdown."""
    rows = [f"| `{one.code}` | {one.text} | {one.action} |" for one in REASONS.values()]
    return "\n".join(["| code | what is so | what would help |", "|---|---|---|", *rows])


def written(page: Path) -> str:
    """The table that stands in a page now."""
    return page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def write() -> None:
    """Bring the guide up to date."""
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    GUIDE.write_text(f"{before}{BEGIN}\n\n{reasons_table()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    write()
