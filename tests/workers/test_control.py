"""The timetable's jobs: once a slot, however many beats there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from rex_celery import clock, db
from tests.factories import a_lead, a_mission, an_outcome
from workers import beat, ticks
from workers.app import app

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(autouse=True)
def tasks() -> None:
    app.loader.import_default_modules()


def test_two_beats_are_one(empty_engine: None) -> None:
    hour = 3600  # F15, F16
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: ticks.first("a job", hour), range(8)))
    assert said.count(True) == 1


@pytest.mark.parametrize("name", beat.TIMETABLE)
def test_every_line_of_the_timetable_can_be_run_and_runs_once_a_slot(empty_engine: None, name: str) -> None:
    line = beat.TIMETABLE[name]
    job, _ = line["args"]
    task = app.tasks[line["task"]]
    assert [task.apply(args=(job, 3600)).get() for _ in range(2)] == ["done", "done by another beat"]


def test_answers_are_forgotten_after_a_day_and_not_before(
    empty_engine: None, tenant: UUID, owner_connection: Owner
) -> None:
    store = (
        "INSERT INTO idempotency_keys (tenant_id, key, method, path, request_hash, created_at)"
        " VALUES (%s, %s, 'POST', '/', '', %s)"
    )
    now = clock.now()
    owner_connection.execute(store, [tenant, "old", now - timedelta(hours=25)])
    owner_connection.execute(store, [tenant, "young", now - timedelta(hours=23)])
    assert app.tasks["control.tick"].apply(args=("purge", 3600)).get() == "done"
    left = owner_connection.execute("SELECT key FROM idempotency_keys WHERE tenant_id = %s", [tenant]).fetchall()
    assert left == [("young",)]


@pytest.mark.parametrize("task", ["control.join", "control.settle"])
def test_a_message_that_cannot_be_read_is_kept_as_a_dead_letter(
    empty_engine: None, owner_connection: Owner, task: str
) -> None:
    junk = ("not", "an", "id")[: 3 if task == "control.join" else 2]  # F14
    assert app.tasks[task].apply(args=junk).get() == "unreadable"
    assert owner_connection.execute("SELECT task, arguments FROM dead_letters").fetchall() == [(task, repr(junk))]


def test_only_a_cancelled_mission_is_settled(empty_engine: None, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        an_outcome(session, mission, a_lead(session, tenant))
    assert app.tasks["control.settle"].apply(args=(str(tenant), str(mission.id))).get() == "done"
    with db.transaction(tenant) as session:
        assert session.scalars(text("SELECT state FROM outcomes")).all() == ["pending"]
