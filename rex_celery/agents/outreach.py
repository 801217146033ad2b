"""Outreach: claims each message in the ledger and delivers it once."""

from dataclasses import dataclass, field
from time import monotonic

import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.agents.base import BaseAgent, Job
from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.integrations import smtp_replies
from rex_celery.integrations.base import Delivery, EmailSender
from rex_celery.outreach import delivery, ledger, outbox
from rex_celery.vocabulary import Channel
from rex_celery.work import Report

log = structlog.get_logger()

# More than a chunk holds, so that one transaction delivers it; a mail server gets its messages one by one, and a pause
# or stop is seen before each.
OUTBOX_AT_ONCE = 500
RENEW_EVERY_SECONDS = 15.0
# A slow mail server may not hold a task up to its time limit (nine minutes): the rest of the chunk is sent by the next.
LONGEST_SHIFT_SECONDS = 300.0
# One refused recipient may be unlucky (greylisting); two in a row are a server that has trouble.
FAILURES_IN_A_ROW = 2
# Nobody was asked for an approval because the outbox sends nothing off this machine. Should a mail server have been
# configured since, that still holds for this mission.
_APPROVED = text("""
SELECT NOT EXISTS (SELECT FROM steps AS s JOIN missions AS m ON m.id = s.mission_id
  WHERE s.mission_id = :mission AND s.kind = 'approval' AND s.state = 'skipped' AND m.autonomy <> 'auto')
""")


@dataclass(frozen=True, slots=True)
class Outreach(BaseAgent[bool, int]):
    """Claims each message in the ledger and delivers it once."""

    name: str = field(init=False, default="outreach")

    def load(self, session: Session, job: Job) -> bool:
        """Settle what an earlier holder of this chunk left claimed when it died; says whether mail may be sent."""
        if job.attempt > 1:
            ledger.settle_claimed(session, job.mission_id, job.ref.chunk_no)
        return bool(session.execute(_APPROVED, {"mission": job.mission_id}).scalar())

    def work(self, job: Job, batch: bool) -> int | None:  # noqa: FBT001
        """Send everything that is planned; None when the mission was stopped before the end.

        Raises:
            ProviderUnavailableError: the mail server is down; what it did not take is planned again.

        """
        sender = delivery.email_sender() if batch else None
        taken = _to_outbox(job, delivery.outbox_channels(mail=sender is not None))
        mailed = _by_mail(job, sender) if sender and taken is not None else 0
        return None if taken is None or mailed is None else taken + mailed

    def record(self, session: Session, job: Job, made: int) -> Report:
        """Every result is in the ledger already, but for what a sender that was taken over still holds."""
        ledger.settle_claimed(session, job.mission_id, job.ref.chunk_no)
        return Report(leads=made)


def _to_outbox(job: Job, channels: list[str]) -> int | None:
    taken = 0
    while True:
        with db.transaction(job.tenant_id) as session:
            due = outbox.deliver(session, job.ref, channels, OUTBOX_AT_ONCE)
        if due is None:
            return None
        taken += due
        if due < OUTBOX_AT_ONCE:
            return taken


def _by_mail(job: Job, sender: EmailSender) -> int | None:
    """One claim, one call, one record for each message; a message that finds trouble is tried after the others."""
    sent, in_a_row, renewed = 0, 0, monotonic()
    tried: set[object] = set()
    over = renewed + LONGEST_SHIFT_SECONDS
    while True:
        if monotonic() > over:
            return None
        if monotonic() - renewed > RENEW_EVERY_SECONDS:
            if not job.keep():
                return None
            renewed = monotonic()
        with db.transaction(job.tenant_id) as session:
            claimed = ledger.claim(session, job.ref, "smtp", [Channel.EMAIL], 1)
        if not claimed:
            return None if claimed is None else sent
        try:
            result = _sent(job, sender, claimed[0])
        except ProviderUnavailableError as error:
            _give_back(job, claimed[0])
            in_a_row += 1
            if in_a_row >= FAILURES_IN_A_ROW or claimed[0].id in tried:
                raise
            tried.add(claimed[0].id)
            log.info("message_deferred", message_id=str(claimed[0].id), error=error.detail)
            continue
        in_a_row = 0
        if result is None:
            _give_back(job, claimed[0])  # the next claim says which stop it was
            continue
        with db.transaction(job.tenant_id) as session:
            ledger.record(session, job.ref, [result])
        sent += 1


def _sent(job: Job, sender: EmailSender, message: ledger.Claimed) -> ledger.Result | None:
    letter = delivery.letter(
        tenant_id=job.tenant_id,
        message_id=message.id,
        recipient=message.recipient,
        subject=message.subject,
        body=message.body,
        sender=job.params["sender"],
        at=clock.now(),
    )
    try:
        receipt = sender.send(letter, lambda: _may_leave(job, message))
    except ProviderRejectedError as error:
        log.info("message_rejected", message_id=str(message.id), code=error.code)
        return ledger.Result(message, "failed", smtp_replies.reason_of(error.code), error.code)
    if receipt.delivery is Delivery.WITHDRAWN:
        return None
    if receipt.delivery is Delivery.UNKNOWN:
        return ledger.Result(message, "unknown", ledger.ASSUMED, receipt.provider_id)
    return ledger.Result(message, "accepted", None, receipt.provider_id)


def _may_leave(job: Job, message: ledger.Claimed) -> bool:
    with db.transaction(job.tenant_id) as session:
        return ledger.may_leave(session, job.ref, message)


def _give_back(job: Job, message: ledger.Claimed) -> None:
    with db.transaction(job.tenant_id) as session:
        ledger.unclaim(session, [message])
