"""Figures for Prometheus, read when asked for, so that every web process gives the same ones."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import text

import rex_celery
from rex_celery import db
from rex_celery.monitoring import beat, queues
from rex_celery.tenancy.access import Role
from rex_celery.webhooks import queries as inbound
from web import auth
from web.api.shapes import refusals, resource

api = resource("metrics", "For Prometheus; open on this machine, with an API key from elsewhere.", signed_in=False)

_MISSIONS = text("SELECT state, count(*) AS n FROM missions GROUP BY state")
_DEAD = text("SELECT count(*) FROM dead_letters")


@api.get(
    "/metrics",
    responses={
        "200": {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **refusals(401, 403),
    },
)
@auth.public
def show() -> Response:
    """The installation's figures, without anybody's names."""
    if not ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104  an address nobody has
        with db.control() as session:
            auth.identify(session, Role.VIEWER)
    registry = CollectorRegistry()
    registry.register(_Figures())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures:
    """What Prometheus' client wants: an object that can be collected."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("rex_info", "The version that runs.", ["version"], [((rex_celery.__version__,), 1)])
        with db.control() as session:
            states = [((row.state,), row.n) for row in session.execute(_MISSIONS)]
            dead = session.execute(_DEAD).scalar_one()
            waiting, oldest = inbound.waiting(session)
        yield _gauge("rex_missions", "Missions by state.", ["state"], states)
        yield _gauge("rex_dead_letters", "Messages and tasks set aside.", [], [((), dead)])
        yield _gauge("rex_inbound_waiting", "Webhooks and mails not applied yet.", [], [((), waiting)])
        yield _gauge("rex_inbound_oldest_seconds", "Age of the longest waiting of them.", [], [((), oldest)])
        found = queues.depths()
        yield _gauge("rex_queue_depth", "Waiting tasks.", ["queue"], [((one.queue,), one.depth) for one in found])
        yield _gauge("rex_queue_workers", "Workers reading.", ["queue"], [((one.queue,), one.workers) for one in found])
        ages = [((one.queue,), one.oldest_seconds) for one in found if one.oldest_seconds is not None]
        yield _gauge("rex_queue_oldest_seconds", "Age of the longest waiting task.", ["queue"], ages)
        tick = beat.last_tick_seconds()
        if tick is not None:
            yield _gauge("rex_beat_last_tick_seconds", "How long ago the timetable last ran.", [], [((), tick)])


def _gauge(name: str, text_: str, labels: list[str], values: Sequence[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(name, text_, labels=labels)
    for marks, value in values:
        family.add_metric(marks, value)
    return family
