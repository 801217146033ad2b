"""Secrets at rest: unreadable without the key, and which key it takes can change."""

import pytest
from pydantic import SecretStr

from rex_celery import config
from rex_celery.config import Settings
from rex_celery.errors import RefusedError
from rex_celery.tenancy import credentials

SECRET = {"api_key": "SG.only-for-tests", "note": "ключ ✓"}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    known = Settings(secret_key=SecretStr("the first key"))
    monkeypatch.setattr(config, "settings", lambda: known)
    return known


def test_what_was_encrypted_can_be_read_again() -> None:
    assert credentials.decrypt(credentials.encrypt(SECRET)) == SECRET


def test_nothing_of_it_can_be_seen_and_no_two_look_alike() -> None:
    one, other = credentials.encrypt(SECRET), credentials.encrypt(SECRET)
    assert one != other
    assert one.startswith(b"rex1:")
    assert b"SG." not in one
    assert b"api_key" not in one


def test_no_secret_is_an_empty_one() -> None:
    assert credentials.decrypt(None) == {}
    assert credentials.decrypt(b"") == {}


def test_another_key_is_refused_with_what_would_help(settings: Settings) -> None:
    stored = credentials.encrypt(SECRET)
    settings.secret_key = SecretStr("another key")
    with pytest.raises(RefusedError) as refusal:
        credentials.decrypt(stored)
    assert refusal.value.code == "credentials_unreadable"
    assert "REX_SECRET_KEY_BEFORE" in refusal.value.action
    assert "SG." not in str(refusal.value)


def test_a_key_can_be_changed_while_what_the_one_before_wrote_is_still_read(settings: Settings) -> None:
    stored = credentials.encrypt(SECRET)
    settings.secret_key, settings.secret_key_before = SecretStr("another key"), SecretStr("the first key")
    assert credentials.decrypt(stored) == SECRET
    renewed = credentials.encrypt(SECRET)
    settings.secret_key_before = SecretStr("")
    assert credentials.decrypt(renewed) == SECRET


@pytest.mark.parametrize("place", [0, 5, 20, -1])
def test_what_was_tampered_with_is_refused(place: int) -> None:
    stored = bytearray(credentials.encrypt(SECRET))
    stored[place] ^= 1
    with pytest.raises(RefusedError):
        credentials.decrypt(bytes(stored))


def test_without_a_key_nothing_is_stored(settings: Settings) -> None:
    settings.secret_key = SecretStr("")
    with pytest.raises(RefusedError, match="REX_SECRET_KEY"):
        credentials.encrypt(SECRET)
