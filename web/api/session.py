"""Sessions: signing in with a key, a password or a one-time link, and signing out."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from flask import Response, jsonify, request, session
from pydantic import Field, model_validator

from rex_celery import config, db
from rex_celery.tenancy import access, accounts, audit, links
from rex_celery.tenancy.access import Caller, Role
from web import auth, limits
from web.api.shapes import Body, Line, documented, refusals, resource

_TEXT = "Signing in for browsers; programs send their API key with each request instead."
api = resource("session", _TEXT)
public_api = resource("session", _TEXT, signed_in=False)


class SessionCreate(Body):
    """One way to say who you are: an API key, an e-mail address and its password, or a one-time link's token."""

    api_key: Line | None = Field(None, examples=["rex_0a1b2c3d_…"])
    email: Line | None = None
    password: str | None = Field(None, max_length=1000)
    link_token: Line | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.api_key, self.link_token, self.email and self.password)
        if sum(bool(way) for way in ways) != 1:
            raise ValueError("give api_key, or email and password, or link_token")
        return self


@dataclass(frozen=True, slots=True)
class TenantName:
    """The tenant that the session acts for."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in; ``csrf_token`` goes into the X-CSRF-Token header of every request that changes something."""

    tenant: TenantName
    role: Role
    csrf_token: str
    name: str


@dataclass(frozen=True, slots=True)
class SignInLink:
    """A link that signs in once."""

    url: str
    expires_at: datetime


@public_api.post("/session", responses={"200": documented(Session), **refusals(400, 401, 413, 415, 429)})
@auth.public
def create(body: SessionCreate) -> Response:
    """Sign in; the answer sets a cookie."""
    limits.check(limits.SIGN_INS_PER_MINUTE, who=f"sign-in:{request.remote_addr}")
    caller = _recognised(body)
    with db.transaction(caller.tenant_id) as own:
        audit.record(own, caller.actor, "session.created", str(caller.identity.id))
    session.clear()
    session.permanent = True
    session[f"{caller.identity.kind}_id"] = str(caller.identity.id)
    session["tenant_id"] = str(caller.tenant_id)
    session["csrf"] = secrets.token_urlsafe(32)
    return jsonify(_shown(caller))


@api.get("/session", responses={"200": documented(Session)})
@auth.needs(Role.VIEWER)
def show() -> Response:
    """Who is signed in."""
    return jsonify(_shown(auth.caller()))


@public_api.delete("/session", responses={"204": None})
@auth.public
def delete() -> tuple[str, int]:
    """Sign out; harmless when nobody is signed in."""
    session.clear()
    return "", 204


@api.post("/session/link", responses={"200": documented(SignInLink)})
@auth.needs(Role.VIEWER, repeatable=False)
def create_link() -> Response:
    """A link that signs in once, as yourself, within ten minutes."""
    link = links.create(auth.caller().identity)
    return jsonify(SignInLink(f"{config.settings().public_url}/#sign-in={link.token}", link.expires_at))


def _recognised(body: SessionCreate) -> Caller:
    if body.api_key:
        return access.authenticate(body.api_key)
    if body.email and body.password:
        return accounts.by_password(body.email, body.password)
    identity = links.redeem(body.link_token or "")
    with db.control() as control:
        return access.by_identity(control, identity)


def _shown(caller: Caller) -> Session:
    tenant = TenantName(caller.tenant_id, caller.tenant.name)
    return Session(tenant, caller.role, str(session.get("csrf", "")), caller.name)
