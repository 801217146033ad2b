"""Keys for tests that need somebody to act."""

from uuid import UUID

from rex_celery import db
from rex_celery.tenancy import keys
from rex_celery.tenancy.access import Role


def a_key(tenant: UUID, role: Role = Role.ADMIN) -> str:
    """The plaintext of a fresh key."""
    with db.transaction(tenant) as session:
        return keys.create(session, name=f"a {role}", role=role, actor="test").plaintext
