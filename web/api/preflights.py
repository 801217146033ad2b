"""Preflights: a mission looked at before it is ordered."""

from decimal import Decimal

from flask import Response, jsonify
from pydantic import Field

from rex_celery import clock
from rex_celery.preflight.check import preflight
from rex_celery.preflight.views import Preflight
from rex_celery.tenancy.access import Role
from web import auth
from web.api.missions import MissionCreate, order_of
from web.api.shapes import documented, resource

api = resource("preflights", "Everything that can be known of a mission before it is ordered.")

MOST_PER_SEGMENT = 100


class PreflightCreate(MissionCreate):
    """A mission as it would be ordered."""

    sms_price: Decimal | None = Field(
        None, ge=0, le=MOST_PER_SEGMENT, description="What one segment of a text message costs.", examples=["0.0079"]
    )


@api.post("/missions/preflight", responses={"200": documented(Preflight)})
@auth.needs(Role.OPERATOR, own_transactions=True)
def look(body: PreflightCreate) -> Response:
    """Look at a mission before it is ordered: every message is rendered, every finding told, nothing stored."""
    caller = auth.caller()
    order = order_of(body, caller.tenant.settings)
    return jsonify(preflight(caller.tenant_id, order, clock.now(), body.sms_price))
