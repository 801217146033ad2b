"""The only clock: everything that needs the time asks here or is handed it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one place where the time is read
