"""Whether the timetable runs: beat, the control worker and the database each had to do their part for a tick."""

from sqlalchemy import text

from rex_celery import db

_LAST = text("SELECT extract(epoch FROM clock_timestamp() - max(at))::float8 FROM ticks")


def last_tick_seconds() -> float | None:
    """How long ago a job of the timetable last ran, by the database's clock; None when none ever did.

    Raises:
        UnavailableError: Postgres does not answer.

    """
    with db.control() as session:
        seconds: float | None = session.execute(_LAST).scalar_one()
    return None if seconds is None else round(max(seconds, 0.0), 3)
