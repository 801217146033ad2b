"""Work that goes wrong: one bad lead, a whole piece, a provider that is down."""

import contextlib
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from celery.exceptions import Retry

from rex_celery import db
from rex_celery.agents import outreach, reviver
from rex_celery.compliance.suppression import Person, Stop, suppress
from rex_celery.errors import ProviderUnavailableError
from rex_celery.flow import Call
from rex_celery.integrations.base import OutboundEmail, Receipt, always
from rex_celery.integrations.fakes import FakeEmailSender
from rex_celery.missions import control, reconcile
from rex_celery.outreach import delivery
from tests.missions import asking
from tests.missions.conftest import HandCarrier, submitted
from tests.missions.test_control import act

Owner = psycopg.Connection[tuple[object, ...]]
NIL = str(UUID(int=0))


def _wait_over(owner: Owner) -> None:
    owner.execute("UPDATE chunks SET run_after = now() WHERE state = 'waiting'")
    reconcile.run_round()


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> FakeEmailSender:
    """A mail server that does as it is told."""
    fake = FakeEmailSender()
    monkeypatch.setattr(delivery, "email_sender", lambda: fake)
    return fake


def test_a_lead_on_which_an_agent_fails_does_not_fail_its_batch(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=8)  # P4
    judged, seen = reviver.judged, []

    def one_bad(lead: object, **known: object) -> object:
        seen.append(lead)
        if len(seen) == 3:
            raise ZeroDivisionError
        return judged(lead, **known)  # type: ignore[arg-type]

    monkeypatch.setattr(reviver, "judged", one_bad)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    leads = asking.leads_of(tenant, mission)
    assert leads[("failed", "agent_failed")] == 1
    assert leads.total() == 8
    assert asking.adds_up(tenant, mission)


def test_a_piece_that_always_fails_is_tried_four_times_and_its_step_escalates(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=4)
    monkeypatch.setattr(reviver.Reviver, "load", lambda *_: 1 / 0)
    carrier.run_all()
    for _ in range(3):
        assert asking.chunks_of(tenant, mission, "revive") == {"waiting": 1}
        _wait_over(owner_connection)
        carrier.run_all()
    assert asking.state_of(tenant, mission) == "escalated"
    assert asking.leads_of(tenant, mission) == {("failed", "agent_failed"): 4}
    monkeypatch.undo()
    monkeypatch.setattr("rex_celery.broker.publish", carrier.publish)
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert asking.leads_of(tenant, mission) == {("sent", None): 3, ("skipped", "customer"): 1}


def test_a_mail_server_that_is_down_is_waited_for_then_a_person_decides_and_nothing_is_lost(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, sender: FakeEmailSender
) -> None:
    mission = submitted(tenant, leads=4)
    down = ProviderUnavailableError("No connection to the mail server.")
    sender.answers.extend([down] * 100)
    rounds = 0
    while asking.state_of(tenant, mission) != "escalated":
        rounds += 1
        assert rounds < 8
        with contextlib.suppress(Retry):
            carrier.run_all()
        _wait_over(owner_connection)
    assert asking.one(tenant, "SELECT reason FROM missions WHERE id = :id", id=mission) == "provider_unavailable"
    assert asking.leads_of(tenant, mission) == {("pending", None): 3, ("skipped", "customer"): 1}
    sender.answers.clear()
    act(control.retry, tenant, mission)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert len({letter.message_id for letter in sender.sent}) == len(sender.sent) == 3


def test_one_recipient_that_is_refused_for_now_does_not_hold_up_the_others(
    carrier: HandCarrier, tenant: UUID, sender: FakeEmailSender
) -> None:
    mission = submitted(tenant, leads=5)  # P19
    sender.answers.append(ProviderUnavailableError("451 4.7.1 greylisted"))
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert len({letter.message_id for letter in sender.sent}) == len(sender.sent) == 4


class _SlowSender(FakeEmailSender):
    """A mail server that takes its time before the first message; something happens meanwhile."""

    def __init__(self, meanwhile: Callable[[OutboundEmail], None]) -> None:
        super().__init__()
        self.meanwhile: Callable[[OutboundEmail], None] | None = meanwhile

    def send(self, message: OutboundEmail, may_leave: Callable[[], bool] = always) -> Receipt:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile(message)
        return super().send(message, may_leave)


def test_who_opts_out_while_the_mail_server_is_slow_gets_nothing(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=4)
    stopped: list[str] = []

    def opt_out(message: OutboundEmail) -> None:
        stopped.append(message.recipient.address)
        with db.transaction(tenant) as session:
            suppress(session, tenant, Person(email=stopped[0]), Stop("suppressed_opt_out", "a test"))

    slow = _SlowSender(opt_out)
    monkeypatch.setattr(delivery, "email_sender", lambda: slow)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert stopped[0] not in {letter.recipient.address for letter in slow.sent}
    assert asking.leads_of(tenant, mission) == {
        ("sent", None): 2,
        ("suppressed", "suppressed_opt_out"): 1,
        ("skipped", "customer"): 1,
    }


@pytest.mark.parametrize("what", [control.pause, control.cancel])
def test_a_mission_that_is_stopped_while_the_mail_server_is_slow_sends_nothing(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch, what: Callable[..., None]
) -> None:
    mission = submitted(tenant, leads=4)
    slow = _SlowSender(lambda _: act(what, tenant, mission))
    monkeypatch.setattr(delivery, "email_sender", lambda: slow)
    carrier.run_all()
    assert not slow.sent
    assert asking.adds_up(tenant, mission)


def test_a_mission_that_nobody_approved_stays_in_the_outbox_when_a_mail_server_is_configured_later(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=4, autonomy="suggest")
    carrier.run_all(until=lambda: any(call.task == "campaign.outreach" for call in carrier.waiting))
    fake = FakeEmailSender()
    monkeypatch.setattr(delivery, "email_sender", lambda: fake)
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert not fake.sent
    assert sorted(asking.delivered(tenant).values()) == [1] * 3


@pytest.mark.parametrize(
    "junk",
    [("not", "an", "id", 1, 1), (5, {}, None, 1, 1), (NIL, NIL, NIL, 2**40, 1), (NIL, NIL, NIL, None, 1), (NIL,)],
)
def test_a_task_that_cannot_be_read_is_kept_as_a_dead_letter(
    carrier: HandCarrier, tenant: UUID, owner_connection: Owner, junk: tuple[str | int | None, ...]
) -> None:
    assert carrier.run(Call("dead_lead.reviver", junk, "crew.dead_lead")) == "unreadable"  # F14
    kept = owner_connection.execute("SELECT task, arguments FROM dead_letters").fetchall()
    assert kept == [("dead_lead.reviver", repr(junk))]


def test_a_slow_mail_server_gets_its_chunk_in_several_shifts_and_each_message_once(
    carrier: HandCarrier, tenant: UUID, sender: FakeEmailSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = submitted(tenant, leads=8)
    looks = iter(range(10_000))
    # Every look at the clock is two minutes after the last, so that a shift of five ends after a message or two.
    monkeypatch.setattr(outreach, "monotonic", lambda: 120.0 * next(looks))
    carrier.run_all()
    assert asking.state_of(tenant, mission) == "completed"
    assert len({letter.message_id for letter in sender.sent}) == len(sender.sent) == 6
    said = [result for call, result in carrier.done if call.task == "campaign.outreach"]
    assert said.count("unfinished") >= 2
    assert asking.adds_up(tenant, mission)
