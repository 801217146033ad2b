"""Snippets: pieces of text that steps include by name."""

from typing import Annotated

from flask import Response, jsonify
from pydantic import Field, StringConstraints

from rex_celery.copywriting import snippets as references
from rex_celery.outreach import snippets
from rex_celery.outreach.snippets import Snippet
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Path, documented, listed, resource

api = resource("snippets", "Pieces of text that steps include with {{ snippet.name }}.")


class SnippetPath(Path):
    name: str = Field(pattern=f"^{references.NAME}$", description="a-z, 0-9, - and _", examples=["signature"])


class SnippetBody(Body):
    """The text, in the language of steps, without other snippets."""

    body: Annotated[str, StringConstraints(min_length=1)] = Field(examples=["Best regards,\n{{ sender_name }}"])


@api.get("/snippets", responses={"200": listed(Snippet)})
@auth.needs(Role.VIEWER)
def list_all() -> Response:
    """The snippets by name, all of them."""
    return jsonify({"items": snippets.every(auth.tenant_session()), "next_cursor": None})


@api.put("/snippets/<name>", responses={"200": documented(Snippet)})
@auth.needs(Role.OPERATOR)
def write(path: SnippetPath, body: SnippetBody) -> Response:
    """Store a snippet under this name; messages that were written before keep their words."""
    session, caller = auth.tenant_session(), auth.caller()
    return jsonify(snippets.write(session, caller.tenant_id, path.name, body.body, actor=caller.actor))


@api.delete("/snippets/<name>", responses={"204": None})
@auth.needs(Role.OPERATOR)
def delete(path: SnippetPath) -> tuple[str, int]:
    """Remove a snippet that no sequence uses."""
    snippets.delete(auth.tenant_session(), path.name, actor=auth.caller().actor)
    return "", 204
