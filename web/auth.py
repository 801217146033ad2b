"""Who is asking, and the rule that stands on every route: who may use it and how its request is run."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app, g, request, session
from sqlalchemy.orm import Session

from rex_celery.errors import ForbiddenError, UnauthenticatedError
from rex_celery.tenancy import access
from rex_celery.tenancy.access import Caller, Identity, Role

View = TypeVar("View", bound=Callable[..., object])

READING = frozenset({"GET", "HEAD", "OPTIONS"})
RULE = "auth_rule"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route (``role`` None: anyone) and how its request is run.

    ``own_transactions``: the view opens them itself. ``always``: it stops something, so it is refused neither for
    asking too often nor for a missing Redis. ``upload``: its body may be as large as an uploaded file.
    ``repeatable``: a POST with an Idempotency-Key has its answer kept; not so where the answer is a secret.
    ``look`` asks other services for what the view needs, before the transaction opens.
    """

    role: Role | None = None
    own_transactions: bool = False
    always: bool = False
    upload: bool = False
    repeatable: bool = True
    look: Callable[[], None] | None = None


def public(view: View) -> View:
    """Let anyone use this route; it sees no tenant."""
    setattr(view, RULE, Rule())
    return view


def needs(role: Role, **how: Any) -> Callable[[View], View]:
    """Let only callers of at least this role use the route; ``how`` its requests are run are the fields of ``Rule``."""

    def mark(view: View) -> View:
        setattr(view, RULE, Rule(role, **how))
        return view

    return mark


def rule() -> Rule:
    """The rule of the route that was asked for; a route without one lets nobody in."""
    endpoint = request.url_rule.endpoint if request.url_rule else ""
    found = getattr(current_app.view_functions.get(endpoint), RULE, None)
    if not isinstance(found, Rule):
        raise ForbiddenError("This route has no auth rule.", code="no_auth_rule")
    return found


def caller() -> Caller:
    """Who is asking; only on routes that are not public."""
    known: Caller = g.caller
    return known


def tenant_session() -> Session:
    """This request's transaction, which sees the caller's tenant only."""
    known: Session = g.session
    return known


def identify(control: Session, needed: Role) -> Caller:
    """See who is asking and that they may; needs a session of ``db.control()``, which becomes their tenant's.

    Raises:
        UnauthenticatedError: nobody we know.
        ForbiddenError: their role does not reach, or the CSRF token is missing.

    """
    key = presented_key()
    if key:
        known = access.by_key(control, key)
    else:
        known = access.by_identity(control, _signed_in())
        _check_csrf()
    access.require(known, needed)
    return known


def presented_key() -> str:
    """The API key in the request's headers, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key", "")


def remembered() -> Identity | None:
    """Who the signed cookie says is asking, whether or not they still may."""
    for kind in ("key", "user"):
        try:
            return Identity(kind, UUID(session[f"{kind}_id"]))
        except (KeyError, TypeError, ValueError):
            continue
    return None


def _signed_in() -> Identity:
    identity = remembered()
    if identity is None:
        raise UnauthenticatedError(
            "Nobody is signed in.",
            code="no_credentials",
            action="Send an API key as Authorization: Bearer rex_…, or sign in.",
        )
    return identity


def _check_csrf() -> None:
    """Another site can make the browser send its cookie, but cannot know this token."""
    if request.method in READING:
        return
    sent, known = request.headers.get("X-CSRF-Token", ""), str(session.get("csrf", ""))
    if not known or not hmac.compare_digest(sent.encode(), known.encode()):
        raise ForbiddenError(
            "The X-CSRF-Token header is missing or not this session's.",
            code="csrf",
            action="Send the csrf_token that GET /api/rex/session gives.",
        )
