"""What a CRM export tells about engagement, which is less than an outreach tool knows."""

from dataclasses import dataclass
from decimal import Decimal

from rex_celery.scoring.reactivation import Signals

TWO_WAY = frozenset({"meeting", "call", "demo", "reply", "chat", "visit"})
"""Kinds of activity in which the person took part."""

ONE_WAY = frozenset({"email", "follow-up", "followup", "follow up", "voicemail", "letter", "sms"})
"""Kinds of activity that one side can do alone; an export does not say which side it was."""

CUSTOMER_STAGES = frozenset({"closed won", "won", "customer", "closedwon"})

# Of the earlier activities an export keeps only the number. CRM users log more mails than meetings, so a third of
# them is taken as two-way. This is an assumption, not a measurement.
ASSUMED_TWO_WAY_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """The columns of a CRM export that say how a lead was in touch. ``activities`` counts all of them."""

    days_since_activity: int | None
    last_activity: str | None
    activities: int | None
    deal_stage: str | None
    deal_value: Decimal | None


def signals_of(record: CrmRecord) -> Signals:
    """The signals that a CRM export gives; opens and clicks stay unknown because no CRM field holds them."""
    return Signals(
        days_since_activity=record.days_since_activity,
        replies=engagement_from_crm(record.last_activity, record.activities, record.days_since_activity),
        deal_value=record.deal_value,
        customer=(record.deal_stage or "").strip().lower() in CUSTOMER_STAGES,
    )


def engagement_from_crm(last_activity: str | None, activities: int | None, days_since: int | None) -> float | None:
    """The share of contacts in which the person took part, 0 to 1; None when there was no contact at all.

    Measured: the kind of the last activity (a meeting, call or demo needs two) and how many activities there were.
    Assumed: one third of the earlier activities, whose kinds the export does not hold, were two-way; so is one third
    of a last activity of a kind REX does not know. One mail and nothing else is a measured zero: nobody ever answered.
    """
    if days_since is None and not last_activity:
        return None
    contacts = max(activities or 0, 1)
    kind = (last_activity or "").strip().lower()
    last = 1.0 if kind in TWO_WAY else 0.0 if kind in ONE_WAY else ASSUMED_TWO_WAY_SHARE
    return (last + ASSUMED_TWO_WAY_SHARE * (contacts - 1)) / contacts
