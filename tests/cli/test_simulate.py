"""`rex simulate`, against a REX whose worker is this test."""

import json
from threading import Event, Thread
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.simulation import requests
from tests.cli.conftest import Rex


def _work(tenant: UUID, over: Event) -> None:
    while not over.wait(0.1):
        with db.transaction(tenant) as session:
            waiting = session.scalars(text("SELECT id FROM simulations WHERE state = 'queued'")).all()
        for id_ in waiting:
            requests.carry_out(tenant, id_)


def _simulated(rex: Rex, tenant: UUID, *words: str) -> tuple[int, str]:
    over = Event()
    worker = Thread(target=_work, args=(tenant, over))
    worker.start()
    try:
        said = rex("simulate", "--leads", "6", "--days", "4", "--inboxes", "1", *words)
    finally:
        over.set()
        worker.join()
    return said.code, said.out


def test_it_prints_a_calendar_and_that_it_adds_up(rex: Rex, signed_in: UUID) -> None:
    code, out = _simulated(rex, signed_in)
    assert code == 0
    assert "6 planned = " in out
    assert "It adds up." in out


def test_the_same_as_json(rex: Rex, signed_in: UUID) -> None:
    code, out = _simulated(rex, signed_in, "--json")
    assert code == 0
    # The worker in this test logs to the same place first.
    assert json.loads(out[out.index("{") :])["report"]["adds_up"] is True


def test_what_cannot_be_launched_is_said_and_ends_with_1(rex: Rex, signed_in: UUID) -> None:
    code, out = _simulated(rex, signed_in, "--sequence", "no such")
    assert code == 1
    assert "no such" in out
