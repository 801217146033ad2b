"""One-time sign-in links."""

from uuid import uuid4

import pytest

from rex_celery.errors import UnauthenticatedError
from rex_celery.redis import client
from rex_celery.tenancy import links
from rex_celery.tenancy.access import Identity


def test_a_link_signs_in_once(database: object) -> None:
    identity = Identity("user", uuid4())
    link = links.create(identity)
    assert links.redeem(link.token) == identity
    with pytest.raises(UnauthenticatedError) as refusal:
        links.redeem(link.token)
    assert refusal.value.code == "link_expired"


def test_a_link_ends_after_ten_minutes_and_its_token_is_not_stored(database: object) -> None:
    link = links.create(Identity("key", uuid4()))
    names = [name for name in client().scan_iter("rex:link:*") if client().ttl(name) > 590]
    assert names
    assert all(link.token not in name for name in names)
    assert all(client().ttl(name) <= 600 for name in names)
