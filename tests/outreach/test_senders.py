"""Which inbox writes to whom."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.integrations.base import Mailbox
from rex_celery.outreach import senders
from tests.factories import a_connection, a_lead, a_message, a_mission, an_inbox

ADA = Mailbox("ada@acme.example.com", "Ada Sender")
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def chosen(tenant: UUID, channel: str = "email", count: int = 1, default: Mailbox = ADA) -> list[UUID]:
    with db.transaction(tenant) as session:
        return senders.choose(session, tenant, channel, count, default)


def inboxes(tenant: UUID) -> list[tuple[object, ...]]:
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT channel, provider, address, name, domain FROM inboxes ORDER BY 1, 2, 3"))
        return [tuple(row) for row in rows]


@pytest.fixture
def own(tenant: UUID) -> dict[str, UUID]:
    """Two inboxes at SendGrid; the second may send twice as much."""
    with db.transaction(tenant) as session:
        connection = a_connection(session, tenant).id
        fields = {"provider": "sendgrid", "connection_id": connection}
        caps = {"small": 50, "large": 100}
        return {name: an_inbox(session, tenant, per_day=cap, **fields).id for name, cap in caps.items()}


def set_state(tenant: UUID, table: str, id_: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        session.execute(text(f"UPDATE {table} SET state = :state WHERE id = :id"), {"state": state, "id": id_})


def test_without_an_inbox_the_outbox_takes_email_under_the_missions_own_sender(tenant: UUID) -> None:
    first = chosen(tenant, count=3)
    assert len(set(first)) == 1
    assert chosen(tenant) == first[:1]
    assert inboxes(tenant) == [("email", "outbox", "ada@acme.example.com", "Ada Sender", "example.com")]


def test_a_mail_server_in_the_settings_comes_before_the_outbox(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen(tenant)
    monkeypatch.setattr(config.settings(), "smtp_host", "mail.example.com")
    mine = chosen(tenant)
    other = chosen(tenant, default=Mailbox("bob@acme.example.com"))
    assert mine != other
    assert [row[1:3] for row in inboxes(tenant)] == [
        ("outbox", "ada@acme.example.com"),
        ("smtp", "ada@acme.example.com"),
        ("smtp", "bob@acme.example.com"),
    ]


def test_texts_go_to_the_outbox_and_linkedin_to_a_person(tenant: UUID) -> None:
    chosen(tenant, "sms")
    chosen(tenant, "linkedin")
    assert [row[:3] for row in inboxes(tenant)] == [("linkedin", "manual", "by hand"), ("sms", "outbox", "outbox")]


def test_people_are_spread_by_what_each_inbox_may_send_a_day(tenant: UUID, own: dict[str, UUID]) -> None:
    count = Counter(chosen(tenant, count=30))
    assert count == {own["small"]: 10, own["large"]: 20}
    assert chosen(tenant, count=30) == chosen(tenant, count=30)


def test_an_inbox_with_work_waiting_gets_fewer(tenant: UUID, own: dict[str, UUID]) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        for _ in range(10):
            lead = a_lead(session, tenant)
            a_message(session, mission, lead, inbox_id=own["large"], run_after=NOW)
    assert chosen(tenant, count=5) == [own["small"]] * 5


def test_a_paused_inbox_gets_nobody_while_another_sends(tenant: UUID, own: dict[str, UUID]) -> None:
    set_state(tenant, "inboxes", own["large"], "paused")
    assert set(chosen(tenant, count=5)) == {own["small"]}


def test_when_none_sends_people_wait_there_and_are_not_sent_to_by_the_outbox(
    tenant: UUID, own: dict[str, UUID]
) -> None:
    for inbox in own.values():
        set_state(tenant, "inboxes", inbox, "suspended")
    assert set(chosen(tenant, count=6)) == set(own.values())
    assert {row[1] for row in inboxes(tenant)} == {"sendgrid"}


def test_an_inbox_whose_connection_is_disabled_counts_as_one_that_does_not_send(
    tenant: UUID, own: dict[str, UUID]
) -> None:
    with db.transaction(tenant) as session:
        disabled = a_connection(session, tenant, state="disabled").id
        an_inbox(session, tenant, provider="sendgrid", connection_id=disabled, per_day=10_000)
    assert set(chosen(tenant, count=9)) == set(own.values())


def test_a_cap_of_zero_gets_nobody(tenant: UUID, own: dict[str, UUID]) -> None:
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inboxes SET per_day = 0 WHERE id = :id"), {"id": own["large"]})
    assert set(chosen(tenant, count=5)) == {own["small"]}
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inboxes SET per_day = 0"))
    assert len(chosen(tenant, count=5)) == 5


def test_an_own_inbox_on_one_channel_changes_nothing_on_another(tenant: UUID, own: dict[str, UUID]) -> None:
    assert set(chosen(tenant, "sms")).isdisjoint(own.values())


def test_two_at_once_make_one_inbox(tenant: UUID) -> None:
    with ThreadPoolExecutor(1) as pool:
        with db.transaction(tenant) as session:
            first = senders.choose(session, tenant, "email", 1, ADA)
            other = pool.submit(chosen, tenant)
            # It found none either, and waits for this one to be committed.
            while not session.execute(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")).scalar():
                assert not other.done()
        assert other.result() == first
    assert len(inboxes(tenant)) == 1
