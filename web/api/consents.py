"""Consents: who agreed to which channel, in which words, and how that is known."""

from dataclasses import dataclass
from typing import BinaryIO, cast
from uuid import UUID

from flask import Response, jsonify
from flask_openapi import FileStorage
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from rex_celery.compliance.consent import Agreement
from rex_celery.ledgers import consent_lists, consents
from rex_celery.ledgers.consents import Consent
from rex_celery.ledgers.suppression_lists import ListTaken
from rex_celery.tenancy.access import Role
from rex_celery.vocabulary import Channel
from web import auth
from web.api.shapes import Body, Cursor, Line, Words, documented, listed, resource
from web.api.suppressions import CSV

api = resource("consents", "What people agreed to; text messages need it.")


class ConsentQuery(Cursor):
    lead_id: UUID | None = None
    channel: Channel | None = None


class NewConsent(Body):
    """What a person agreed to, and how that is known."""

    lead_id: UUID
    channel: Channel
    source: Line = Field(min_length=1, description="The form, call or paper.", examples=["web form /quote"])
    wording: Words = Field(min_length=1, description="What they were shown or told, word for word.")
    given_at: AwareDatetime
    evidence: dict[Line, Line] = Field(default_factory=dict, max_length=20, examples=[{"ip": "192.0.2.1"}])


class Withdrawal(Body):
    """Who does not agree any more."""

    lead_id: UUID
    channel: Channel
    reason: Line = Field("", description="How they said so; kept in the audit log.")


class ConsentList(BaseModel):
    """A CSV list of consents."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    file: FileStorage = Field(
        description="Columns email or phone, channel, source, wording, given_at; evidence if any."
    )


@dataclass(frozen=True, slots=True)
class Ended:
    """How many consents ended."""

    withdrawn: int


@api.get("/consents", responses={"200": listed(Consent)})
@auth.needs(Role.VIEWER)
def list_all(query: ConsentQuery) -> Response:
    """Consents, of one person or all; withdrawn ones too."""
    session = auth.tenant_session()
    found = consents.page(session, lead_id=query.lead_id, channel=query.channel, limit=query.limit, cursor=query.cursor)
    return jsonify(found)


@api.post("/consents", responses={"201": documented(Consent)})
@auth.needs(Role.OPERATOR)
def record(body: NewConsent) -> tuple[Response, int]:
    """Record what a person agreed to."""
    caller = auth.caller()
    given = Agreement(
        body.channel, body.source, body.wording, body.given_at, dict(body.evidence), recorded_by=caller.actor
    )
    found = consents.record(auth.tenant_session(), caller.tenant_id, body.lead_id, given)
    return jsonify(found), 201


@api.post("/consents/withdraw", responses={"200": documented(Ended)})
@auth.needs(Role.OPERATOR)
def withdraw(body: Withdrawal) -> Response:
    """End a person's consents to a channel; what waits for them there is taken back at once."""
    session, actor = auth.tenant_session(), auth.caller().actor
    return jsonify(Ended(consents.withdraw(session, body.lead_id, body.channel, body.reason, actor)))


@api.post("/consents/import", responses={"201": documented(ListTaken)})
@auth.needs(Role.OPERATOR, own_transactions=True, upload=True)
def take_in(form: ConsentList) -> tuple[Response, int]:
    """Take in a list; every row is a new consent, a known one or a rejection with its line. Again, it adds none."""
    caller = auth.caller()
    return jsonify(consent_lists.take_in(cast("BinaryIO", form.file.stream), caller.tenant_id, caller.actor)), 201


@api.get("/consents/export", responses=CSV)
@auth.needs(Role.OPERATOR, own_transactions=True)
def export() -> Response:
    """All consents as CSV, in the form that the import takes."""
    name = "attachment; filename=consents.csv"
    return Response(
        consents.export(auth.caller().tenant_id), mimetype="text/csv", headers={"Content-Disposition": name}
    )
