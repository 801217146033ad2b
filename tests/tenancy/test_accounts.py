"""Tenants and people."""

from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError, UnauthenticatedError
from rex_celery.tenancy import accounts
from rex_celery.tenancy.access import Role

PASSWORD = "correct horse battery"


def a_user(tenant: UUID, role: Role = Role.OPERATOR) -> tuple[UUID, str]:
    email = f"{uuid4().hex}@example.com"
    with db.transaction(tenant) as session:
        return accounts.add_user(session, email=email, password=PASSWORD, role=role, actor="test"), email


def test_a_person_signs_in_with_address_and_password_in_any_case(tenant: UUID) -> None:
    user_id, email = a_user(tenant)
    caller = accounts.by_password(f" {email.upper()} ", PASSWORD)
    assert (caller.tenant_id, caller.identity.id, caller.role) == (tenant, user_id, Role.OPERATOR)


def test_a_wrong_password_and_an_unknown_address_are_told_apart_by_nothing(tenant: UUID) -> None:
    _, email = a_user(tenant)
    with pytest.raises(UnauthenticatedError) as wrong:
        accounts.by_password(email, PASSWORD + "x")
    with pytest.raises(UnauthenticatedError) as unknown:
        accounts.by_password("nobody@example.com", PASSWORD)
    assert (wrong.value.code, wrong.value.detail) == (unknown.value.code, unknown.value.detail)


def test_a_disabled_person_cannot_sign_in(tenant: UUID) -> None:
    user_id, email = a_user(tenant)
    with db.transaction(tenant) as session:
        accounts.disable_user(session, user_id, actor="test")
    with pytest.raises(UnauthenticatedError):
        accounts.by_password(email, PASSWORD)


def test_one_address_signs_in_once_in_the_whole_installation(tenant: UUID, other_tenant: UUID) -> None:
    _, email = a_user(tenant)
    with pytest.raises(ConflictError), db.transaction(other_tenant) as session:
        accounts.add_user(session, email=email.upper(), password=PASSWORD, role=Role.VIEWER, actor="test")


@pytest.mark.parametrize(
    ("email", "password", "where"), [("no-address", PASSWORD, "email"), ("a@example.com", "short", "password")]
)
def test_a_person_needs_an_address_and_a_long_password(tenant: UUID, email: str, password: str, where: str) -> None:
    with pytest.raises(InvalidError) as refusal, db.transaction(tenant) as session:
        accounts.add_user(session, email=email, password=password, role=Role.VIEWER, actor="test")
    assert [problem.where for problem in refusal.value.problems] == [where]


def test_another_tenants_people_cannot_be_seen_or_disabled(tenant: UUID, other_tenant: UUID) -> None:
    user_id, email = a_user(other_tenant)
    with db.transaction(tenant) as session:
        assert accounts.list_users(session) == []
    with pytest.raises(NotFoundError), db.transaction(tenant) as session:
        accounts.disable_user(session, user_id, actor="test")
    accounts.by_password(email, PASSWORD)


def test_a_tenants_slug_is_made_from_its_name_and_unique() -> None:
    name = f"Müller & Söhne {uuid4().hex}"
    with db.control() as session:
        tenant_id = accounts.create_tenant(session, name)
    with db.control() as session:
        slug = next(tenant.slug for tenant in accounts.list_tenants(session) if tenant.id == tenant_id)
        assert accounts.find_tenant(session, slug).name == name
    with pytest.raises(ConflictError), db.control() as session:
        accounts.create_tenant(session, name)
    with pytest.raises(NotFoundError), db.control() as session:
        accounts.find_tenant(session, slug + "-not")


@pytest.fixture(autouse=True)
def _servers(database: object) -> None:
    """Every test here needs the database."""
