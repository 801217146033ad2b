"""Keys and roles."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from rex_celery.tenancy import access, keys
from rex_celery.tenancy.access import Identity, Role
from tests.tenancy.keys_of import a_key


def test_a_key_is_known_by_its_holder_only_and_stored_as_a_hash(tenant: UUID) -> None:
    plaintext = a_key(tenant, Role.OPERATOR)
    with db.control() as session:
        stored = session.execute(
            text("SELECT key_hash, prefix FROM api_keys WHERE tenant_id = :t"), {"t": tenant}
        ).one()
    assert plaintext not in stored.key_hash
    assert plaintext.startswith(f"rex_{stored.prefix}_")
    assert len(plaintext) == len("rex_") + 8 + 1 + 43
    caller = access.authenticate(plaintext)
    assert (caller.tenant_id, caller.role, caller.actor) == (tenant, Role.OPERATOR, f"key:{stored.prefix}")
    with pytest.raises(UnauthenticatedError):
        access.authenticate(plaintext[:-1])


def test_a_revoked_key_stops_working_at_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        key = keys.create(session, name="n8n", role=Role.VIEWER, actor="test")
    access.authenticate(key.plaintext)
    with db.transaction(tenant) as session:
        keys.revoke(session, key.id, actor="test")
    with pytest.raises(UnauthenticatedError) as refusal:
        access.authenticate(key.plaintext)
    assert refusal.value.code == "key_revoked"


def test_an_expired_key_does_not_work(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        past = clock.now() - timedelta(seconds=1)
        key = keys.create(session, name="old", role=Role.VIEWER, actor="test", expires_at=past)
    with pytest.raises(UnauthenticatedError) as refusal:
        access.authenticate(key.plaintext)
    assert refusal.value.code == "key_expired"


def test_another_tenants_key_can_be_neither_seen_nor_revoked(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = keys.create(session, name="theirs", role=Role.ADMIN, actor="test")
    with db.transaction(tenant) as session:
        assert keys.list_all(session) == []
    with pytest.raises(NotFoundError), db.transaction(tenant) as session:
        keys.revoke(session, theirs.id, actor="test")
    access.authenticate(theirs.plaintext)


def test_last_use_is_noted_at_most_once_a_minute(tenant: UUID) -> None:
    plaintext = a_key(tenant)
    access.authenticate(plaintext)
    with db.transaction(tenant) as session:
        (first,) = keys.list_all(session)
    access.authenticate(plaintext)
    with db.transaction(tenant) as session:
        (second,) = keys.list_all(session)
    assert first.last_used_at is not None
    assert first.last_used_at == second.last_used_at


@pytest.mark.parametrize(
    ("has", "needs", "allowed"),
    [
        (Role.VIEWER, Role.VIEWER, True),
        (Role.VIEWER, Role.OPERATOR, False),
        (Role.OPERATOR, Role.OPERATOR, True),
        (Role.OPERATOR, Role.ADMIN, False),
        (Role.ADMIN, Role.VIEWER, True),
    ],
)
def test_a_role_may_do_all_that_lesser_roles_may(tenant: UUID, has: Role, needs: Role, *, allowed: bool) -> None:
    caller = access.authenticate(a_key(tenant, has))
    if allowed:
        access.require(caller, needs)
    else:
        with pytest.raises(ForbiddenError):
            access.require(caller, needs)


def test_an_identity_that_is_gone_is_refused(tenant: UUID) -> None:
    for kind in ("key", "user"):
        with pytest.raises(UnauthenticatedError), db.control() as session:
            access.by_identity(session, Identity(kind, uuid4()))
