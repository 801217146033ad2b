"""Unsubscribe links."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.compliance import unsubscribe
from rex_celery.errors import NotFoundError

SECRET = "a secret of this installation"
TENANT, MESSAGE = uuid4(), uuid4()


def test_a_link_leads_back_to_its_tenant_and_message_as_often_as_it_is_used() -> None:
    link = unsubscribe.link("https://rex.example/", SECRET, TENANT, MESSAGE)
    assert link.startswith("https://rex.example/u/")
    token = link.rpartition("/")[2]
    assert {unsubscribe.read(token, SECRET) for _ in range(3)} == {(TENANT, MESSAGE)}


def test_a_link_is_short_and_needs_no_escaping() -> None:
    token = unsubscribe.token(SECRET, TENANT, MESSAGE)
    assert len(token) < 100
    assert all(character.isalnum() or character in "-_." for character in token)


def test_a_link_made_with_another_secret_is_refused() -> None:
    with pytest.raises(NotFoundError) as refusal:
        unsubscribe.read(unsubscribe.token("another", TENANT, MESSAGE), SECRET)
    assert refusal.value.code == "invalid_link"
    assert refusal.value.action


def test_a_link_for_another_message_cannot_be_made_from_a_known_one() -> None:
    ids = unsubscribe.token(SECRET, TENANT, MESSAGE).partition(".")[0]
    signature = unsubscribe.token(SECRET, TENANT, uuid4()).partition(".")[2]
    with pytest.raises(NotFoundError):
        unsubscribe.read(f"{ids}.{signature}", SECRET)


@given(st.text())
def test_nonsense_is_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(NotFoundError):
        unsubscribe.read(text, SECRET)


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        unsubscribe.token("", TENANT, MESSAGE)
