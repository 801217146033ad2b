"""Messages: what was or will be sent, as JSON and as the file a mail program opens."""

from uuid import UUID

from flask import Response, jsonify

from rex_celery import clock
from rex_celery.errors import ConflictError
from rex_celery.integrations import eml
from rex_celery.missions import results
from rex_celery.missions.views import Message
from rex_celery.outreach import delivery
from rex_celery.tenancy.access import Role
from rex_celery.vocabulary import Channel
from web import auth
from web.api.shapes import Path, documented, resource

api = resource("messages", "The send ledger: one message to one person.")


class MessagePath(Path):
    message_id: UUID


@api.get("/messages/<message_id>", responses={"200": documented(Message)})
@auth.needs(Role.VIEWER)
def show(path: MessagePath) -> Response:
    """One message."""
    return jsonify(results.message(auth.tenant_session(), path.message_id))


@api.get(
    "/messages/<message_id>.eml",
    responses={"200": {"description": "RFC 5322", "content": {"message/rfc822": {"schema": {"type": "string"}}}}},
)
@auth.needs(Role.VIEWER)
def show_eml(path: MessagePath) -> Response:
    """The e-mail as a file that mail programs open."""
    session, caller = auth.tenant_session(), auth.caller()
    message = results.message(session, path.message_id)
    if message.channel != Channel.EMAIL:
        raise ConflictError(
            f"This message goes by {message.channel}, so it is no e-mail.",
            action=f"See /api/rex/messages/{message.id}.",
        )
    letter = delivery.letter(
        tenant_id=caller.tenant_id,
        message_id=message.id,
        recipient=message.to,
        subject=message.subject,
        body=message.body,
        sender=results.sender_of(session, message.id),
        at=message.sent_at or clock.now(),
    )
    name = f"attachment; filename={message.id}.eml"
    return Response(eml.as_eml(letter), mimetype="message/rfc822", headers={"Content-Disposition": name})
