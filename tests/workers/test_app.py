import logging
from collections.abc import Iterator

import pytest
from celery.beat import Scheduler

from workers import app as workers
from workers.beat import TIMETABLE


@pytest.fixture
def beat_log() -> Iterator[logging.Logger]:
    log = logging.getLogger("celery.beat")
    level, before = log.level, list(log.filters)
    workers._log_like_rex()
    yield log
    log.setLevel(level)
    log.filters[:] = before


def test_a_tick_that_cannot_be_sent_is_one_short_line(
    beat_log: logging.Logger, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("Error 111 connecting to 127.0.0.1:6379.")

    scheduler = Scheduler(workers.app, lazy=True)
    # A task that is not known here goes by the same way as those that another process knows.
    entry = scheduler.Entry(name="top up", app=workers.app, **(TIMETABLE["top up the queues"] | {"task": "elsewhere"}))
    monkeypatch.setattr(scheduler, "send_task", refuse)
    scheduler.apply_entry(entry)
    (record,) = caplog.records
    assert record.getMessage() == (
        "not sent: Couldn't apply scheduled task top up: Error 111 connecting to 127.0.0.1:6379."
    )
    assert record.exc_info is None
