"""Which inbox writes to whom: new people are spread over the inboxes of a channel by the work these already have."""

import heapq
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import config
from rex_celery.integrations.base import Mailbox
from rex_celery.outreach import recipients
from rex_celery.outreach.policy import STANDARD
from rex_celery.vocabulary import Channel

# Who sends on this machine, and LinkedIn by hand: made without being asked, and used only where there is nothing else.
BUILT_IN = ("outbox", "manual")

# Days of work that wait: due and future messages of each inbox over what it may send a day.
_OWN = text("""
SELECT i.id, coalesce(i.per_day, :per_day) AS per_day,
  (SELECT count(*) FROM messages AS m
   WHERE m.inbox_id = i.id AND m.state = 'planned' AND m.run_after IS NOT NULL) AS waiting,
  i.state = 'active' AND coalesce(c.state = 'active', true) AS sends
FROM inboxes AS i LEFT JOIN connections AS c ON c.id = i.connection_id
WHERE i.tenant_id = :tenant AND i.channel = :channel AND i.provider <> ALL(:built_in) AND i.connection_id IS NOT NULL
ORDER BY i.id
""")
_MAKE = text("""
INSERT INTO inboxes (id, tenant_id, channel, provider, address, name, domain)
VALUES (:id, :tenant, :channel, :provider, :address, :name, :domain)
ON CONFLICT (tenant_id, channel, provider, address) DO NOTHING
""")
_FIND = text("""
SELECT id FROM inboxes
WHERE tenant_id = :tenant AND channel = :channel AND provider = :provider AND address = :address
""")


def choose(session: Session, tenant_id: UUID, channel: str, count: int, default: Mailbox) -> list[UUID]:
    """The inboxes of ``count`` new people, in order.

    A tenant's own inboxes, those that send now if any does; each next person goes to the one that has the least work
    waiting for its daily cap. Without any: for e-mail ``default`` through the mail server of the settings or else into
    the built-in outbox, for text messages the outbox, for LinkedIn a person; such an inbox is made when it is missing.
    """
    values = {"tenant": tenant_id, "channel": channel, "per_day": STANDARD.caps.inbox_per_day}
    own = session.execute(_OWN, values | {"built_in": list(BUILT_IN)}).all()
    usable = [row for row in own if row.sends] or own
    if not usable:
        return [_built_in(session, tenant_id, channel, default)] * count
    # A cap of 0 stands for an inbox that is to send nothing: it gets people only if all are like that.
    queue = [((row.waiting / row.per_day) if row.per_day else float("inf"), row.id, row.per_day) for row in usable]
    heapq.heapify(queue)
    chosen = []
    for _ in range(count):
        days, inbox_id, per_day = queue[0]
        chosen.append(inbox_id)
        heapq.heapreplace(queue, (days + 1 / per_day if per_day else days, inbox_id, per_day))
    return chosen


def _built_in(session: Session, tenant_id: UUID, channel: str, default: Mailbox) -> UUID:
    provider, mailbox = without_a_connection(channel, default)
    values = {"tenant": tenant_id, "channel": channel, "provider": provider, "address": mailbox.address}
    found = session.execute(_FIND, values).scalar()
    if found is None:
        domain = recipients.registrable(mailbox.address.rpartition("@")[2]) if channel == Channel.EMAIL else ""
        session.execute(_MAKE, values | {"id": uuid4(), "name": mailbox.name, "domain": domain})
        # Somebody else may have made it at the same moment.
        found = session.execute(_FIND, values).scalar_one()
    inbox_id: UUID = found
    return inbox_id


def without_a_connection(channel: str, default: Mailbox) -> tuple[str, Mailbox]:
    """Who sends on a channel for a tenant without an inbox of its own: the provider, and its address here."""
    if channel == Channel.EMAIL:
        return config.settings().delivery, default
    return ("manual", Mailbox("by hand")) if channel == Channel.LINKEDIN else ("outbox", Mailbox("outbox"))
