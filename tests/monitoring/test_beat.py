import psycopg

from rex_celery.monitoring import beat

Owner = psycopg.Connection[tuple[object, ...]]


def test_nothing_is_said_while_the_timetable_never_ran(empty_engine: None) -> None:
    assert beat.last_tick_seconds() is None


def test_the_latest_tick_of_any_job_counts(empty_engine: None, owner_connection: Owner) -> None:
    owner_connection.execute(
        "INSERT INTO ticks (job, slot, at) VALUES"
        " ('reconcile', 9, now() - interval '1 minute'), ('top_up', 1, now() - interval '7 seconds')"
    )
    seconds = beat.last_tick_seconds()
    assert seconds is not None
    assert 7 <= seconds < 20
