"""Missions: submit them, look at them, steer them."""

from typing import Self
from uuid import UUID

from flask import Response, jsonify, request
from pydantic import Field, model_validator

from rex_celery.decisions.states import MissionState
from rex_celery.missions import control, launch, queries, results, views
from rex_celery.missions.orders import MOST_AT_ONCE, Autonomy, MissionType, Order, Sender
from rex_celery.missions.views import Action, LogEntry, Message, Mission, MissionDetail, Outcome, OutcomeState
from rex_celery.tenancy import audit
from rex_celery.tenancy.access import Role
from rex_celery.tenancy.settings import SenderSettings
from rex_celery.vocabulary import Framework
from web import auth
from web.api.shapes import LARGEST_SERIAL, Body, Cursor, Line, Path, Query, Words, documented, listed, resource

api = resource("missions", "Autonomous outreach work: submitted once, carried out by crews of agents.")

_Detail = documented(MissionDetail)


class Audience(Body):
    """Whose leads: one imported list, or all of the tenant's."""

    import_id: UUID | None = Field(None, description="The id that POST /leads/import answered.")
    all: bool = Field(False, description="Every lead of the tenant.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.all and self.import_id:
            raise ValueError("give either import_id or all, not both")
        return self


class SenderIn(Body):
    """Who the messages are from; what is left out comes from the settings."""

    name: Line = ""
    email: Line = ""
    postal_address: Words = ""


class MissionCreate(Body):
    """A mission as ordered; all but the type may be left out."""

    type: MissionType = Field(examples=["lead_reactivation"])
    name: Line | None = Field(None, examples=["Wake the spring list"])
    priority: int | None = Field(None, ge=0, le=100, strict=True, description="More is sooner; 50 unless given.")
    autonomy: Autonomy | None = Field(None, description="approve_first_n unless given.")
    audience: Audience | None = Field(None, description="All leads unless given.")
    offer: Words | None = Field(None, examples=["a 20-minute audit of your energy bill"])
    sender: SenderIn | None = None
    framework: Framework | None = Field(None, description="REX chooses for each lead unless given.")
    sequence: Line | None = Field(
        None,
        description="A sequence's name or id, a shipped one's key, or 'reactivation' for the form that fits each lead.",
        examples=["reactivation"],
    )
    campaign: UUID | None = Field(None, description="Brings its own sequence and sending policy.")


class MissionBulk(Body):
    """Several missions, all or none."""

    missions: list[MissionCreate] = Field(min_length=1, max_length=MOST_AT_ONCE)


class MissionPath(Path):
    mission_id: UUID


class MissionQuery(Cursor):
    state: MissionState | None = None
    type: MissionType | None = None


class LogQuery(Query):
    after: int = Field(0, ge=0, le=LARGEST_SERIAL, description="The id of the last entry you have.")
    limit: int = Field(50, ge=1, le=200)


class OutcomeQuery(Cursor):
    state: OutcomeState | None = None


@api.post("/missions", responses={"201": documented(Mission)})
@auth.needs(Role.OPERATOR)
def create(body: MissionCreate) -> tuple[Response, int, dict[str, str]]:
    """Submit a mission."""
    (mission,) = _submit([body])
    return jsonify(mission), 201, {"Location": f"{request.path}/{mission.id}"}


@api.post("/missions/bulk", responses={"201": listed(Mission)})
@auth.needs(Role.OPERATOR)
def create_bulk(body: MissionBulk) -> tuple[Response, int]:
    """Submit up to 100 missions, all or none."""
    return jsonify({"items": _submit(body.missions), "next_cursor": None}), 201


@api.get("/missions", responses={"200": listed(Mission)})
@auth.needs(Role.VIEWER)
def list_page(query: MissionQuery) -> Response:
    """Missions, newest first."""
    found = queries.page(
        auth.tenant_session(), state=query.state, kind=query.type, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.get("/missions/<mission_id>", responses={"200": _Detail})
@auth.needs(Role.VIEWER)
def show(path: MissionPath) -> Response:
    """A mission with its steps and the moves it made."""
    response = jsonify(queries.get(auth.tenant_session(), path.mission_id))
    response.add_etag()
    response.make_conditional(request)
    return response


@api.get("/missions/<mission_id>/log", responses={"200": listed(LogEntry)})
@auth.needs(Role.VIEWER)
def log(path: MissionPath, query: LogQuery) -> Response:
    """What the agents and the engine noted, oldest first."""
    return jsonify(queries.log(auth.tenant_session(), path.mission_id, after=query.after, limit=query.limit))


@api.get("/missions/<mission_id>/outcomes", responses={"200": listed(Outcome)})
@auth.needs(Role.VIEWER)
def outcomes(path: MissionPath, query: OutcomeQuery) -> Response:
    """What became of each lead, and why."""
    found = results.outcomes(
        auth.tenant_session(), path.mission_id, state=query.state, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.get("/missions/<mission_id>/messages", responses={"200": listed(Message)})
@auth.needs(Role.VIEWER)
def messages(path: MissionPath, query: Cursor) -> Response:
    """The mission's messages."""
    return jsonify(results.messages(auth.tenant_session(), path.mission_id, limit=query.limit, cursor=query.cursor))


@api.post("/missions/<mission_id>/cancel", responses={"200": _Detail})
@auth.needs(Role.OPERATOR, always=True)
def cancel(path: MissionPath) -> Response:
    """End a mission for good; nothing more is sent."""
    return _steer(Action.CANCEL, path.mission_id)


@api.post("/missions/<mission_id>/pause", responses={"200": _Detail})
@auth.needs(Role.OPERATOR, always=True)
def pause(path: MissionPath) -> Response:
    """Hold a mission where it stands."""
    return _steer(Action.PAUSE, path.mission_id)


@api.post("/missions/<mission_id>/resume", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def resume(path: MissionPath) -> Response:
    """Let a paused mission go on."""
    return _steer(Action.RESUME, path.mission_id)


@api.post("/missions/<mission_id>/retry", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def retry(path: MissionPath) -> Response:
    """Run what a failed or escalated mission has not finished."""
    return _steer(Action.RETRY, path.mission_id)


@api.post("/missions/<mission_id>/approve", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def approve(path: MissionPath) -> Response:
    """Let a mission send that waits for a person's word."""
    return _steer(Action.APPROVE, path.mission_id)


_STEERING = {
    Action.CANCEL: control.cancel,
    Action.PAUSE: control.pause,
    Action.RESUME: control.resume,
    Action.RETRY: control.retry,
    Action.APPROVE: control.approve,
}


def _steer(action: Action, mission_id: UUID) -> Response:
    session, caller = auth.tenant_session(), auth.caller()
    _STEERING[action](session, caller.tenant_id, mission_id, actor=caller.actor)
    audit.record(session, caller.actor, f"mission.{action}", str(mission_id))
    return jsonify(queries.get(session, mission_id))


def _submit(wishes: list[MissionCreate]) -> list[Mission]:
    session, caller = auth.tenant_session(), auth.caller()
    orders = [order_of(wish, caller.tenant.settings) for wish in wishes]
    ids = launch.submit(session, caller.tenant_id, orders, actor=caller.actor)
    return [
        views.submitted(launch.with_name(order, id_), id_, caller.asked_at)
        for order, id_ in zip(orders, ids, strict=True)
    ]


def order_of(wish: MissionCreate, settings: SenderSettings) -> Order:
    """The order that a body stands for; what it leaves out comes from the settings."""
    own = wish.sender or SenderIn()
    return Order(
        type=wish.type,
        name=wish.name or "",
        sender=Sender(
            own.name or settings.sender_name,
            own.email or settings.sender_email,
            own.postal_address or settings.postal_address,
        ),
        offer=wish.offer or settings.offer,
        priority=50 if wish.priority is None else wish.priority,
        autonomy=wish.autonomy or Autonomy.APPROVE_FIRST_N,
        import_id=wish.audience.import_id if wish.audience else None,
        framework=wish.framework,
        sequence=wish.sequence or None,
        campaign=wish.campaign,
    )
