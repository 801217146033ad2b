"""What ``celery -A workers.app`` loads: the configured app and every crew's tasks."""

import logging
import warnings
from typing import Any

from celery.platforms import SecurityWarning
from celery.signals import setup_logging, worker_process_init

from rex_celery import broker, config, db, log
from rex_celery.embedded import services
from workers.beat import TIMETABLE

# Root is dangerous with messages that can run code; ours are JSON, and a first try is often made as root.
warnings.filterwarnings("ignore", category=SecurityWarning)

# A line for every tick and task, each second: what a task did is said by what it logs itself.
_CHATTER = ("celery.beat", "celery.app.trace", "celery.worker.strategy", "celery.worker.request")

# A worker that a person starts by hand finds the servers that `rex up` runs.
services.attach(config.settings())
app = broker.app()
app.conf.update(
    beat_schedule=TIMETABLE,
    beat_scheduler="celery.beat:Scheduler",
    imports=("workers.presence", "workers.control", "workers.dead_lead", "workers.campaign", "workers.special_forces"),
)


@setup_logging.connect
def _log_like_rex(**_: Any) -> None:
    log.configure(config.settings().log_level)
    logging.getLogger("celery.beat").addFilter(_on_one_line)
    if config.settings().log_level == "INFO":
        for name in _CHATTER:
            logging.getLogger(name).setLevel(logging.WARNING)


def _on_one_line(record: logging.LogRecord) -> bool:
    """Beat tells two stacks for each tick that it cannot send: each second one, for as long as Redis is away."""
    if record.exc_info:
        record.msg, record.args, record.exc_info = "not sent: %s", (record.exc_info[1],), None
    return True


@worker_process_init.connect
def _own_connections(**_: Any) -> None:
    """A forked child must not use its parent's connections."""
    db.engine.cache_clear()
