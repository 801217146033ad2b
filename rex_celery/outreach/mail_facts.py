"""Bounces and complaints that came as mail, as facts about deliveries like those of any other source."""

from rex_celery.integrations.base import ProviderEvent
from rex_celery.integrations.mail_refusals import Refusal
from rex_celery.integrations.mail_reports import BounceReport, ComplaintReport


def of(report: BounceReport | ComplaintReport) -> ProviderEvent:
    """The fact that a report tells; only a dead address is the person's, everything else is the sender's trouble."""
    if isinstance(report, ComplaintReport):
        return ProviderEvent(
            provider="arf",
            event_id=report.message_id,
            kind="complained",
            source="arf",
            at=report.at,
            rfc_message_id=report.rfc_message_id,
            recipient=report.recipient,
            classification=report.feedback_type,
        )
    return ProviderEvent(
        provider="dsn",
        event_id=report.message_id,
        kind=_kind(report),
        source="dsn",
        at=report.at,
        rfc_message_id=report.rfc_message_id,
        recipient=report.recipient,
        code=report.code,
        classification=report.classification,
    )


def _kind(report: BounceReport) -> str:
    if not report.permanent:
        return "deferred"
    return "bounced" if report.classification is Refusal.DEAD_ADDRESS else "blocked"
