"""The status of the installation as one tenant sees it."""

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, jsonify

import rex_celery
from rex_celery import config
from rex_celery.missions import queries
from rex_celery.missions.orders import Sender
from rex_celery.missions.views import MessageTotals, Overview
from rex_celery.monitoring import beat, queues
from rex_celery.monitoring.queues import QueueDepth
from rex_celery.tenancy.access import Caller, Role
from web import auth
from web.api.shapes import documented, resource

api = resource("status", "How REX stands.")

# The queues are the same for everybody, so many who look at once cause one look at Redis.
_QUEUES_SECONDS = 1.0
# The counts stand as long as the tenant's last event does; this bounds what that rule may have missed.
_COUNTS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class StatusTenant:
    """The tenant that asks."""

    id: UUID
    name: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class Sending:
    """Whether the emergency stop is on, and since when."""

    stopped: bool
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class Beat:
    """How long ago the timetable last ran; null means never, or that nobody can say."""

    last_tick_seconds: float | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything on the first screen."""

    version: str
    tenant: StatusTenant
    sending: Sending
    delivery: str
    missions: dict[str, int]
    messages: MessageTotals
    leads: int
    queues: list[QueueDepth]
    beat: Beat
    live_url: str
    flower_url: str


@dataclass(frozen=True, slots=True)
class _Counted:
    seq: int
    at: float
    overview: Overview


@dataclass(frozen=True, slots=True)
class _Queues:
    at: float
    depths: list[QueueDepth]
    last_tick_seconds: float | None


_counted: dict[UUID, _Counted] = {}
_seen: dict[str, _Queues] = {}
_looking = threading.Lock()


def _look() -> None:
    """Refresh what is known of the queues; it takes a connection of its own, so the request must not hold one yet."""
    if _is_fresh():
        return
    # One looks; the others need not wait for it unless nothing was ever seen.
    if _looking.acquire(blocking="queues" not in _seen):
        try:
            if not _is_fresh():
                _seen["queues"] = _Queues(time.monotonic(), queues.depths(), beat.last_tick_seconds())
        finally:
            _looking.release()


def _is_fresh() -> bool:
    return "queues" in _seen and time.monotonic() - _seen["queues"].at < _QUEUES_SECONDS


@api.get("/status", responses={"200": documented(Status)})
@auth.needs(Role.VIEWER, look=_look)
def show() -> Response:
    """Missions, messages, leads, queues, and whether anything is stopped."""
    caller, settings = auth.caller(), config.settings()
    overview = _overview(caller)
    seen = _seen["queues"]
    return jsonify(
        Status(
            version=rex_celery.__version__,
            tenant=_tenant(caller),
            sending=Sending(caller.tenant.sending_stopped_at is not None, caller.tenant.sending_stopped_at),
            delivery=settings.delivery,
            missions=overview.missions,
            messages=overview.messages,
            leads=overview.leads,
            queues=seen.depths,
            beat=Beat(seen.last_tick_seconds),
            live_url=settings.live_url,
            flower_url=f"http://{settings.flower_host}:{settings.flower_port}",
        )
    )


def _tenant(caller: Caller) -> StatusTenant:
    known = caller.tenant.settings
    sender = Sender(known.sender_name, known.sender_email, known.postal_address)
    return StatusTenant(caller.tenant_id, caller.tenant.name, sender)


def _overview(caller: Caller) -> Overview:
    seq, now = caller.tenant.last_seq, time.monotonic()
    kept = _counted.get(caller.tenant_id)
    if kept and kept.seq == seq and now - kept.at < _COUNTS_SECONDS:
        return kept.overview
    overview = queries.overview(auth.tenant_session())
    _counted[caller.tenant_id] = _Counted(seq, now, overview)
    return overview
