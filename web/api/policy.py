"""A tenant's sending policy: windows, limits, and how often one person may be written to."""

from dataclasses import fields
from typing import Annotated, Any, get_type_hints

from flask import Response, jsonify
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema, create_model

from rex_celery.outreach import policies
from rex_celery.outreach.policy import Caps, Policy, Pressure
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, documented, resource

api = resource("policy", "When your messages may go out, and how many: yours over REX's own, a campaign's over both.")


class PolicyHours(BaseModel):
    """Local hours on days from 1 (Monday) to 7 (Sunday); hours whose start is after their end go through the night."""

    start: str = Field(examples=["09:00"])
    end: str = Field(examples=["17:00"])
    days: list[int] = Field(examples=[[1, 2, 3, 4, 5]])


_HINTS = get_type_hints(Policy)
_KINDS: dict[str, Any] = {name: _HINTS[name] for name in (field.name for field in fields(Policy))} | {
    "hours": PolicyHours,
    "sms_hours": PolicyHours,
    "sms_law": dict[str, PolicyHours],
    "caps": documented(Caps, "Caps"),
    "pressure": documented(Pressure, "Pressure"),
}
_SHOWN: dict[str, Any] = {name: (kind, ...) for name, kind in _KINDS.items()}
SendingPolicy = create_model("SendingPolicy", __doc__="Everything that decides when a message may go.", **_SHOWN)


class _Anything(Body):
    # What is wrong with it, a name nobody knows among it, is told all at once by rex_celery.outreach.policies.
    model_config = ConfigDict(extra="allow")


def _described(kind: Any) -> Any:
    """A part that may be named in part, or null."""
    schema = TypeAdapter(kind).json_schema()
    if definitions := schema.pop("$defs", None):
        (schema["additionalProperties"],) = definitions.values()
    for needless in ("required", "title"):
        schema.pop(needless, None)
    return Annotated[Any, WithJsonSchema({"anyOf": [schema, {"type": "null"}]})]


_CHANGES: dict[str, Any] = {name: (_described(kind), None) for name, kind in _KINDS.items()}
PolicyChange: type[_Anything] = create_model(
    "PolicyChange",
    __base__=_Anything,
    __doc__="The fields to set; within hours, caps and pressure too, what is left out stays. null: REX's own again.",
    **_CHANGES,
)


@api.get("/settings/policy", responses={"200": SendingPolicy})
@auth.needs(Role.VIEWER)
def show() -> Response:
    """The policy that holds for every campaign without one of its own."""
    return jsonify(policies.written(policies.of(auth.tenant_session(), auth.caller().tenant_id)))


@api.patch("/settings/policy", responses={"200": SendingPolicy})
@auth.needs(Role.ADMIN)
def change(body: PolicyChange) -> Response:
    """Set some fields. It holds from the next message on, also for campaigns that run."""
    caller, changes = auth.caller(), body.model_dump(exclude_unset=True)
    policy = policies.change(auth.tenant_session(), caller.tenant_id, changes, caller.actor)
    return jsonify(policies.written(policy))
