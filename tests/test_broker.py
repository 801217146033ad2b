"""Flows as data become Celery's own chains and chords on the right queues."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest
from celery import Celery, chord
from celery.canvas import _chain

from rex_celery import broker, crews
from rex_celery.embedded.services import Services
from rex_celery.flow import URGENT, Call, Sequence, Together

CAMPAIGN, CONTROL = "crew.campaign", "control"
FIRST = Call("campaign.personalizer", ("t", 1), CAMPAIGN)
SECOND = Call("campaign.outreach", ("t", 2), CAMPAIGN, URGENT, expires=30)
JOIN = Call("control.join", ("t", "m", "s"), CONTROL, URGENT)


@pytest.fixture
def app(database: Services) -> Iterator[Any]:
    """The configured app with nothing in its queues."""
    found = broker.app()
    with found.connection_for_write() as connection:
        for queue in (CAMPAIGN, CONTROL):
            connection.default_channel.queue_purge(queue)
    yield found
    with found.connection_for_write() as connection:
        for queue in (CAMPAIGN, CONTROL):
            connection.default_channel.queue_purge(queue)


def test_a_call_is_one_signature_that_takes_nothing_from_its_neighbours() -> None:
    signature = broker._canvas(SECOND)

    assert (signature.task, tuple(signature.args), signature.immutable) == ("campaign.outreach", ("t", 2), True)
    assert signature.options == {
        "queue": CAMPAIGN,
        "priority": URGENT,
        "expires": 30,
        "ignore_result": True,
    }


def test_a_sequence_is_a_chain_in_its_order() -> None:
    canvas = broker._canvas(Sequence((FIRST, SECOND)))

    assert isinstance(canvas, _chain)
    assert [task.task for task in canvas.tasks] == ["campaign.personalizer", "campaign.outreach"]


def test_together_is_a_chord_and_what_follows_it() -> None:
    canvas = broker._canvas(Together((FIRST, FIRST), JOIN))

    assert isinstance(canvas, chord)
    assert [task.task for task in canvas.tasks] == ["campaign.personalizer", "campaign.personalizer"]
    assert canvas.body.task == "control.join"
    assert canvas.body.options["queue"] == CONTROL


def test_each_call_arrives_on_its_own_queue(app: Any) -> None:
    broker.publish([FIRST, JOIN, Sequence((FIRST, SECOND))])

    assert _names(app, CAMPAIGN) == ["campaign.personalizer", "campaign.personalizer"]
    assert _names(app, CONTROL) == ["control.join"]


def test_whoever_sends_work_listens_for_no_result(app: Any) -> None:
    # Celery keeps such a subscription for the life of the process, one for each call.
    broker.publish([FIRST, JOIN])

    assert app.backend.result_consumer.subscribed_to == set()


def test_a_more_urgent_call_overtakes(app: Any) -> None:
    broker.publish([FIRST, SECOND])

    assert _names(app, CAMPAIGN) == ["campaign.outreach", "campaign.personalizer"]


@pytest.mark.parametrize("flow", [FIRST, Together((FIRST, FIRST), JOIN)], ids=["call", "chord"])
def test_a_silent_broker_is_not_the_callers_trouble(
    app: Any, monkeypatch: pytest.MonkeyPatch, flow: Call | Together
) -> None:
    nobody = Celery("nobody", broker="redis://127.0.0.1:1/0", backend="redis://127.0.0.1:1/0", set_as_current=False)
    nobody.conf.update(broker_transport_options={"socket_connect_timeout": 1}, task_publish_retry=False)
    nobody.conf.update(result_backend_transport_options=app.conf.result_backend_transport_options)
    monkeypatch.setattr(broker, "app", lambda: nobody)
    monkeypatch.setattr(broker, "celery", nobody, raising=False)
    began = monotonic()

    broker.publish([flow])  # the rows stand, and the sweeper sends them again

    assert monotonic() - began < 15


def test_there_is_a_queue_for_every_crew_and_no_other_is_made(app: Any) -> None:
    assert {queue.name for queue in app.conf.task_queues} == set(crews.QUEUES)
    assert app.conf.task_create_missing_queues is False


def test_a_message_stays_hidden_for_more_than_twice_the_longest_task(app: Any) -> None:
    assert app.conf.broker_transport_options["visibility_timeout"] > 2 * app.conf.task_time_limit


def _names(app: Any, queue: str) -> list[str]:
    """The tasks waiting in a queue, in the order in which a worker would get them."""
    with app.connection_for_read() as connection:
        found = []
        while message := connection.default_channel.basic_get(queue, no_ack=True):
            found.append(message.headers["task"])
        return found
