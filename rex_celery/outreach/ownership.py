"""Whether a mail that came in is one of ours: what we sent, or what somebody of us wrote from an inbox of REX."""

from sqlalchemy import text

from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach import finding, senders_of
from rex_celery.outreach.arrivals import Intake

_OURS = text("""
SELECT EXISTS (SELECT FROM messages WHERE id = CAST(:message AS uuid))
  OR EXISTS (SELECT FROM inboxes WHERE tenant_id = :tenant AND channel = 'email'
     AND (lower(address) = ANY(CAST(:addresses AS text[]))
          OR EXISTS (SELECT FROM jsonb_array_elements_text(aliases) AS a(alias)
                     WHERE lower(a.alias) = ANY(CAST(:addresses AS text[])))))
  OR EXISTS (SELECT FROM tenants WHERE id = :tenant AND lower(sender_email) = ANY(CAST(:addresses AS text[])))
""")


_OUR_NUMBER = text(
    "SELECT EXISTS (SELECT FROM inboxes WHERE tenant_id = :tenant AND channel = 'sms' AND address = :number)"
)


def is_our_number(intake: Intake) -> bool:
    """Whether a text came from one of our own numbers."""
    values = {"tenant": intake.tenant_id, "number": intake.arrival.sender}
    return bool(intake.session.execute(_OUR_NUMBER, values).scalar())


def is_ours(intake: Intake, mail: InboundEmail) -> bool:
    """Whether we wrote it ourselves; such a mail is no answer, or REX would hold conversations with itself."""
    address = senders_of.normalised(mail.sender.address)
    addresses = sorted(senders_of.spellings(address)) if address else []
    values = {"message": finding.our_id(mail.message_id), "tenant": intake.tenant_id, "addresses": addresses}
    return bool(intake.session.execute(_OURS, values).scalar())
