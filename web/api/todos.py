"""The to-do list: what waits for a person."""

from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery import clock
from rex_celery.outreach import todo_views, todos
from rex_celery.outreach.todo_views import Todo, TodoKind, TodoState
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, documented, listed, resource

api = resource("todos", "What a person must do: answer, send on LinkedIn, look at what nobody could place.")

_Todo = documented(Todo)


class TodoPath(Path):
    todo_id: UUID


class TodoQuery(Cursor):
    state: TodoState = TodoState.OPEN
    kind: TodoKind | None = None


class AssignIn(Body):
    """Who will do it."""

    assignee: Line = Field(description="Empty: nobody in particular.", examples=["ada@acme.example.com"])


@api.get("/todos", responses={"200": listed(Todo)})
@auth.needs(Role.VIEWER)
def list_todos(query: TodoQuery) -> Response:
    """What there is to do; what has waited longest comes first."""
    found = todo_views.page(
        auth.tenant_session(), state=query.state, kind=query.kind, limit=query.limit, cursor=query.cursor
    )
    return jsonify(found)


@api.post("/todos/<todo_id>/done", responses={"200": _Todo})
@auth.needs(Role.OPERATOR)
def done(path: TodoPath) -> Response:
    """Say that it was done: a LinkedIn message then counts as sent, a message to approve is due."""
    return _closed(path.todo_id, TodoState.DONE)


@api.post("/todos/<todo_id>/dismiss", responses={"200": _Todo})
@auth.needs(Role.OPERATOR)
def dismiss(path: TodoPath) -> Response:
    """Say that it will not be done: what would have been sent is not."""
    return _closed(path.todo_id, TodoState.DISMISSED)


@api.post("/todos/<todo_id>/assign", responses={"200": _Todo})
@auth.needs(Role.OPERATOR)
def assign(path: TodoPath, body: AssignIn) -> Response:
    """Say who will do it."""
    caller = auth.caller()
    return jsonify(todos.assign(auth.tenant_session(), caller.tenant_id, path.todo_id, body.assignee, caller.actor))


def _closed(todo_id: UUID, state: TodoState) -> Response:
    caller = auth.caller()
    closed = todos.close(auth.tenant_session(), caller.tenant_id, todo_id, state, caller.actor, clock.now())
    return jsonify(closed)
