"""A worker says which queue it reads for as long as it lives: readiness and the status page count on it."""

from typing import Any

from celery.signals import heartbeat_sent, worker_shutdown

from rex_celery.monitoring import workers
from workers.app import app


@heartbeat_sent.connect
def _lives(sender: Any, **_: Any) -> None:
    for queue in app.amqp.queues.consume_from:
        workers.beat(queue, sender.eventer.hostname)


@worker_shutdown.connect
def _leaves(sender: Any, **_: Any) -> None:
    for queue in app.amqp.queues.consume_from:
        workers.leave(queue, sender.hostname)
