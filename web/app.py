"""The web application: the API, its documentation, the unsubscribe pages and the Command Center."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from flask_openapi import APIBlueprint, Info, License, OpenAPI, SecurityScheme
from werkzeug.middleware.proxy_fix import ProxyFix

import rex_celery
from rex_celery import config, db, redis
from rex_celery.errors import RefusedError
from web import booking, cookies, docs, encoding, errors, headers, own_meeting, spa, turn, unsubscribe
from web.api import (
    agents,
    approvals,
    booking_pages,
    campaigns,
    connections,
    consents,
    emergency_stop,
    events,
    explanations,
    health,
    inbound_events,
    inbox,
    inboxes,
    leads,
    meetings,
    messages,
    metrics,
    missions,
    policy,
    preflights,
    sequence_moves,
    sequences,
    session,
    settings,
    simulations,
    snippets,
    status,
    suppressions,
    todos,
    webhook_endpoints,
    webhooks_in,
)
from web.api.shapes import Problem

JSON_BYTES = 1024 * 1024
SESSION_LIFETIME = timedelta(hours=12)

RESOURCES = (
    status.api,
    session.public_api,
    session.api,
    missions.api,
    messages.api,
    approvals.api,
    leads.api,
    inbox.api,
    todos.api,
    agents.api,
    events.api,
    settings.api,
    sequences.api,
    sequence_moves.api,
    campaigns.api,
    snippets.api,
    policy.api,
    connections.api,
    inboxes.api,
    emergency_stop.api,
    health.api,
    metrics.api,
    simulations.api,
    explanations.api,
    preflights.api,
    meetings.api,
    booking_pages.api,
    webhook_endpoints.api,
    webhooks_in.api,
    inbound_events.api,
    suppressions.api,
    consents.api,
)
_SCHEMES: dict[str, SecurityScheme | dict[str, Any]] = {
    "bearer": SecurityScheme(type="http", scheme="bearer", description="An API key: rex_<prefix>_<secret>."),
    "apiKey": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
    "cookie": SecurityScheme(
        type="apiKey",
        name="rex_session",
        security_scheme_in="cookie",
        description="A session of POST /session; changes also need its csrf_token in X-CSRF-Token.",
    ),
}


class Rex(OpenAPI):
    """Flask, with one transaction around each request."""

    json_provider_class = encoding.Json
    session_interface = cookies.SessionCookies()

    def register_api(self, api: APIBlueprint, **options: Any) -> None:
        """As inherited, except that the methods of one path may come from several blueprints."""
        described = {path: item for path, item in self.paths.items() if path in api.paths}
        super().register_api(api, **options)
        for path, item in described.items():
            methods = {name: value for name, value in self.paths[path] if value is not None}
            self.paths[path] = item.model_copy(update=methods)

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view as its rule says; see ``web.turn``."""
        return turn.serve(super().dispatch_request)

    def generate_spec_json(self) -> None:
        """Describe the API, with what all routes share."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]  # flask-openapi's
        docs.complete(self.spec_json)


def create_app() -> Flask:
    """The application of this process.

    Raises:
        RefusedError: there is no secret to sign sessions and unsubscribe links with.

    """
    known = config.settings()
    app = Rex(
        "web",
        info=Info(title="REX", version=rex_celery.__version__, license=License(name="Apache-2.0")),
        security_schemes=_SCHEMES,
        validation_error_model=Problem,
        validation_error_callback=errors.invalid,
        doc_ui=False,
        static_folder=None,
    )
    app.openapi_version = "3.1.0"
    _configure(app, known)
    app.teardown_request(turn.close)
    errors.register(app)
    app.register_error_handler(404, spa.answer)
    headers.register(app, known)
    for resource in RESOURCES:
        app.register_api(resource)
    for pages in (docs.pages, unsubscribe.pages, booking.pages, own_meeting.pages):
        app.register_blueprint(pages)
    # Made before there are threads: two that make one at the same moment would close each other's connections.
    db.engine()
    redis.client()
    return app


def _configure(app: Flask, known: config.Settings) -> None:
    secret = known.secret_key.get_secret_value()
    if not secret:
        raise RefusedError(
            "REX_SECRET_KEY is not set, so sessions and unsubscribe links cannot be signed.",
            code="no_secret_key",
            action="Set it to a long random word, the same for every process, or start REX with `make up`.",
        )
    app.secret_key = secret
    app.config.update(
        MAX_CONTENT_LENGTH=JSON_BYTES,
        SESSION_COOKIE_NAME="rex_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=known.public_url.startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=SESSION_LIFETIME,
        MAX_FORM_PARTS=20,
    )
    if known.trusted_proxies:
        hops = known.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=hops)  # type: ignore[method-assign]
