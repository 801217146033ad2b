"""Enrolments that nothing moves on by itself are found, a few at a time, whatever their number."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, db, redis
from rex_celery.outreach import progress, rounds
from tests.outreach.enrolled import NOON, Clock, a_crowd
from workers.base import attempt

ENDED = text("SELECT count(*) FROM enrolments WHERE state = 'completed'")
TAKEN_BACK = text("UPDATE messages SET state = 'skipped', reason = 'cancelled' WHERE tenant_id = :tenant")


def _ended(tenant: UUID) -> int:
    with db.transaction(tenant) as session:
        return int(session.execute(ENDED).scalar_one())


def test_all_are_looked_at_a_few_in_each_transaction(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AT_ONCE", 2)
    a_crowd(tenant, 5)
    with db.transaction(tenant) as session:
        session.execute(TAKEN_BACK, {"tenant": tenant})
    progress.sweep_all(tenant, NOON)
    assert _ended(tenant) == 5


def test_a_round_looks_at_its_share_and_the_next_goes_on_there(
    tenant: UUID, empty_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AT_ONCE", 2)
    monkeypatch.setattr(rounds, "MOST_SWEPT", 4)
    a_crowd(tenant, 9)
    with db.transaction(tenant) as session:
        session.execute(TAKEN_BACK, {"tenant": tenant})
    ended = []
    with clock.replaced(Clock()):
        for _ in range(3):
            rounds.look_after(attempt)
            ended.append(_ended(tenant))
    assert ended == [4, 8, 9]


def test_a_wiped_redis_only_begins_the_round_anew(
    tenant: UUID, empty_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "AT_ONCE", 2)
    monkeypatch.setattr(rounds, "MOST_SWEPT", 2)
    crowd = a_crowd(tenant, 3)
    with clock.replaced(Clock()):
        rounds.look_after(attempt)
    redis.client().flushdb()
    with db.transaction(tenant) as session:
        session.execute(TAKEN_BACK, {"tenant": tenant})
    with clock.replaced(Clock(NOON + timedelta(minutes=1))):
        rounds.look_after(attempt)
        assert _ended(tenant) == 2
        rounds.look_after(attempt)
    assert _ended(tenant) == len(crowd.leads)
