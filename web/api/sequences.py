"""Sequences: the steps that leads go through, in versions."""

from datetime import date
from typing import Self
from uuid import UUID

from flask import Response, jsonify, request
from pydantic import Field, model_validator

from rex_celery import clock
from rex_celery.outreach import previewing, sequence_edits, sequence_views, snippets, step_problems, steps
from rex_celery.outreach.previewing import Reader, Shown
from rex_celery.outreach.sequence_edits import Edit, New
from rex_celery.outreach.sequence_views import Sequence, SequenceDetail
from rex_celery.outreach.steps import Step
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, Query, Words, documented, listed, resource
from web.api.steps_shape import Steps

api = resource("sequences", "The steps that leads go through, in versions that never change.")

LARGEST_VERSION = 2**31 - 1
_Detail = documented(SequenceDetail)
_Shown = listed(Shown, "Preview")


class SequenceCreate(Body):
    """A sequence as somebody wrote it."""

    name: Line = Field(min_length=1, examples=["Wake the spring list"])
    description: Words = ""
    steps: Steps


class SequencePath(Path):
    sequence_id: UUID


class SequenceQuery(Cursor):
    archived: bool = Field(False, description="Show archived ones, too.")


class VersionQuery(Query):
    version: int | None = Field(
        None, ge=1, le=LARGEST_VERSION, description="Whose steps to show; the active one's unless given."
    )


class VersionCreate(Body):
    """New steps; who is on their way stays with the version they began with."""

    steps: Steps
    edited_from: int = Field(ge=1, le=LARGEST_VERSION, description="The newest version when the edit began.")
    activate: bool = Field(False, description="Let new people go through this version.")


class Activation(Body):
    """Which version new people go through."""

    version: int = Field(ge=1, le=LARGEST_VERSION)


class Readership(Body):
    """For whom: a lead, or a made-up person of whom everything or, as a stranger, nothing is known."""

    lead_id: UUID | None = None
    stranger: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.lead_id and self.stranger:
            raise ValueError("give either lead_id or stranger, not both")
        return self


class PreviewOf(Readership):
    """A preview of a stored version."""

    version: int | None = Field(None, ge=1, le=LARGEST_VERSION)


class PreviewSteps(Readership):
    """A preview of steps that are not stored."""

    steps: Steps


@api.get("/sequences", responses={"200": listed(Sequence)})
@auth.needs(Role.VIEWER)
def list_page(query: SequenceQuery) -> Response:
    """Sequences, newest first, the shipped ones among them."""
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    found = sequence_views.page(session, tenant_id, archived=query.archived, limit=query.limit, cursor=query.cursor)
    return jsonify(found)


@api.post("/sequences", responses={"201": _Detail})
@auth.needs(Role.OPERATOR)
def create(body: SequenceCreate) -> tuple[Response, int, dict[str, str]]:
    """Store a sequence; its first version is active at once."""
    session, caller = auth.tenant_session(), auth.caller()
    new = New(body.name, body.steps, body.description)
    id_ = sequence_edits.create(session, caller.tenant_id, new, actor=caller.actor)
    return jsonify(sequence_views.get(session, id_)), 201, {"Location": f"{request.path}/{id_}"}


@api.post("/sequences/preview", responses={"200": _Shown})
@auth.needs(Role.OPERATOR)
def preview_steps(body: PreviewSteps) -> Response:
    """What steps would say, before they are stored; nothing is stored."""
    step_problems.check(body.steps, snippets.bodies(auth.tenant_session()))
    return _preview(steps.read(body.steps), body)


@api.get("/sequences/<sequence_id>", responses={"200": _Detail})
@auth.needs(Role.VIEWER)
def show(path: SequencePath, query: VersionQuery) -> Response:
    """A sequence with its versions and the steps of one."""
    return jsonify(sequence_views.get(auth.tenant_session(), path.sequence_id, query.version))


@api.delete("/sequences/<sequence_id>", responses={"204": None})
@auth.needs(Role.OPERATOR)
def archive(path: SequencePath) -> tuple[str, int]:
    """Archive it: nobody is enrolled any more, and who is on their way goes on to the end."""
    sequence_edits.archive(auth.tenant_session(), path.sequence_id, actor=auth.caller().actor)
    return "", 204


@api.post("/sequences/<sequence_id>/versions", responses={"201": _Detail})
@auth.needs(Role.OPERATOR)
def add_version(path: SequencePath, body: VersionCreate) -> tuple[Response, int]:
    """Add a version; refused when somebody else added one since ``edited_from``."""
    session, caller = auth.tenant_session(), auth.caller()
    edit = Edit(body.steps, body.edited_from, body.activate)
    number = sequence_edits.add_version(session, caller.tenant_id, path.sequence_id, edit, actor=caller.actor)
    return jsonify(sequence_views.get(session, path.sequence_id, number)), 201


@api.post("/sequences/<sequence_id>/activate", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def activate(path: SequencePath, body: Activation) -> Response:
    """Let those who are enrolled from now on go through another version."""
    session = auth.tenant_session()
    sequence_edits.activate(session, path.sequence_id, body.version, actor=auth.caller().actor)
    return jsonify(sequence_views.get(session, path.sequence_id))


@api.post("/sequences/<sequence_id>/preview", responses={"200": _Shown})
@auth.needs(Role.OPERATOR)
def preview(path: SequencePath, body: PreviewOf) -> Response:
    """What a version would say to a lead; nothing is stored."""
    found = sequence_views.get(auth.tenant_session(), path.sequence_id, body.version)
    return _preview(tuple(found.steps), body)


def _preview(written: tuple[Step, ...], body: Readership) -> Response:
    session, today = auth.tenant_session(), clock.now().date()
    sender = auth.caller().tenant.settings
    items = previewing.render(written, _reader(body, today), sender, snippets.bodies(session), today)
    return jsonify({"items": items, "next_cursor": None})


def _reader(body: Readership, today: date) -> Reader:
    if body.lead_id:
        return previewing.lead(auth.tenant_session(), body.lead_id)
    return previewing.stranger() if body.stranger else previewing.sample(today)
