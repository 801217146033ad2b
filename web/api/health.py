"""Whether this process lives, and whether REX can do its work."""

from dataclasses import dataclass

from flask import Response, jsonify

from rex_celery.monitoring import checks
from rex_celery.monitoring.checks import Check
from web import auth
from web.api.shapes import documented, resource

api = resource("health", "For load balancers and supervisors; nobody needs to sign in.", signed_in=False)


@dataclass(frozen=True, slots=True)
class Alive:
    """This process answers."""

    status: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """``ready`` when every check is ok, else ``not_ready``."""

    status: str
    checks: list[Check]


@api.get("/health/live", responses={"200": documented(Alive)})
@auth.public
def live() -> Response:
    """Whether the web process answers."""
    return jsonify(Alive("ok"))


@api.get("/health/ready", responses={"200": documented(Readiness), "503": documented(Readiness)})
@auth.public
def ready() -> tuple[Response, int]:
    """Whether Postgres, Redis and the rest answer."""
    found = checks.readiness()
    fine = all(check.ok for check in found)
    return jsonify(Readiness("ready" if fine else "not_ready", found)), 200 if fine else 503
