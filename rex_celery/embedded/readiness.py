"""Asking a REX whether it is ready, as its load balancer would."""

import http.client
import json
from dataclasses import dataclass

from rex_celery.config import Settings

PATH = "/api/rex/health/ready"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Ready or not, and if not, what is missing in a person's words."""

    ready: bool
    missing: tuple[str, ...] = ()


def ask(settings: Settings) -> Readiness:
    """One question to the web process of these settings; one that does not answer is not ready."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  asked, not listened on
    connection = http.client.HTTPConnection(host, settings.port, timeout=3)
    try:
        connection.request("GET", PATH)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return Readiness(ready=False, missing=(f"web does not answer: {error}",))
    finally:
        connection.close()
    return Readiness(answer.status == http.HTTPStatus.OK, _missing(body))


def _missing(body: bytes) -> tuple[str, ...]:
    try:
        checks = json.loads(body)["checks"]
        return tuple(f"{check['name']}: {check['detail']}" for check in checks if not check["ok"])
    except (ValueError, KeyError, TypeError):
        return ("the web process of something else answers there",)
