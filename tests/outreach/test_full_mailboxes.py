"""A full mailbox is one reader's: nobody else at their provider is written to later because of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations.base import Delivery, Outbound, ProviderEvent, Receipt, Submit
from rex_celery.outreach.facts import store
from tests.outreach.enrolled import NOON, Clock, Recorder, a_crowd

CODES = [("452 4.2.2", False), ("552 5.2.2 over quota", False), ("421 4.7.0", True), ("450 4.2.1", True), ("", True)]


class Answering(Recorder):
    """A mail server that puts everything off with one code."""

    def __init__(self, code: str) -> None:
        super().__init__(answer=Delivery.DEFERRED)
        self._code = code

    def send(self, messages: Sequence[Outbound], submit: Submit) -> list[Receipt]:
        return [replace(receipt, code=self._code) for receipt in super().send(messages, submit)]


def slowed(tenant: UUID) -> bool:
    with db.transaction(tenant) as session:
        return bool(session.scalar(text("SELECT count(*) FROM recipient_paces")))


@pytest.mark.parametrize("kind", ["blocked", "deferred"])
@pytest.mark.parametrize(("code", "slows"), CODES)
def test_what_is_told_of_a_full_mailbox_slows_nobody_down(tenant: UUID, kind: str, code: str, *, slows: bool) -> None:
    crowd, at = a_crowd(tenant, provider="smtp"), Clock()
    crowd.send(at, Recorder())
    told = ProviderEvent(
        "dsn", "e1", kind, "dsn", NOON + timedelta(minutes=1), message_id=crowd.rows()[0].id, code=code
    )
    with db.transaction(tenant) as session:
        assert store(session, tenant, [told], at.on(minutes=2)).new == 1
    assert slowed(tenant) is slows


@pytest.mark.parametrize(("code", "slows"), CODES[:-1])
def test_a_mail_server_that_says_so_at_once_is_heard_alike(tenant: UUID, code: str, *, slows: bool) -> None:
    crowd = a_crowd(tenant, provider="smtp")
    crowd.send(Clock(), Answering(code))
    assert crowd.states() == ["planned"]
    assert slowed(tenant) is slows
