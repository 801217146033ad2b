"""Bounces and complaints that came as mail, as facts about deliveries like those of any other source."""

from rex_celery.integrations.base import ProviderEvent
from rex_celery.integrations.mail_refusals import Refusal
from rex_celery.integrations.mail_reports import BounceReport, ComplaintReport

# What people say with the spam button or the one beside it (RFC 5965, 6650); the other types are news for engineers,
# and not-spam is the contrary.
_COMPLAINTS = frozenset({"abuse", "complaint", "fraud", "opt-out", "opt-out-list", "miscategorized"})


def of(report: BounceReport | ComplaintReport) -> ProviderEvent | None:
    """The fact that a report tells; only a dead address is the person's, everything else is the sender's trouble."""
    if isinstance(report, ComplaintReport):
        if report.feedback_type not in _COMPLAINTS:
            return None
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
    # A server that would not say for sure until the sender gave up (4xx) has not said that the address is dead.
    is_dead = report.classification is Refusal.DEAD_ADDRESS and not report.code.startswith("4")
    return "bounced" if is_dead else "blocked"
