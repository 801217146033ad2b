"""Moving people who are on their way to another version of their sequence, after a look at what that would change."""

from dataclasses import replace
from uuid import UUID

from flask import Response, jsonify
from pydantic import Field

from rex_celery import db
from rex_celery.agents import rewriting
from rex_celery.outreach import migration
from rex_celery.outreach.migration import Ask, Preview
from rex_celery.tenancy.access import Role
from web import auth
from web.api.sequences import LARGEST_VERSION
from web.api.shapes import Body, Path, documented, resource

api = resource("sequence_moves", "Moving people to another version of their sequence.")


class MovePath(Path):
    sequence_id: UUID


class Migration(Body):
    """From which version to which; with ``preview`` nothing is changed."""

    from_version: int = Field(ge=1, le=LARGEST_VERSION)
    to_version: int = Field(ge=1, le=LARGEST_VERSION)
    preview: bool = Field(True, description="Only tell what it would do; false does it.")


@api.post("/sequences/<sequence_id>/migrate", responses={"200": documented(Preview, "MigrationPreview")})
@auth.needs(Role.OPERATOR, own_transactions=True)
def migrate(path: MovePath, body: Migration) -> Response:
    """Move everybody on their way through a version to another, after a look at what that changes.

    What left stays as it is; steps after it are written anew, added or dropped. Who cannot be placed stays. The steps
    are counted before the move; how many people moved and stayed is what happened.
    """
    caller = auth.caller()
    ask = Ask(path.sequence_id, body.from_version, body.to_version)
    with db.transaction(caller.tenant_id) as session:
        seen = migration.preview(session, ask)
    if body.preview:
        return jsonify(seen)
    done = rewriting.migrate(caller.tenant_id, ask, caller.actor)
    return jsonify(replace(seen, moving=done.moved, staying=done.stayed, problems=done.problems))
