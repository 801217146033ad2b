"""Celery as the rest of REX sees it: the app's settings, and flows turned into chains and chords."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import structlog
from celery import Celery, chain, chord
from celery.canvas import Signature
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from rex_celery import config, crews
from rex_celery.flow import Call, Flow, Sequence, Together

log = structlog.get_logger()

# Redis hands a message out again after its visibility time-out, so that must be well over twice the longest task.
VISIBILITY_SECONDS = 3600
HARD_LIMIT_SECONDS = 600
# How Celery names its lists in Redis: prefix, queue and, unless it is the most urgent, separator and priority.
KEY_PREFIX, PRIORITY_SEPARATOR, PRIORITIES = "rex:", ":", tuple(range(10))


@cache
def app() -> Celery:
    """The Celery app of this process with its settings; each one's reason stands in docs/celery.md."""
    settings = config.settings()
    # A fresh one each time: an app keeps the connections of its first settings whatever it is told later.
    celery = Celery("rex")
    celery.conf.update(
        broker_url=settings.redis_url,
        result_backend=settings.redis_url,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "priority_steps": list(PRIORITIES),
            "sep": PRIORITY_SEPARATOR,
            "queue_order_strategy": "round_robin",
            "global_keyprefix": KEY_PREFIX,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        # Results are hints (a chord's count), so a silent Redis may not hold up for twenty seconds whoever sends one.
        result_backend_transport_options={
            "global_keyprefix": KEY_PREFIX,
            "retry_policy": {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.4},
        },
        task_queues=[Queue(name) for name in crews.QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue=crews.CONTROL_QUEUE,
        worker_concurrency=settings.worker_concurrency,
        **_CONSTANT,
    )
    return celery


_CONSTANT: dict[str, Any] = {
    "task_create_missing_queues": False,
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "task_soft_time_limit": HARD_LIMIT_SECONDS - 60,
    "task_time_limit": HARD_LIMIT_SECONDS,
    "task_ignore_result": True,
    "task_store_errors_even_if_ignored": False,
    "result_expires": 86_400,
    "result_chord_retry_interval": 1,
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "broker_connection_retry_on_startup": True,
    "broker_pool_limit": 10,
    # Celery sleeps for all of it when any task is under way, however soon that ends.
    "worker_soft_shutdown_timeout": 10,
    "worker_max_tasks_per_child": 1000,
    "worker_max_memory_per_child": 400_000,
    "worker_send_task_events": True,
    "task_send_sent_event": True,  # without it Flower cannot tell on which queue a task travelled
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "timezone": "UTC",
    "enable_utc": True,
}


def publish(flows: Iterable[Flow]) -> None:
    """Send work to the queues. A failure is logged, not raised: the rows stand, and the reconciler sends them again."""
    try:
        with app().producer_pool.acquire(block=True, timeout=5) as producer:
            for flow in flows:
                _canvas(flow).apply_async(producer=producer, **_options(flow))
    # Celery's result store, which counts the members of a chord, ends its own attempts with a bare RuntimeError.
    except (OperationalError, RedisError, RuntimeError) as error:
        log.warning("publish_failed", error=type(error).__name__)


def _canvas(flow: Flow) -> Signature:
    match flow:
        case Call():
            return _signature(flow)
        case Sequence():
            return chain(*(_signature(call) for call in flow.calls))
        case Together():
            # Redis counts the members of a chord as they end, whether or not their results are kept besides.
            return chord([_signature(call) for call in flow.calls], _signature(flow.then))


def _signature(call: Call) -> Signature:
    # Nobody waits for a result: else each call would leave a subscription to it in the process that sent it.
    options = {"queue": call.queue, "priority": call.priority, "expires": call.expires, "ignore_result": True}
    return app().signature(call.task, args=call.arguments, immutable=True, options=options)


def _options(flow: Flow) -> dict[str, Any]:
    if isinstance(flow, Call):
        return {"queue": flow.queue, "priority": flow.priority, "expires": flow.expires}
    return {}
