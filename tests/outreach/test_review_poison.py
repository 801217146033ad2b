"""One message that no sender can deal with holds up nobody: the others leave, and it ends as failed (P4)."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from rex_celery import db
from rex_celery.integrations import one_by_one
from rex_celery.integrations.base import Delivery, Outbound, Receipt, Submit
from rex_celery.outreach import unknowns
from tests.outreach.enrolled import NOON, Clock, Recorder, a_crowd


class Choking(Recorder):
    """Chokes on one message: before it asks, or with the message in its hands."""

    def __init__(self, *, late: bool, each: bool) -> None:
        super().__init__()
        self.late, self.each, self.poison, self.tries = late, each, UUID(int=0), Counter[UUID]()

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        if self.each:
            return one_by_one.send_each(messages, "smtp", lambda one: self._all([one], submit)[0])
        return self._all(messages, submit)

    def _all(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        ids = {one.id for one in messages}
        if self.poison in ids:
            self.tries[self.poison] += 1
            if self.late:
                submit(ids)
            raise ValueError("a letter that nobody can write")
        return super().send(messages, submit)


@pytest.mark.parametrize("each", [True, False])
@pytest.mark.parametrize("late", [True, False])
def test_a_message_that_cannot_be_handed_over_holds_up_no_other(tenant: UUID, *, late: bool, each: bool) -> None:
    crowd, at, provider = a_crowd(tenant, 6, provider="smtp"), Clock(), Choking(late=late, each=each)
    provider.poison = crowd.rows()[0].id  # type: ignore[attr-defined]
    together = late and not each  # what was handed over with it may have left
    assert crowd.send(at, provider) == (6 if together or late else 5)
    for _ in range(12):
        at.on(minutes=20)
        crowd.send(at, provider)
        with db.transaction(tenant) as session:
            unknowns.settle(session, tenant, at())
    assert provider.tries[provider.poison] < 12
    assert Counter(crowd.states())["accepted"] >= (6 if late else 5)
    assert len(provider.sent) == (0 if together else 5)


def test_what_cannot_be_handed_over_is_given_up_in_the_end(tenant: UUID) -> None:
    crowd, at, provider = a_crowd(tenant, provider="smtp", timezone="UTC"), Clock(), Choking(late=False, each=True)
    provider.poison = crowd.rows()[0].id  # type: ignore[attr-defined]
    while at() < NOON + timedelta(days=10) and crowd.states() == ["planned"]:
        crowd.send(at, provider)
        at.on(hours=2)
    assert crowd.states() == ["failed"]
    assert provider.tries[provider.poison] < 12


def test_earlier_receipts_outlive_a_later_message_that_chokes() -> None:
    def hand_over(one: Outbound) -> Receipt:
        if one.id.int == 2:
            raise ValueError("a letter that nobody can write")
        return Receipt(Delivery.ACCEPTED, "smtp")

    given = [Outbound(UUID(int=n), content=None) for n in (1, 2, 3)]  # type: ignore[arg-type]
    assert [one.id.int for one in one_by_one.send_each(given, "smtp", hand_over) if one.id] == [1, 3]
