"""Nobody can add a route and forget who may use it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from rex_celery import config
from rex_celery.tenancy.access import Role
from web import auth
from web.auth import Rule

# What strangers may use, one by one: a route that becomes public by mistake shows here.
PUBLIC = {
    ("/api/rex/docs", "GET"),
    ("/api/rex/docs/<path:name>", "GET"),
    ("/api/rex/docs/start.js", "GET"),
    ("/api/rex/health/live", "GET"),
    ("/api/rex/health/ready", "GET"),
    ("/api/rex/metrics", "GET"),
    ("/api/rex/openapi.json", "GET"),
    ("/api/rex/session", "DELETE"),
    ("/api/rex/session", "POST"),
    ("/api/rex/webhooks/calendly/<connection_id>", "POST"),
    ("/api/rex/webhooks/sendgrid/events/<connection_id>", "POST"),
    ("/api/rex/webhooks/sendgrid/inbound/<connection_id>", "POST"),
    ("/api/rex/webhooks/twilio/inbound/<connection_id>", "POST"),
    ("/api/rex/webhooks/twilio/status/<connection_id>", "POST"),
    ("/b/<token>", "GET"),
    ("/b/<token>", "POST"),
    ("/b/style.css", "GET"),
    ("/b/zone.js", "GET"),
    ("/m/<token>", "GET"),
    ("/m/<token>", "POST"),
    ("/m/<token>/meeting.ics", "GET"),
    ("/u/<token>", "GET"),
    ("/u/<token>", "POST"),
    ("/u/style.css", "GET"),
}


def routes(app: Flask) -> list[tuple[str, str, object]]:
    return [
        (rule.rule, method, getattr(app.view_functions[rule.endpoint], auth.RULE, None))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def test_every_route_has_an_auth_rule(app: Flask) -> None:
    assert [(path, method) for path, method, rule in routes(app) if not isinstance(rule, Rule)] == []


def test_only_these_routes_are_open_to_strangers(app: Flask) -> None:
    assert {(path, method) for path, method, rule in routes(app) if rule == Rule()} == PUBLIC


def test_every_route_that_changes_something_needs_more_than_a_viewer(app: Flask) -> None:
    mere = {
        (path, method)
        for path, method, rule in routes(app)
        if method != "GET" and isinstance(rule, Rule) and rule.role is Role.VIEWER
    }
    assert mere == {("/api/rex/session/link", "POST")}


def test_a_route_without_a_rule_lets_nobody_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.view_functions, "health_public.live", lambda: {"status": "ok"})
    answer = app.test_client().get("/api/rex/health/live")
    assert (answer.status_code, answer.json["code"]) == (403, "no_auth_rule")


def test_strangers_are_refused_everywhere_else(
    app: Flask, nobody: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config.settings(), "requests_per_minute", 1_000_000)
    for number, (path, method, rule) in enumerate(routes(app)):
        if rule == Rule():
            continue
        # One address asks less often than there are routes.
        answer = nobody.open(_address(path), method=method, environ_base={"REMOTE_ADDR": f"127.0.2.{number}"})
        assert answer.status_code == 401, (method, path)
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def _address(path: str) -> str:
    return "/".join(
        "7d9f3c1e-5b1a-4f0e-9c55-2f6f3c1d8a10" if part.startswith("<") else part for part in path.split("/")
    )
