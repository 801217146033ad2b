"""What every webhook goes through: whose it is, is it really theirs, keep it, answer; a worker does the rest."""

from functools import partial
from uuid import UUID

import structlog
from flask import request
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config, db
from rex_celery.errors import NotFoundError, UnauthenticatedError
from rex_celery.tenancy import credentials
from rex_celery.webhooks import receive
from rex_celery.webhooks.doors import Account, Door, Post
from rex_celery.webhooks.receive import Source
from web import multipart

log = structlog.get_logger()

_OWNER = text("SELECT tenant_id FROM connections WHERE id = :connection AND provider = :provider")
_ACCOUNT = text("SELECT settings, secret FROM connections WHERE id = :connection")


def take_in(address: str, door: Door) -> None:
    """Keep what the provider of this connection tells; nothing is read of a body before its connection is known.

    Raises:
        NotFoundError: there is no such connection of this provider.
        UnauthenticatedError: the provider did not sign this; nothing is stored.
        RefusedError: the provider did, but it cannot be read; nothing is stored.

    """
    connection, tenant_id = _owner(address, door.provider)
    request.max_content_length = door.most
    post = _post()
    with db.transaction(tenant_id) as session:
        if not door.proven(_account(session, connection), post):
            log.warning("webhook_refused", connection_id=str(connection), kind=door.kind)
            raise UnauthenticatedError(
                "This was not signed by the provider with the key of this connection; nothing was stored.",
                code="bad_signature",
                action="Compare the connection's keys with the provider's, and REX_PUBLIC_URL with the address there.",
            )
        receive.keep(session, tenant_id, Source(connection, door.provider, door.kind), door.items(post))


def _owner(address: str, provider: str) -> tuple[UUID, UUID]:
    unknown = NotFoundError(
        f"There is no {provider} connection of this id.", action="Copy the address that GET /connections shows."
    )
    try:
        connection = UUID(address)
    except ValueError:
        raise unknown from None
    with db.control() as session:
        tenant_id = session.execute(_OWNER, {"connection": connection, "provider": provider}).scalar_one_or_none()
    if tenant_id is None:
        raise unknown
    return connection, tenant_id


def _post() -> Post:
    body = request.get_data(cache=False)
    query = request.query_string.decode("latin-1")
    # Behind a proxy the Host header says what the proxy likes; the provider signed the public address.
    url = f"{config.settings().public_url}{request.path}" + (f"?{query}" if query else "")
    shown = request.authorization.password if request.authorization else None
    password = request.args.get("token") or shown or ""
    return Post(url, body, dict(request.headers), password, partial(multipart.fields, request.content_type or "", body))


def _account(session: Session, connection: UUID) -> Account:
    row = session.execute(_ACCOUNT, {"connection": connection}).one()
    return Account(row.settings, partial(credentials.decrypt, row.secret))
