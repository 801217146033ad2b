"""Suppressions: who must not be written to, by hand, by list, and as a file."""

from http import HTTPStatus
from typing import Any, BinaryIO, Literal, cast
from uuid import UUID

from flask import Response, jsonify
from flask_openapi import FileStorage
from pydantic import BaseModel, ConfigDict, Field

from rex_celery.compliance.suppression import Stop
from rex_celery.errors import InvalidError, Problem
from rex_celery.leads.identity import InvalidValueError
from rex_celery.ledgers import entries, suppression_lists, suppressions
from rex_celery.ledgers.suppression_lists import ListTaken
from rex_celery.ledgers.suppressions import Filter, Suppression
from rex_celery.tenancy.access import Role
from web import auth
from web.api.shapes import Body, Cursor, Line, Path, documented, listed, resource

api = resource("suppressions", "The ledger of people and domains that must not be written to.")

Reason = Literal[
    "suppressed_manual",
    "suppressed_opt_out",
    "suppressed_unsubscribed",
    "suppressed_bounce",
    "suppressed_complaint",
]
Scope = Literal["all", "email", "sms", "linkedin"]
CSV: dict[str | int | HTTPStatus, Any] = {
    "200": {"description": "CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


class SuppressionPath(Path):
    suppression_id: UUID


class SuppressionQuery(Cursor):
    email: Line | None = None
    phone: Line | None = Field(None, description="In international form, such as +12025550143.")
    domain: Line | None = None
    reason: Reason | None = None


class NewSuppression(Body):
    """A person by e-mail address and telephone number or one of them, or a whole domain."""

    email: Line = Field("", examples=["grace@example.com"])
    phone: Line = Field("", examples=["+12025550143"])
    domain: Line = Field("", description="Everybody with an address there or below it.", examples=["acme.example.com"])
    scope: Scope = Field("all", description="A channel, if the others stay allowed.")
    reason: Reason = "suppressed_manual"
    note: Line = Field("", description="How you know; kept as evidence.")


class Removal(Body):
    """Why an entry is taken out; kept in the audit log."""

    reason: Line = Field(min_length=1)


class SuppressionList(BaseModel):
    """A CSV list of e-mail addresses, telephone numbers and domains."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(description="Columns email, phone, domain, scope, reason, note; or one without a header.")
    reason: Reason = Field("suppressed_manual", description="For rows that give none of these.")
    scope: Scope = Field("all", description="For rows that give none.")


@api.get("/suppressions", responses={"200": listed(Suppression)})
@auth.needs(Role.VIEWER)
def list_all(query: SuppressionQuery) -> Response:
    """The ledger, the newest entries first."""
    which = Filter(query.email, query.phone, query.domain, query.reason)
    return jsonify(suppressions.page(auth.tenant_session(), which, limit=query.limit, cursor=query.cursor))


@api.post("/suppressions", responses={"201": documented(Suppression), "200": documented(Suppression)})
@auth.needs(Role.OPERATOR)
def add(body: NewSuppression) -> tuple[Response, int]:
    """Enter somebody; what waits for them is taken back at once. 200 if they stood there already."""
    caller = auth.caller()
    try:
        person = entries.person(body.email, body.phone, body.domain)
    except InvalidValueError as error:
        problem = Problem("body", str(error), "email, phone or both; or domain alone")
        raise InvalidError(f"Nobody can be suppressed by this: {error}.", problems=(problem,)) from error
    evidence = {"note": body.note} if body.note else {}
    stop = Stop(body.reason, f"hand:{caller.actor}", evidence, body.scope)
    found, new = suppressions.add(auth.tenant_session(), caller.tenant_id, person, stop, caller.actor)
    return jsonify(found), 201 if new else 200


@api.post("/suppressions/<suppression_id>/remove", responses={"200": documented(Suppression)})
@auth.needs(Role.ADMIN)
def remove(path: SuppressionPath, body: Removal) -> Response:
    """Take an entry out. A person's own opt-out or complaint stays until they agree anew."""
    return jsonify(suppressions.remove(auth.tenant_session(), path.suppression_id, body.reason, auth.caller().actor))


@api.post("/suppressions/import", responses={"201": documented(ListTaken)})
@auth.needs(Role.OPERATOR, own_transactions=True, upload=True)
def take_in(form: SuppressionList) -> tuple[Response, int]:
    """Take in a list; every row is a new entry, a known one or a rejection with its line. The same again adds none."""
    caller = auth.caller()
    stop = Stop(form.reason, f"list:{(form.file.filename or 'list.csv')[:200]}", scope=form.scope)
    stream = cast("BinaryIO", form.file.stream)
    return jsonify(suppression_lists.take_in(stream, caller.tenant_id, stop, caller.actor)), 201


@api.get("/suppressions/export", responses=CSV)
@auth.needs(Role.OPERATOR, own_transactions=True)
def export() -> Response:
    """The whole ledger as CSV, in the form that the import takes."""
    name = "attachment; filename=suppressions.csv"
    return Response(
        suppressions.export(auth.caller().tenant_id), mimetype="text/csv", headers={"Content-Disposition": name}
    )
