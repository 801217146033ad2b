"""The inbox: conversations with people who answered, and what people of the tenant do in them."""

from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery import clock
from rex_celery.outreach import answering, placing, thread_views
from rex_celery.outreach.answering import Letter
from rex_celery.outreach.labels import Label
from rex_celery.outreach.thread_views import Thread, ThreadDetail
from rex_celery.outreach.threads import ThreadState
from rex_celery.outreach.todo_views import TodoState
from rex_celery.outreach.todos import Closing
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, documented, listed, resource

api = resource("inbox", "Conversations with people who answered, on every channel.")

_Detail = documented(ThreadDetail, "ThreadDetail")
# As much as a long letter; a text message is measured when it is sent.
_LONGEST = 20_000


class ThreadPath(Path):
    thread_id: UUID


class ReplyPath(Path):
    reply_id: UUID


class ThreadQuery(Cursor):
    state: ThreadState | None = None
    label: Label | None = None


class LabelIn(Body):
    """What the conversation is about; a person's word counts more than that of rules and models."""

    label: Label


class AnswerIn(Body):
    """An answer as it is to be sent."""

    body: str = Field(min_length=1, max_length=_LONGEST, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
    subject: Line = Field("", description="The conversation's own unless given; only e-mail has one.")


class PlaceIn(Body):
    """Who wrote it."""

    lead_id: UUID


@api.get("/inbox/threads", responses={"200": listed(Thread)})
@auth.needs(Role.VIEWER)
def list_threads(query: ThreadQuery) -> Response:
    """Conversations, the newest first."""
    found = thread_views.page(
        auth.tenant_session(), state=query.state, label=query.label, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.get("/inbox/threads/<thread_id>", responses={"200": _Detail})
@auth.needs(Role.VIEWER)
def show_thread(path: ThreadPath) -> Response:
    """One conversation with all that was written in it, and the answer that is proposed."""
    return _shown(path.thread_id)


@api.post("/inbox/threads/<thread_id>/label", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def label(path: ThreadPath, body: LabelIn) -> Response:
    """Say what a conversation is about; ``opt_out`` suppresses the person."""
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    answering.label(session, tenant_id, path.thread_id, body.label, _now(TodoState.DONE))
    return _shown(path.thread_id)


@api.post("/inbox/threads/<thread_id>/answer", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def answer(path: ThreadPath, body: AnswerIn) -> Response:
    """Send an answer from the conversation's inbox, proposed or one's own."""
    letter = Letter(body.body, body.subject)
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    answering.send(session, tenant_id, path.thread_id, letter, _now(TodoState.DONE))
    return _shown(path.thread_id)


@api.post("/inbox/threads/<thread_id>/close", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def close(path: ThreadPath) -> Response:
    """Close a conversation; a later answer opens it again."""
    answering.close(auth.tenant_session(), auth.caller().tenant_id, path.thread_id, _now(TodoState.DISMISSED))
    return _shown(path.thread_id)


@api.post("/inbox/replies/<reply_id>/place", responses={"200": _Detail})
@auth.needs(Role.OPERATOR)
def place(path: ReplyPath, body: PlaceIn) -> Response:
    """Say who wrote what nobody could place; it then counts as that person's answer."""
    session, tenant_id = auth.tenant_session(), auth.caller().tenant_id
    received = placing.place(session, tenant_id, path.reply_id, body.lead_id, _now(TodoState.DONE))
    return jsonify(thread_views.get(session, tenant_id, received.thread_id or path.reply_id))


def _now(state: TodoState) -> Closing:
    return Closing(state, auth.caller().actor, clock.now())


def _shown(thread_id: UUID) -> Response:
    return jsonify(thread_views.get(auth.tenant_session(), auth.caller().tenant_id, thread_id))
