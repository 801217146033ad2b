"""From an event to a receiver, by the timetable's job and the worker's task."""

import json
from base64 import b64decode
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from rex_celery import config, db
from rex_celery.redis import client
from rex_celery.tenancy import credentials
from rex_celery.webhooks import dispatch, endpoints
from rex_celery.webhooks.endpoints import Wanted
from tests.integrations.receiver import Receiver, listening
from tests.webhooks.rows import happen
from workers.app import app

QUEUE = "rex:crew.special_forces*"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch, database: object) -> Iterator[Receiver]:
    monkeypatch.setattr(config.settings(), "webhooks_private", True)
    with listening() as there:
        yield there


def queued(tenant: UUID) -> list[tuple[str, ...]]:
    """The tenant's calls that wait in the crew's queue, as the ids that they carry; other tests left theirs."""
    messages = [json.loads(one) for key in client().scan_iter(QUEUE) for one in client().lrange(key, 0, -1)]
    bodies = [one["body"] for one in messages if one["headers"]["task"] == "special_forces.deliver_webhooks"]
    calls = [tuple(json.loads(b64decode(body))[0]) for body in bodies]
    return [ids for ids in calls if ids[0] == str(tenant)]


def test_a_worker_is_sent_to_each_endpoint_for_which_something_is_due_and_delivers(
    empty_engine: None, tenant: UUID, receiver: Receiver, owner_connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    # Other tests leave endpoints that are due; a round takes the oldest two hundred.
    owner_connection.execute("DELETE FROM webhook_endpoints")
    app.loader.import_default_modules()
    with db.transaction(tenant) as session:
        made = [
            endpoints.create(session, tenant, Wanted(receiver.url), credentials.encrypt, private=True)[0].id
            for _ in range(2)
        ]
    dispatch.run_round()
    assert queued(tenant) == []
    happen(tenant, 3)
    assert dispatch.run_round() >= 2
    sent = queued(tenant)
    assert sorted(sent) == sorted((str(tenant), str(endpoint)) for endpoint in made)
    said = [app.tasks["special_forces.deliver_webhooks"].apply(args=ids).get() for ids in sent]
    assert said == ["3", "3"]
    assert len(receiver.got) == 6
    client().flushdb()
    dispatch.run_round()
    assert queued(tenant) == []


def test_a_message_that_cannot_be_read_harms_nobody(empty_engine: None) -> None:
    app.loader.import_default_modules()
    assert app.tasks["special_forces.deliver_webhooks"].apply(args=("x", "y")).get() == "unreadable"
    assert app.tasks["special_forces.write_calendars"].apply(args=("x",)).get() == "unreadable"
