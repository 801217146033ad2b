"""Reading a mailbox of a real Dovecot, which must not notice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from rex_celery import clock
from rex_celery.errors import ProviderUnavailableError
from rex_celery.integrations import imap
from rex_celery.integrations.imap import Batch, Cursor, FolderUnavailableError, ImapMailbox, ImapServer
from tests.doubles import dovecot
from tests.doubles.dovecot import PASSWORD, Dovecot

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


def a_mail(number: int = 1, words: str = "Yes, let us talk.") -> bytes:
    return f"From: grace@example.com\r\nMessage-ID: <{number}@example.com>\r\nSubject: Hi\r\n\r\n{words}\r\n".encode()


def poll(server: Dovecot, user: str, cursor: Cursor | None = None, folder: str = "INBOX") -> Batch:
    now = clock.now()
    with ImapMailbox(server.server(user)) as mailbox:
        return mailbox.poll(folder, cursor, (now - timedelta(days=1)).date(), now)


def test_a_new_mail_is_read_once_byte_for_byte(server: Dovecot, user: str) -> None:
    server.deliver(user, a_mail())
    first = poll(server, user)
    assert [mail.raw for mail in first.mails] == [a_mail()]
    assert abs(first.mails[0].received_at - clock.now()) < timedelta(minutes=1)
    assert poll(server, user, first.cursor).mails == ()
    server.deliver(user, a_mail(2))
    assert [mail.raw for mail in poll(server, user, first.cursor).mails] == [a_mail(2)]


def test_nothing_is_changed_in_the_mailbox(server: Dovecot, user: str) -> None:
    server.deliver(user, a_mail(), a_mail(2))
    assert len(poll(server, user).mails) == 2
    with server.signed_in(user) as client:
        client.select("INBOX")
        assert client.search(None, "UNSEEN")[1] == [b"1 2"]
        assert client.search(None, "RECENT")[1] == [b"1 2"]


def test_each_folder_is_read_for_itself(server: Dovecot, user: str) -> None:
    server.deliver(user, a_mail(1))
    server.deliver(user, a_mail(2), folder="Spam")
    assert [mail.raw for mail in poll(server, user).mails] == [a_mail(1)]
    assert [mail.raw for mail in poll(server, user, folder="Spam").mails] == [a_mail(2)]


def test_answers_are_looked_for_in_the_inbox_and_in_the_spam_folder(server: Dovecot, user: str) -> None:
    with ImapMailbox(server.server(user)) as mailbox:
        assert mailbox.folders() == ["INBOX", "Spam"]


def test_a_folder_that_was_made_anew_is_read_anew(server: Dovecot, user: str) -> None:
    with server.signed_in(user) as client:
        client.create("Replies")
    server.deliver(user, a_mail(1), a_mail(2), folder="Replies")
    before = poll(server, user, folder="Replies").cursor
    with server.signed_in(user) as client:
        client.delete("Replies")
        client.create("Replies")
    server.deliver(user, a_mail(3), folder="Replies")
    after = poll(server, user, before, "Replies")
    assert after.cursor.uid_validity != before.uid_validity
    assert [mail.raw for mail in after.mails] == [a_mail(3)]


def test_three_hundred_mails_come_in_two_polls(server: Dovecot, user: str) -> None:
    server.deliver(user, *(a_mail(number) for number in range(300)))
    first = poll(server, user)
    second = poll(server, user, first.cursor)
    assert [len(first.mails), len(second.mails)] == [200, 100]
    assert {mail.raw for mail in first.mails + second.mails} == {a_mail(number) for number in range(300)}


def test_a_poll_ends_when_it_has_enough_bytes(server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "MOST_BYTES", 250)
    server.deliver(user, *(a_mail(number) for number in range(5)))
    first = poll(server, user)
    assert len(first.mails) == 2
    assert len(poll(server, user, first.cursor).mails) == 2


def test_a_mail_that_is_too_big_is_passed_over(server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BIGGEST_MAIL", 1000)
    server.deliver(user, a_mail(1), a_mail(2, "x" * 2000), a_mail(3))
    batch = poll(server, user)
    assert [mail.raw for mail in batch.mails] == [a_mail(1), a_mail(3)]
    assert batch.skipped == 1
    assert batch.cursor.last_uid == 3


def test_mail_from_before_is_left_alone(server: Dovecot, user: str) -> None:
    server.deliver(user, a_mail(1), at=datetime(2020, 5, 1, 12, tzinfo=UTC))
    server.deliver(user, a_mail(2))
    assert [mail.raw for mail in poll(server, user).mails] == [a_mail(2)]


def test_a_date_in_the_future_is_not_believed(server: Dovecot, user: str) -> None:
    server.deliver(user, a_mail(), at=datetime(2036, 5, 1, 12, tzinfo=UTC))
    assert poll(server, user).mails[0].received_at <= clock.now()


def test_a_missing_folder_is_named(server: Dovecot, user: str) -> None:
    with pytest.raises(FolderUnavailableError, match="no folder 'Nowhere'"):
        poll(server, user, folder="Nowhere")


@pytest.mark.parametrize("password", ["wrong", "fälsch", 'quo"te\\'])
def test_a_wrong_password_is_told_as_such(server: Dovecot, user: str, password: str) -> None:
    with (
        pytest.raises(ProviderUnavailableError, match="refuses the sign-in"),
        ImapMailbox(server.server(user, password)),
    ):
        pass


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(server: Dovecot, user: str, security: str) -> None:
    port = server.tls_port if security == "tls" else server.port
    with (
        pytest.raises(ProviderUnavailableError, match="certificate"),
        ImapMailbox(ImapServer("127.0.0.1", user, PASSWORD, port=port, security=security)),
    ):
        pass


def test_a_server_that_is_down_may_be_asked_again() -> None:
    with dovecot.running() as served:
        gone = served.server("ada")
    with pytest.raises(ProviderUnavailableError, match="No connection"), ImapMailbox(gone):
        pass
