"""What a provider answered is stored, whatever Postgres breaks off meanwhile."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from time import monotonic
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations.base import Delivery, Outbound, Receipt, Submit
from tests.outreach.enrolled import Clock, Crowd, Recorder, a_crowd

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
ENROLMENT = text("SELECT FROM enrolments FOR UPDATE")
MESSAGE = text("SELECT FROM messages WHERE step_key = 'first' FOR UPDATE")


class Rival(Recorder):
    """A provider during whose call somebody else locks the message, and then its enrolment: the wrong way round."""

    def __init__(self, tenant: UUID, look: psycopg.Connection[tuple[object, ...]], answer: Delivery) -> None:
        super().__init__(answer=answer)
        self._tenant, self._look = tenant, look
        self.pool = ThreadPoolExecutor(1)
        self.rival: Future[None] | None = None

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        receipts = super().send(messages, submit)
        held = Event()
        self.rival = self.pool.submit(self._cross, held)
        assert held.wait(10)
        return receipts

    def _cross(self, held: Event) -> None:
        with db.transaction(self._tenant) as session:
            session.execute(MESSAGE)
            held.set()
            _until(lambda: self._look.execute(WAITING).fetchone()[0] > 0)  # type: ignore[index,operator]
            session.execute(ENROLMENT)


def test_a_receipt_outlives_a_deadlock(tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    provider = Rival(tenant, owner_connection, Delivery.ACCEPTED)
    assert crowd.send(at, provider) == 1
    assert provider.rival is not None
    provider.rival.result(10)
    row = crowd.rows()[0]
    assert (row.state, row.provider_id) == ("accepted", f"queued-{row.id}")  # type: ignore[attr-defined]
    assert len(provider.sent) == 1


def test_a_refusal_outlives_a_deadlock(tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Rival(tenant, owner_connection, Delivery.REJECTED))
    assert crowd.states() == ["failed"]


def test_the_last_look_is_repeated_when_postgres_breaks_it_off(
    tenant: UUID, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    crowd, at = a_crowd(tenant, 2, provider="smtp"), Clock()
    provider = Recorder()
    hand_over = provider.send

    def cut_off(messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        def once(ids: Collection[UUID]) -> Collection[UUID]:
            owner_connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return submit(ids)

        return hand_over(messages, once)

    provider.send = cut_off  # type: ignore[method-assign]
    assert crowd.send(at, provider) == 2
    assert _states(crowd) == {"accepted"}


@pytest.mark.parametrize(("code", "slowed"), [("", 0), ("4.7.28", 1)])
def test_only_the_readers_server_slows_the_pace_at_which_it_is_written_to(tenant: UUID, code: str, slowed: int) -> None:
    class Deferring(Recorder):
        def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
            return [replace(one, code=code) for one in super().send(messages, submit)]

    crowd = a_crowd(tenant, provider="smtp")
    crowd.send(Clock(), Deferring(answer=Delivery.DEFERRED))
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM recipient_paces")).scalar_one() == slowed


def _states(crowd: Crowd) -> set[str]:
    return set(crowd.states())


def _until(holds: Callable[[], bool]) -> None:
    ends = monotonic() + 10
    while not holds():
        assert monotonic() < ends
