"""What a mail server's answer means."""

import pytest

from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations.smtp_replies import error_for, reason_of
from rex_celery.reasons import REASONS


@pytest.mark.parametrize(
    ("code", "text"), [(421, b"4.7.0 Try again later"), (450, b"Mailbox busy"), (452, "4.2.2 full")]
)
def test_four_hundreds_may_be_tried_again(code: int, text: bytes | str) -> None:
    assert isinstance(error_for(code, text), ProviderUnavailableError)


@pytest.mark.parametrize(
    ("code", "text", "full", "reason"),
    [
        (550, b"5.1.1 No such user", "550 5.1.1", "invalid_mailbox"),
        (550, b"Requested action not taken: user unknown", "550 5.1.1", "invalid_mailbox"),
        (550, b"5.7.26 Unauthenticated email is not accepted", "550 5.7.26", "sender_unauthenticated"),
        (550, b"5.7.9 This mail has been blocked", "550 5.7.9", "sender_unauthenticated"),
        (550, b"5.7.515 Access denied", "550 5.7.515", "sender_unauthenticated"),
        (550, b"5.7.26 user unknown", "550 5.7.26", "sender_unauthenticated"),
        (554, b"5.7.1 Message refused", "554 5.7.1", "provider_rejected"),
        (552, b"too large \xff", "552", "provider_rejected"),
    ],
)
def test_five_hundreds_are_told_apart_by_whose_turn_it_is(code: int, text: bytes, full: str, reason: str) -> None:
    error = error_for(code, text)
    assert isinstance(error, ProviderRejectedError)
    assert error.code == full
    assert reason_of(error.code) == reason
    assert reason in REASONS


def test_an_answer_in_the_error_tells_no_address() -> None:
    assert "kim@" not in error_for(550, b"5.1.1 <kim@example.com> unknown").detail
