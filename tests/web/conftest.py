"""The application under test, and clients that are somebody."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from rex_celery.embedded.services import Services
from rex_celery.redis import client as redis_client
from rex_celery.tenancy.access import Role
from tests.tenancy.keys_of import a_key
from web.app import create_app

Someone = Callable[..., FlaskClient]


@pytest.fixture(scope="session")
def app(database: Services) -> Flask:
    """The real application; every answer is held against its documentation."""
    app = create_app()
    app.validate_response = True  # type: ignore[attr-defined]  # flask-openapi's
    return app


@pytest.fixture
def nobody(app: Flask) -> FlaskClient:
    """A client without any credentials, whose address has not asked yet."""
    for name in redis_client().scan_iter("rex:limit:*"):
        redis_client().delete(name)
    return app.test_client()


@pytest.fixture
def someone(app: Flask) -> Someone:
    """Make a client of a tenant with a key of a role."""

    def make(tenant: UUID, role: Role = Role.ADMIN) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {a_key(tenant, role)}"
        return client

    return make


@pytest.fixture
def admin(someone: Someone, tenant: UUID) -> FlaskClient:
    """The tenant's admin."""
    return someone(tenant)
