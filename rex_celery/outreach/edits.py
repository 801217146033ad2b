"""Messages that a person changed before they go out: looked at as those that REX wrote."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config
from rex_celery.compliance import unsubscribe
from rex_celery.compliance.content import Content, check
from rex_celery.errors import InvalidError, Problem
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel

# A message in a thread has the subject of the thread, which was looked at with the message that began it.
IN_THREAD = "(in the thread)"

_FOUND = text("""
SELECT m.id, m.channel, m.subject, l.first_name, s.params->'sender'->>'name' AS sender_name,
  s.params->'sender'->>'postal_address' AS postal_address
FROM messages AS m JOIN missions AS s ON s.id = m.mission_id JOIN leads AS l ON l.id = m.lead_id
WHERE m.id = ANY(CAST(:ids AS uuid[]))
""")


def check_all(session: Session, tenant_id: UUID, written: Mapping[UUID, tuple[str, str]]) -> None:
    """See that these messages are fit to be sent as (subject, body).

    Raises:
        InvalidError: some are not; every finding is named with its message.

    """
    if not written:
        return
    settings = config.settings()
    secret = settings.secret_key.get_secret_value()
    problems = []
    for row in session.execute(_FOUND, {"ids": list(written)}):
        subject, body = written[row.id]
        content = Content(
            Channel(row.channel),
            subject or (IN_THREAD if not row.subject else ""),
            body,
            row.first_name or "",
            row.sender_name or "",
            row.postal_address or "",
            unsubscribe.link(settings.public_url, secret, tenant_id, row.id),
        )
        for one in check(content):
            reason = REASONS[one.code]
            problems.append(Problem(f"edits.{row.id}", f"{reason.text} {one.found}".strip(), reason.action))
    if problems:
        raise InvalidError(
            f"The message cannot be sent like this: {problems[0].what}", code="unfit", problems=tuple(problems)
        )
