"""What every answer carries: a request id, and headers that keep a browser from doing what REX does not need."""

import re
import time
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from rex_celery import config
from web import limits

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Two years, as the preload lists ask for; only sent where the public address is https.
_HSTS = "max-age=63072000; includeSubDomains"
_QUIET = frozenset({"/api/rex/health/live", "/api/rex/health/ready", "/api/rex/metrics"})


def register(app: Flask, settings: config.Settings) -> None:
    """Have every request of this app named, logged and answered with these headers."""
    fixed = security_headers(settings)
    app.before_request(_begin)

    def finish(response: Response) -> Response:
        limits.tell(response)
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Request-ID"] = g.get("request_id", "")
        _log(response)
        return response

    app.after_request(finish)


def security_headers(settings: config.Settings) -> dict[str, str]:
    """The fixed headers; the page may talk to this server and to the live server only."""
    headers = {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'self'",
                f"connect-src 'self' {' '.join(_live_origins(settings))}",
                "img-src 'self' data:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'",
            )
        ),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    if settings.public_url.startswith("https://"):
        headers["Strict-Transport-Security"] = _HSTS
    return headers


def _live_origins(settings: config.Settings) -> list[str]:
    """The live server over HTTP and WebSocket; one machine's own names all mean the same."""
    url = urlsplit(settings.live_url)
    loopback = ("127.0.0.1", "localhost")  # a policy cannot name [::1]
    hosts = (
        loopback
        if url.hostname in {"127.0.0.1", "localhost", "::1"}
        else (url.netloc.rpartition(":")[0] or url.netloc,)
    )
    port = f":{url.port}" if url.port else ""
    schemes = ("https", "wss") if url.scheme == "https" else ("http", "ws")
    return [f"{scheme}://{host}{port}" for host in hosts for scheme in schemes]


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _log(response: Response) -> None:
    if request.path in _QUIET:
        return
    who = g.get("caller")
    log.info(
        "request",
        method=request.method,
        # The route, not the path: a path may hold a token.
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        tenant_id=who and who.tenant_id,
    )
