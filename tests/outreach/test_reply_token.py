"""A token in the address names one message, survives mail servers and cannot be made up."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.outreach import reply_token

SECRET = "a secret of the installation"


@given(st.uuids())
def test_a_token_names_its_message_whatever_a_server_did_to_its_case(message_id: UUID) -> None:
    written = reply_token.token(SECRET, message_id)
    assert len(written) == 32
    assert written.isalnum()
    assert {reply_token.read(SECRET, each) for each in (written, written.upper(), written.title())} == {message_id}


@given(st.text(max_size=40))
def test_any_other_word_names_none(word: str) -> None:
    assert reply_token.read(SECRET, word) is None


def test_a_changed_token_or_another_secret_names_none() -> None:
    written = reply_token.token(SECRET, uuid4())
    changed = [written[:at] + ("a" if letter != "a" else "b") + written[at + 1 :] for at, letter in enumerate(written)]
    assert [reply_token.read(SECRET, each) for each in changed] == [None] * 32
    assert reply_token.read("another secret", written) is None


def test_it_is_found_among_the_recipients() -> None:
    message_id = uuid4()
    tagged = reply_token.address(SECRET, message_id, "ada+sales@acme.example.com")
    assert tagged.startswith("ada+sales+")
    assert reply_token.find(SECRET, ["boss@acme.example.com", tagged.upper()]) == message_id
    assert reply_token.find(SECRET, ["ada@acme.example.com", "ada+news@acme.example.com", "", "+@"]) is None


def test_an_address_that_would_grow_too_long_stays_as_it_is() -> None:
    mailbox = f"{'a' * 40}@acme.example.com"
    assert reply_token.address(SECRET, uuid4(), mailbox) == mailbox
    assert reply_token.address(SECRET, uuid4(), "nobody") == "nobody"


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        reply_token.token("", uuid4())
