"""Connected mailboxes of a real Dovecot: every mail kept once, whoever reads and whatever breaks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import Row, text

from rex_celery import clock, config, db
from rex_celery.models import Connection
from rex_celery.outreach import connection_test, connections, mailboxes, receiving
from rex_celery.tenancy import credentials
from tests.doubles import dovecot
from tests.doubles.dovecot import PASSWORD, Dovecot
from tests.factories import a_connection
from tests.outreach.coming_in import column, ours
from tests.outreach.enrolled import Clock, Recorder, a_crowd

_users = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    """One for all the tests of this file; each has a user of its own."""
    with dovecot.running() as served:
        yield served


@pytest.fixture
def user() -> str:
    """Whose mailbox is empty."""
    return f"ada{next(_users)}"


@pytest.fixture(autouse=True)
def secret_key(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Secrets can be encrypted."""
    monkeypatch.setenv("REX_SECRET_KEY", "k" * 40)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def connected(tenant: UUID, server: Dovecot, user: str, password: str = PASSWORD, **settings: object) -> UUID:
    """A mailbox that this tenant has connected."""
    known = {"host": "127.0.0.1", "port": server.port, "security": "none", "username": user}
    with db.transaction(tenant) as session:
        secret = credentials.encrypt({"password": password})
        return a_connection(session, tenant, provider="imap", settings=known | settings, secret=secret).id


def a_mail(number: object = 1, words: str = "Yes, let us talk.") -> bytes:
    return f"From: grace@example.com\r\nMessage-ID: <{number}@example.com>\r\nSubject: Hi\r\n\r\n{words}\r\n".encode()


def kept(tenant: UUID) -> list[str]:
    with db.transaction(tenant) as session:
        return sorted(session.scalars(text("SELECT event_id FROM inbound_events WHERE kind = 'imap'")))


def cursor(tenant: UUID, folder: str = "INBOX") -> Row[tuple[object, ...]]:
    with db.transaction(tenant) as session:
        return session.execute(text("SELECT * FROM imap_cursors WHERE folder = :f"), {"f": folder}).one()


def rested(tenant: UUID) -> None:
    """Let the time of rest have passed."""
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE imap_cursors SET retry_at = NULL"))


def test_new_mail_is_kept_as_it_came_and_once(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user)
    server.deliver(user, a_mail(1), a_mail(2))
    assert [mailboxes.poll(tenant, connection) for _ in range(2)] == ["read", "read"]
    assert kept(tenant) == ["<1@example.com>", "<2@example.com>"]
    with db.transaction(tenant) as session:
        row = session.execute(text("SELECT * FROM inbound_events ORDER BY id LIMIT 1")).one()
    assert bytes(row.raw) == a_mail(1)
    assert (row.provider, row.connection_id, row.payload["folder"], row.payload["uid"]) == (
        "imap",
        connection,
        "INBOX",
        1,
    )
    assert abs(datetime.fromisoformat(row.payload["received_at"]) - clock.now()) < timedelta(minutes=1)


def test_answers_in_the_spam_folder_are_found_and_a_copy_in_both_counts_once(
    tenant: UUID, server: Dovecot, user: str
) -> None:
    connection = connected(tenant, server, user)
    server.deliver(user, a_mail(1))
    server.deliver(user, a_mail(1), a_mail(2), folder="Spam")
    assert mailboxes.poll(tenant, connection) == "read"
    assert kept(tenant) == ["<1@example.com>", "<2@example.com>"]


def test_a_folder_made_anew_does_not_bring_its_mail_twice(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user, folders=["Replies"])
    with server.signed_in(user) as client:
        client.create("Replies")
    server.deliver(user, a_mail(1), a_mail(2), folder="Replies")
    mailboxes.poll(tenant, connection)
    before = cursor(tenant, "Replies").uid_validity
    with server.signed_in(user) as client:
        client.delete("Replies")
        client.create("Replies")
    server.deliver(user, a_mail(2), a_mail(3), folder="Replies")
    mailboxes.poll(tenant, connection)
    assert cursor(tenant, "Replies").uid_validity != before
    assert kept(tenant) == ["<1@example.com>", "<2@example.com>", "<3@example.com>"]


def test_three_hundred_mails_are_kept_by_two_polls(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user)
    server.deliver(user, *(a_mail(number) for number in range(300)))
    mailboxes.poll(tenant, connection)
    assert len(kept(tenant)) == 200
    mailboxes.poll(tenant, connection)
    assert len(kept(tenant)) == 300


def test_a_server_that_is_down_rests_ever_longer_up_to_a_quarter_of_an_hour(tenant: UUID, server: Dovecot) -> None:
    connection = connected(tenant, server, "ada", port=1)
    waits = []
    for _ in range(8):
        assert mailboxes.poll(tenant, connection) == "resting"
        found = cursor(tenant)
        waits.append(found.retry_at - found.polled_at)
        assert mailboxes.poll(tenant, connection) == "busy"
        rested(tenant)
    assert [round(wait.total_seconds()) for wait in waits] == [30, 60, 120, 240, 480, 900, 900, 900]
    assert "No connection" in cursor(tenant).error


def test_a_server_that_is_back_is_read_and_its_trouble_forgotten(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user, password="wrong")
    server.deliver(user, a_mail())
    assert mailboxes.poll(tenant, connection) == "resting"
    assert told(tenant, connection) == "The mailbox refuses the sign-in: check user name and password."
    with db.transaction(tenant) as session:
        session.get_one(Connection, connection).secret = credentials.encrypt({"password": PASSWORD})
    rested(tenant)
    assert mailboxes.poll(tenant, connection) == "read"
    assert kept(tenant) == ["<1@example.com>"]
    assert told(tenant, connection) is None
    assert (cursor(tenant).failures, cursor(tenant).error) == (0, None)


def told(tenant: UUID, connection: UUID) -> str | None:
    with db.transaction(tenant) as session:
        return session.get_one(Connection, connection).error


def test_a_missing_folder_does_not_keep_the_others_from_being_read(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user, folders=["Nowhere", "INBOX"])
    server.deliver(user, a_mail())
    assert mailboxes.poll(tenant, connection) == "resting"
    assert kept(tenant) == ["<1@example.com>"]
    assert "no folder 'Nowhere'" in cursor(tenant, "Nowhere").error


def test_a_secret_that_cannot_be_read_is_told(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user)
    with db.transaction(tenant) as session:
        session.get_one(Connection, connection).secret = b"rex1:00000000:damaged"
    assert mailboxes.poll(tenant, connection) == "resting"
    assert "credentials cannot be read" in cursor(tenant).error


def test_one_reader_at_a_time(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user)
    server.deliver(user, *(a_mail(number) for number in range(20)))
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: mailboxes.poll(tenant, connection), range(4)))
    assert "read" in said
    assert set(said) <= {"busy", "read"}
    assert len(kept(tenant)) == 20


def test_a_reader_that_lost_its_lease_keeps_nothing(
    tenant: UUID, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = connected(tenant, server, user)
    server.deliver(user, a_mail())
    poll = mailboxes.ImapMailbox.poll

    def slowly(*arguments: object) -> object:
        batch = poll(*arguments)  # type: ignore[arg-type]
        with db.transaction(tenant) as session:
            session.execute(text("UPDATE imap_cursors SET retry_at = :other"), {"other": clock.now() + mailboxes.LEASE})
        return batch

    monkeypatch.setattr(mailboxes.ImapMailbox, "poll", slowly)
    mailboxes.poll(tenant, connection)
    assert kept(tenant) == []
    monkeypatch.undo()
    rested(tenant)
    mailboxes.poll(tenant, connection)
    assert kept(tenant) == ["<1@example.com>"]


def test_a_connection_is_tested_by_signing_in(tenant: UUID, server: Dovecot, user: str) -> None:
    right, wrong = connected(tenant, server, user), connected(tenant, server, user, password="wrong")
    with db.transaction(tenant) as session:
        rows = [connections.stored(session, one) for one in (right, wrong)]
    found = [connection_test.ask(row) for row in rows]
    assert [one.works for one in found] == [True, False]
    assert "refuses the sign-in" in found[1].detail


def test_a_disabled_connection_is_left_alone(tenant: UUID, server: Dovecot, user: str) -> None:
    connection = connected(tenant, server, user)
    with db.transaction(tenant) as session:
        session.get_one(Connection, connection).state = "disabled"
    assert mailboxes.poll(tenant, connection) == "gone"


def test_the_look_makes_a_task_for_each_mailbox_that_does_not_rest(
    tenant: UUID, other_tenant: UUID, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[object, ...]] = []
    monkeypatch.setattr(mailboxes.broker, "publish", lambda calls: sent.extend((c.task, *c.arguments) for c in calls))
    due, resting = connected(tenant, server, user), connected(tenant, server, user, port=1)
    theirs = connected(other_tenant, server, user)
    off = connected(tenant, server, user)
    mailboxes.poll(tenant, resting)
    with db.transaction(tenant) as session:
        session.get_one(Connection, off).state = "disabled"
        a_connection(session, tenant, provider="smtp")
    mailboxes.poll_due()
    mine = [one[1:] for one in sent if one[1] in {str(tenant), str(other_tenant)}]
    assert sorted(mine) == sorted([(str(tenant), str(due)), (str(other_tenant), str(theirs))])


def test_an_answer_in_the_mailbox_ends_the_sequence(tenant: UUID, server: Dovecot, user: str) -> None:
    crowd = a_crowd(tenant, email="grace@example.com", provider="smtp")
    crowd.send(Clock(), Recorder())
    connection = connected(tenant, server, user)
    server.deliver(user, a_mail(1).replace(b"Subject:", f"In-Reply-To: {ours(crowd)}\r\nSubject:".encode()))
    mailboxes.poll(tenant, connection)
    receiving.run_round()
    assert column(tenant, "SELECT state FROM inbound_events") == ["applied"]
    assert column(tenant, "SELECT kind || ' by ' || matched_by FROM replies") == ["reply by in_reply_to"]
    assert column(tenant, "SELECT state FROM enrolments") == ["stopped"]
