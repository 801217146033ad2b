"""Tenants and the people who sign in with an e-mail address and a password."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID, uuid4

import argon2
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError, Problem, UnauthenticatedError
from rex_celery.tenancy import access, audit
from rex_celery.tenancy.access import Caller, Identity, Role

# Short enough to type, long enough that the slow hash makes guessing hopeless.
LEAST_PASSWORD = 10

_CREATE_TENANT = text("INSERT INTO tenants (id, name, slug) VALUES (:id, :name, :slug)")
_TENANTS = text("SELECT id, name, slug, created_at FROM tenants ORDER BY created_at, id")
_ADD_USER = text(
    "INSERT INTO users (id, tenant_id, email, password_hash, role)"
    " VALUES (:id, current_setting('rex.tenant')::uuid, :email, :hash, :role)"
)
_USERS = text("SELECT id, email, role, created_at, disabled_at FROM users ORDER BY created_at, id")
_DISABLE = text("UPDATE users SET disabled_at = coalesce(disabled_at, now()) WHERE id = :id RETURNING id")
_LOGIN = text("SELECT id, password_hash FROM users WHERE lower(email) = :email")


@dataclass(frozen=True, slots=True)
class TenantView:
    """A tenant as it may be listed."""

    id: UUID
    name: str
    slug: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as they may be listed."""

    id: UUID
    email: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None


def create_tenant(session: Session, name: str, slug: str = "") -> UUID:
    """Make a tenant; needs a session of ``db.control()``. ``slug`` is made from the name unless given.

    Raises:
        InvalidError: the name is empty.
        ConflictError: another tenant has this slug.

    """
    slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not name.strip() or not slug:
        raise InvalidError("A tenant needs a name with at least one letter or digit.")
    tenant_id = uuid4()
    try:
        session.execute(_CREATE_TENANT, {"id": tenant_id, "name": name.strip(), "slug": slug})
    except IntegrityError as error:
        raise ConflictError(f"There is a tenant {slug} already.", action="Choose another name.") from error
    return tenant_id


def list_tenants(session: Session) -> list[TenantView]:
    """All tenants of this installation, oldest first; needs a session of ``db.control()``."""
    return [TenantView(**row) for row in session.execute(_TENANTS).mappings()]


def find_tenant(session: Session, slug: str = "") -> TenantView:
    """The tenant with this slug, or the only one there is; needs a session of ``db.control()``.

    Raises:
        NotFoundError: there is no such tenant.
        ConflictError: no slug was given and there are several.

    """
    tenants = [tenant for tenant in list_tenants(session) if slug in {"", tenant.slug}]
    if not tenants:
        raise NotFoundError(f"There is no tenant {slug}.".replace(" .", "."), action="See `rex tenants list`.")
    if len(tenants) > 1:
        names = ", ".join(tenant.slug for tenant in tenants)
        raise ConflictError(f"There are several tenants: {names}.", action="Name one of them with --tenant.")
    return tenants[0]


def add_user(session: Session, *, email: str, password: str, role: Role, actor: str) -> UUID:
    """Let a person sign in; needs a tenant's session.

    Raises:
        InvalidError: the address or the password cannot be used.
        ConflictError: somebody signs in with this address already.

    """
    address = _address(email)
    if len(password) < LEAST_PASSWORD:
        raise InvalidError(
            f"The password is too short: {len(password)} characters.",
            problems=(Problem("password", "is too short", f"at least {LEAST_PASSWORD} characters"),),
        )
    user_id = uuid4()
    known = {"id": user_id, "email": address, "role": role}
    try:
        session.execute(_ADD_USER, known | {"hash": _hasher().hash(password)})
    except IntegrityError as error:
        raise ConflictError("Somebody signs in with this address already.", action="See `rex users list`.") from error
    audit.record(session, actor, "user.added", str(user_id), {"role": role})
    return user_id


def list_users(session: Session) -> list[UserView]:
    """All people of the session's tenant, oldest first."""
    return [UserView(**(dict(row) | {"role": Role(row["role"])})) for row in session.execute(_USERS).mappings()]


def disable_user(session: Session, user_id: UUID, *, actor: str) -> None:
    """End a person's access from this commit on; needs a tenant's session.

    Raises:
        NotFoundError: the tenant has no such user.

    """
    if session.execute(_DISABLE, {"id": user_id}).scalar() is None:
        raise NotFoundError(f"There is no user {user_id}.", action="See `rex users list`.")
    audit.record(session, actor, "user.disabled", str(user_id))


def by_password(email: str, password: str) -> Caller:
    """Who signs in with these; opens its own transactions, because the slow hash must not hold one open.

    Raises:
        UnauthenticatedError: the address is not known, the password is wrong or the user was disabled.

    """
    with db.control() as session:
        known = session.execute(_LOGIN, {"email": email.strip().lower()}).mappings().first()
    try:
        # An unknown address takes as long as a wrong password, so that nobody can find out who has an account.
        _hasher().verify(known["password_hash"] if known else _nobody(), password)
    except argon2.exceptions.VerifyMismatchError:
        known = None
    if known is None:
        raise UnauthenticatedError("The e-mail address or the password is wrong.", code="wrong_password")
    with db.control() as session:
        return access.by_identity(session, Identity("user", known["id"]))


@cache
def _hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash(uuid4().hex)


def _address(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidError(
            "This is not an e-mail address.", problems=(Problem("email", str(error), "name@example.com"),)
        ) from error
