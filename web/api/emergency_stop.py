"""The emergency stop: nothing new is sent from the moment it is answered."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, jsonify

from rex_celery.tenancy import sending
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import documented, resource

api = resource("emergency-stop", "One button that stops all sending of the tenant.")


@dataclass(frozen=True, slots=True)
class EmergencyStop:
    """Whether sending is stopped, and since when."""

    stopped: bool
    stopped_at: datetime | None


@api.post("/emergency-stop", responses={"200": documented(EmergencyStop)})
@auth.needs(Role.OPERATOR, always=True)
def stop() -> Response:
    """Stop all sending of this tenant; pressing it again changes nothing."""
    caller = auth.caller()
    return jsonify(
        EmergencyStop(
            stopped=True, stopped_at=sending.stop(auth.tenant_session(), caller.tenant_id, actor=caller.actor)
        )
    )


@api.post("/emergency-stop/release", responses={"200": documented(EmergencyStop)})
@auth.needs(Role.OPERATOR)
def release() -> Response:
    """Let sending go on."""
    caller = auth.caller()
    sending.release(auth.tenant_session(), caller.tenant_id, actor=caller.actor)
    return jsonify(EmergencyStop(stopped=False, stopped_at=None))
