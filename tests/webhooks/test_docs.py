"""The function in docs/webhooks.md that receivers copy does what it says."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from rex_celery import clock
from rex_celery.webhooks import signing
from tests.architecture.source import CHECKOUT

Check = Callable[..., bool]
BODY = '{"name":"Zoë"}'.encode()


@pytest.fixture(scope="module")
def is_from_rex() -> Check:
    (snippet,) = re.findall(r"```python\n(.*?)```", (CHECKOUT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    known: dict[str, Check] = {}
    exec(snippet, known)  # noqa: S102  our own page
    return known["is_from_rex"]


def test_it_accepts_what_is_signed_by_either_secret(is_from_rex: Check) -> None:
    header = signing.signature(["new", "old"], BODY, clock.now())
    assert is_from_rex("new", header, BODY)
    assert is_from_rex("old", header, BODY)


def test_it_refuses_everything_else(is_from_rex: Check) -> None:
    now = clock.now()
    header = signing.signature(["secret"], BODY, now)
    moment = str(int(now.timestamp()))
    assert not is_from_rex("other", header, BODY)
    assert not is_from_rex("secret", header, BODY + b" ")
    assert not is_from_rex("secret", header.replace(moment, str(int(moment) + 1)), BODY)
    assert not is_from_rex("secret", header.replace("v1=", "v0="), BODY)
    assert not is_from_rex("secret", "", BODY)
    assert not is_from_rex("secret", "t=soon,v1=é", BODY)
    assert not is_from_rex("secret", signing.signature(["secret"], BODY, now - timedelta(minutes=6)), BODY)
