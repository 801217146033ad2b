import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import UnauthenticatedError
from rex_celery.tenancy import access
from tests.cli.conftest import Rex

_SLUG = text("SELECT slug FROM tenants WHERE id = :id")


def slug(tenant: UUID) -> str:
    with db.control() as session:
        return str(session.execute(_SLUG, {"id": tenant}).scalar_one())


def test_a_key_is_shown_once_works_and_is_listed_without_its_secret(rex: Rex, tenant: UUID) -> None:
    made = rex("keys", "create", "for the CRM", "--role", "viewer", "--days", "7", "--tenant", slug(tenant))
    assert made.code == 0
    key = made.out.strip()
    assert access.authenticate(key).tenant_id == tenant
    listed = rex("keys", "list", "--tenant", slug(tenant))
    assert "for the CRM" in listed.out
    assert "viewer" in listed.out
    assert key not in listed.out


def test_a_revoked_key_is_worth_nothing(rex: Rex, tenant: UUID) -> None:
    key = rex("keys", "create", "short", "--tenant", slug(tenant)).out.strip()
    (known,) = json.loads(rex("keys", "list", "--tenant", slug(tenant), "--json").out)
    assert rex("keys", "revoke", known["id"][:6], "--tenant", slug(tenant)).code == 0
    with pytest.raises(UnauthenticatedError):
        access.authenticate(key)


def test_a_key_of_another_tenant_cannot_be_revoked(rex: Rex, tenant: UUID, other_tenant: UUID) -> None:
    rex("keys", "create", "theirs", "--tenant", slug(other_tenant))
    (theirs,) = json.loads(rex("keys", "list", "--tenant", slug(other_tenant), "--json").out)
    assert rex("keys", "revoke", theirs["id"], "--tenant", slug(tenant)).code == 1
    assert rex("keys", "revoke", str(uuid4()), "--tenant", slug(tenant)).code == 1


def test_a_role_or_tenant_that_is_none_is_refused(rex: Rex, tenant: UUID) -> None:
    wrong = rex("keys", "create", "x", "--role", "emperor", "--tenant", slug(tenant))
    assert wrong.code == 2
    assert "viewer, operator, admin" in wrong.err
    assert rex("keys", "create", "x", "--tenant", "nobody").code == 1
