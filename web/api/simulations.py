"""Simulations: a campaign tried on a virtual clock before anybody is written to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery.simulation import requests
from rex_celery.simulation.asked import LONGEST_DAYS, MOST_LEADS, Asked, Rates
from rex_celery.simulation.requests import Simulation
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, documented, listed, resource

api = resource("simulations", "A campaign on a virtual clock: the same code, people and providers made up.")


class RatesIn(Body):
    """How people and providers are taken to behave: shares from 0 to 1."""

    bounce: float = Field(0.02, ge=0, le=1)
    deferral: float = Field(0.03, ge=0, le=1)
    complaint: float = Field(0.0005, ge=0, le=1)
    reply: float = Field(0.03, ge=0, le=1)
    out_of_office: float = Field(0.02, ge=0, le=1)
    unsubscribe: float = Field(0.005, ge=0, le=1)


class SimulatedInbox(Body):
    """An inbox that is taken to exist, instead of the tenant's own."""

    channel: str = Field("email", pattern="^(email|sms|linkedin)$")
    provider: str = Field("sendgrid", pattern="^(outbox|smtp|sendgrid|twilio|manual|partner)$")
    address: Line = Field(examples=["alex@outreach.example"])
    domain: Line = ""
    per_day: int | None = Field(None, ge=1)
    per_hour: int | None = Field(None, ge=1)
    gap_seconds: int | None = Field(None, ge=0)


class SimulationCreate(Body):
    """What to simulate; all may be left out."""

    sequence: Line = Field("reactivation", description="A sequence's name, id or key, or reactivation.")
    import_id: UUID | None = Field(None, description="One of the tenant's lists; made-up people unless given.")
    leads: int = Field(1000, ge=1, le=MOST_LEADS, description="How many people to make up.")
    days: int = Field(30, ge=1, le=LONGEST_DAYS)
    starts_at: datetime | None = Field(None, description="Now, unless given.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="The same seed gives the same people and answers.")
    rates: RatesIn = RatesIn()
    policy: dict[str, Any] | None = Field(None, description="A sending policy instead of the tenant's.")
    inboxes: list[SimulatedInbox] = Field([], max_length=100, description="Inboxes instead of the tenant's.")


class SimulationPath(Path):
    simulation_id: UUID


@api.post("/simulations", responses={"202": documented(Simulation)})
@auth.needs(Role.OPERATOR)
def create(body: SimulationCreate) -> tuple[Response, int]:
    """Have a simulation run; ask for it again until its state is done."""
    caller, session = auth.caller(), auth.tenant_session()
    inboxes = tuple(one.model_dump() for one in body.inboxes)
    given = body.model_dump(exclude={"rates", "inboxes"})
    asked = Asked(**given, rates=Rates(**body.rates.model_dump()), inboxes=inboxes)
    made = requests.submit(session, caller.tenant_id, asked, actor=caller.actor)
    return jsonify(requests.get(session, made)), 202


@api.get("/simulations", responses={"200": listed(Simulation)})
@auth.needs(Role.VIEWER)
def list_page(query: Cursor) -> Response:
    """Simulations, newest first."""
    return jsonify(requests.listed(auth.tenant_session(), limit=query.limit, cursor=query.cursor))


@api.get("/simulations/<simulation_id>", responses={"200": documented(Simulation)})
@auth.needs(Role.VIEWER)
def show(path: SimulationPath) -> Response:
    """One simulation, with its report once it is done."""
    return jsonify(requests.get(auth.tenant_session(), path.simulation_id))
