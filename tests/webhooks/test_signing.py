"""Signatures that receivers can check with any library."""

from datetime import UTC, datetime

from rex_celery.webhooks import signing

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_the_golden_vector() -> None:
    # printf '1780315200.{"a":"\u00e9","b":1}' | openssl dgst -sha256 -hmac whsec_test
    body = signing.body({"b": 1, "a": "é"})
    assert body == '{"a":"é","b":1}'.encode()
    assert (
        signing.signature(["whsec_test"], body, AT)
        == "t=1780315200,v1=e3da42c9f7ecc692a493d7142aa0111c42ad329a331956786803f01de852b88b"
    )


def test_two_secrets_sign_side_by_side() -> None:
    one, other = (signing.signature([secret], b"x", AT).partition(",")[2] for secret in ("a", "b"))
    assert signing.signature(["a", "b"], b"x", AT) == f"t=1780315200,{one},{other}"


def test_secrets_are_long_and_differ() -> None:
    made = {signing.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.startswith("whsec_") and len(secret) > 40 for secret in made)
