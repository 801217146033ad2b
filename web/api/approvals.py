"""Approvals: the messages that a person looks at before they leave this machine."""

from collections.abc import Sequence
from typing import Annotated, Self
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field, StringConstraints, model_validator

from rex_celery.missions import collect
from rex_celery.outreach import approvals, waiting
from rex_celery.outreach.waiting import Approval, Decided
from rex_celery.tenancy import audit
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, documented, listed, resource

api = resource("approvals", "Messages that wait for a person before they leave this machine.")

MOST_AT_ONCE = 200
Letter = Annotated[str, StringConstraints(max_length=20_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]


class ApprovalQuery(Cursor):
    mission_id: UUID | None = Field(None, description="Only this mission's.")


class Edit(Body):
    """New words for a message; its footer with the unsubscribe link must stay."""

    message_id: UUID
    subject: Line = ""
    body: Letter


class Approve(Body):
    """Messages that may leave as they are, and messages that may leave with other words."""

    message_ids: list[UUID] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    edits: list[Edit] = Field(default_factory=list, max_length=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.message_ids and not self.edits:
            raise ValueError("name at least one message in message_ids or edits")
        return self


class Reject(Body):
    """Messages that may not leave; the sequences of their readers end."""

    message_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)


@api.get("/approvals", responses={"200": listed(Approval)})
@auth.needs(Role.VIEWER)
def list_page(query: ApprovalQuery) -> Response:
    """Messages that wait for a person, as they would go out; each mission's first ones first."""
    session = auth.tenant_session()
    return jsonify(waiting.page(session, mission_id=query.mission_id, limit=query.limit, cursor=query.cursor))


@api.post("/approvals/approve", responses={"200": documented(Decided)})
@auth.needs(Role.OPERATOR)
def approve(body: Approve) -> Response:
    """Let messages go; a mission that asks for the first few is released once so many went unchanged."""
    session, caller = auth.tenant_session(), auth.caller()
    edited = {edit.message_id: (edit.subject, edit.body) for edit in body.edits}
    missions = approvals.approve(session, caller.tenant_id, body.message_ids, caller.actor, edited)
    return _decided("message.approved", {*body.message_ids, *edited}, missions, {"edited": len(edited)})


@api.post("/approvals/reject", responses={"200": documented(Decided)})
@auth.needs(Role.OPERATOR)
def reject(body: Reject) -> Response:
    """Refuse messages: they are not sent, and the sequences of their readers end."""
    session, caller = auth.tenant_session(), auth.caller()
    missions = approvals.reject(session, caller.tenant_id, body.message_ids)
    return _decided("message.rejected", set(body.message_ids), missions, {})


def _decided(action: str, ids: set[UUID], missions: Sequence[UUID], details: dict[str, object]) -> Response:
    session, caller = auth.tenant_session(), auth.caller()
    for mission in missions:
        collect.look(session, caller.tenant_id, mission)
    named = details | {"messages": sorted(str(one) for one in ids), "missions": [str(one) for one in missions]}
    audit.record(session, caller.actor, action, details=named)
    return jsonify(Decided(len(ids), waiting.count(session, missions)))
