"""Reading connected mailboxes: who is due, one reader at a time, each mail kept once, and rest after trouble."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import broker, clock, crews, db
from rex_celery.errors import ProviderUnavailableError, RefusedError
from rex_celery.flow import URGENT, Call
from rex_celery.integrations import imap, mail
from rex_celery.integrations.imap import Batch, FolderUnavailableError, ImapMailbox, Mail
from rex_celery.outreach import imap_cursors
from rex_celery.outreach.imap_cursors import Lease, Standing
from rex_celery.tenancy import credentials
from rex_celery.webhooks import receive
from rex_celery.webhooks.receive import Item, Source

log = structlog.get_logger()

# What nobody began by then is made anew by the next look.
TASK_EXPIRES = timedelta(seconds=30)
# Longer than a poll takes; a reader that died lets go of the mailbox after it.
LEASE = timedelta(minutes=2)
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=15)
# Servers search by their own day: the one before is read too, so that no time zone hides an answer.
_MARGIN = timedelta(days=1)

_DUE = text("""
SELECT c.tenant_id, c.id FROM connections AS c JOIN tenants AS t ON t.id = c.tenant_id
WHERE c.provider = 'imap' AND c.state = 'active' AND t.simulated_at IS NULL
  AND NOT EXISTS (SELECT FROM imap_cursors AS i WHERE i.connection_id = c.id AND i.retry_at > :now)
""")
_CONNECTION = text("""
SELECT id, settings, secret, created_at FROM connections WHERE id = :id AND provider = 'imap' AND state = 'active'
""")


def poll_due() -> int:
    """Have every mailbox read that is not resting; returns how many. A slow server holds up nobody but itself."""
    with db.control() as session:
        rows = session.execute(_DUE, {"now": clock.now()}).all()
    queue, expires = crews.queue_of(crews.Crew.CAMPAIGN), TASK_EXPIRES.total_seconds()
    # An answer must be known before the next message leaves.
    broker.publish(
        Call("campaign.poll_mailbox", (str(row.tenant_id), str(row.id)), queue, URGENT, expires=expires) for row in rows
    )
    return len(rows)


def poll(tenant_id: UUID, connection_id: UUID) -> str:
    """Read the new mail of one mailbox and keep it. Trouble is noted with the moment of the next try, never raised.

    ``read`` is the answer, ``gone`` without such a connection, ``busy`` while another reads it or it rests, ``resting``
    after trouble.
    """
    now = clock.now()
    with db.transaction(tenant_id) as session:
        connection = session.execute(_CONNECTION, {"id": connection_id}).one_or_none()
        if connection is None:
            return "gone"
        first = next(iter(_folders(connection)), "INBOX")
        lease = Lease(tenant_id, connection_id, first, now + LEASE)
        if not imap_cursors.take(session, lease, now):
            return "busy"
    return _finish(lease, _read(lease, connection))


def _folders(connection: Row[Any]) -> list[str]:
    """The folders that the owner named; none: those that the server tells."""
    return list(connection.settings.get("folders") or ())


def _read(lease: Lease, connection: Row[Any]) -> list[str]:
    """Read all folders; gives what is wrong, one sentence each."""
    since = (connection.created_at - _MARGIN).date()
    try:
        server = imap.server_of(connection.settings, credentials.decrypt(connection.secret))
        with ImapMailbox(server) as mailbox:
            wanted = _folders(connection) or mailbox.folders()
            return [trouble for folder in wanted if (trouble := _read_folder(lease, mailbox, folder, since))]
    except ProviderUnavailableError as error:
        return [error.detail]
    except RefusedError as error:  # its secret cannot be read
        return [f"{error.detail} {error.action}".strip()]


def _read_folder(lease: Lease, mailbox: ImapMailbox, folder: str, since: date) -> str:
    """Read one folder; a missing one says so and does not keep the others from being read."""
    with db.transaction(lease.tenant_id) as session:
        cursor = imap_cursors.get(session, lease.connection_id, folder)
    try:
        batch = mailbox.poll(folder, cursor, since, clock.now())
    except FolderUnavailableError as error:
        return error.detail
    if batch.cursor != cursor:
        with db.transaction(lease.tenant_id) as session:
            _keep(session, lease, folder, batch)
    return ""


def _keep(session: Session, lease: Lease, folder: str, batch: Batch) -> None:
    """Keep the mails and move the cursor in one transaction, unless the lease was lost: then whoever has it does."""
    connection_id = lease.connection_id
    if not imap_cursors.held(session, lease):
        log.warning("mailbox_lease_lost", connection_id=str(connection_id))
        return
    items = [Item(mail.message_id_of(one.raw), _where(folder, one), one.raw) for one in batch.mails]
    kept = receive.keep(session, lease.tenant_id, Source(connection_id, "imap", "imap"), items)
    imap_cursors.move(session, lease, folder, batch.cursor)
    if items or batch.skipped:
        log.info("mail_fetched", connection_id=str(connection_id), new=kept, skipped=batch.skipped)


def _where(folder: str, one: Mail) -> dict[str, Any]:
    return {"folder": folder, "uid": one.uid, "received_at": one.received_at.isoformat()}


def _finish(lease: Lease, troubles: list[str]) -> str:
    """Let go of the mailbox: until the next look, or after trouble for ever longer up to a quarter of an hour."""
    now, error = clock.now(), " ".join(troubles)[:500]
    with db.transaction(lease.tenant_id) as session:
        if not troubles:
            imap_cursors.release(session, lease, Standing(0, None, "", now))
            return "read"
        failures = imap_cursors.failures(session, lease) + 1
        rest = min(FIRST_REST * 2 ** min(failures - 1, 10), LONGEST_REST)
        imap_cursors.release(session, lease, Standing(failures, now + rest, error, now))
    log.warning("mailbox_unavailable", connection_id=str(lease.connection_id), failures=failures)
    return "resting"
