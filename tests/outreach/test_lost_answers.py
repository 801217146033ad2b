"""A provider that takes a message and never says so: nobody gets it twice, and every unknown is resolved (P3)."""

from collections import Counter
from random import Random
from uuid import UUID

from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations.base import Delivery, Outbound, ProviderEvent, Receipt, Submit
from rex_celery.integrations.one_by_one import broken_off
from rex_celery.outreach import unknowns
from rex_celery.outreach.facts import store
from tests.outreach.enrolled import Clock, a_crowd


class Forgetful:
    """Takes everything; of one in ten the answer is lost, of others the whole call breaks off after some were taken."""

    most = 1000
    reports_delivery = True

    def __init__(self, seed: int) -> None:
        self.random, self.taken = Random(seed), Counter[UUID]()  # noqa: S311  a seeded fake

    def send(self, messages: list[Outbound], submit: Submit) -> list[Receipt]:
        receipts: list[Receipt] = []
        for one in messages:
            if not submit([one.id]):
                receipts.append(Receipt(Delivery.WITHDRAWN, "sendgrid", id=one.id))
                continue
            self.taken[one.id] += 1
            drawn = self.random.random()
            if drawn < 0.01:
                receipts.append(Receipt(Delivery.UNKNOWN, "sendgrid", id=one.id))
                raise broken_off(messages, "sendgrid", receipts, ProviderUnavailableError("reset"))
            kind = Delivery.UNKNOWN if drawn < 0.11 else Delivery.ACCEPTED
            receipts.append(Receipt(kind, "sendgrid", f"sg-{one.id}", id=one.id))
        return receipts


def test_one_in_ten_answers_is_lost_and_nobody_gets_a_message_twice(tenant: UUID) -> None:
    crowd, provider, at = a_crowd(tenant, 300, provider="sendgrid"), Forgetful(7), Clock()
    for _ in range(40):
        crowd.send(at, provider)  # type: ignore[arg-type]
        at.on(minutes=20)
        with db.transaction(tenant) as session:
            unknowns.settle(session, tenant, at())
    assert set(provider.taken.values()) == {1}
    assert len(provider.taken) == 300
    assert set(crowd.states()) == {"accepted"}
    with db.transaction(tenant) as session:
        lost = session.execute(
            text("SELECT count(*) FROM messages WHERE reason = 'unknown_result_assumed_sent'")
        ).scalar_one()
        assert session.execute(text("SELECT count(*) FROM outcomes WHERE state = 'sent'")).scalar_one() == 300
    assert 10 < lost < 120


def test_word_from_the_provider_resolves_an_unknown_at_once(tenant: UUID) -> None:
    crowd, provider, at = a_crowd(tenant, 30, provider="sendgrid"), Forgetful(3), Clock()
    crowd.send(at, provider)  # type: ignore[arg-type]
    assert "unknown" in crowd.states()
    events = [ProviderEvent("sendgrid", str(id_), "delivered", "webhook", at(), id_) for id_ in provider.taken]
    with db.transaction(tenant) as session:
        store(session, tenant, events, at())
    assert {row.state for row in crowd.rows() if row.id in provider.taken} == {"delivered"}
