"""Engagement as far as a CRM export knows it."""

from decimal import Decimal

import pytest

from rex_celery.scoring.engagement import ASSUMED_TWO_WAY_SHARE, CrmRecord, engagement_from_crm, signals_of
from rex_celery.scoring.reactivation import assess


@pytest.mark.parametrize("kind", ["Meeting", "Call", "Demo", " demo "])
def test_one_two_way_contact_is_full_engagement(kind: str) -> None:
    assert engagement_from_crm(kind, 1, 10) == 1.0


@pytest.mark.parametrize("kind", ["Email", "Follow-up"])
def test_one_mail_that_nobody_answered_is_a_measured_zero(kind: str) -> None:
    assert engagement_from_crm(kind, 1, 10) == 0.0


def test_earlier_contacts_of_unknown_kind_count_by_the_assumed_share() -> None:
    assert engagement_from_crm("Email", 3, 10) == pytest.approx(ASSUMED_TWO_WAY_SHARE * 2 / 3)
    assert engagement_from_crm("Meeting", 3, 10) == pytest.approx((1 + ASSUMED_TWO_WAY_SHARE * 2) / 3)


def test_a_kind_of_contact_that_rex_does_not_know_is_neither_nought_nor_one() -> None:
    assert engagement_from_crm("Carrier pigeon", None, 10) == ASSUMED_TWO_WAY_SHARE


def test_without_any_contact_engagement_is_unknown() -> None:
    assert engagement_from_crm(None, 0, None) is None
    assert engagement_from_crm("", None, None) is None


def test_opens_and_clicks_stay_unknown_for_a_crm_record() -> None:
    signals = signals_of(CrmRecord(30, "Call", 2, "Negotiation", Decimal(500)))
    assert (signals.opens, signals.clicks, signals.customer) == (None, None, False)
    assert signals.deal_value == Decimal(500)


@pytest.mark.parametrize("stage", ["Closed Won", "closed won ", "closedwon"])
def test_a_won_deal_makes_a_customer(stage: str) -> None:
    assert signals_of(CrmRecord(30, "Call", 2, stage, None)).customer


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (CrmRecord(110, "Meeting", 1, "Negotiation", Decimal("19970.24")), "multi_channel"),
        (CrmRecord(186, "Call", 2, "Prospecting", Decimal("2057.86")), "standard"),
        (CrmRecord(150, "Follow-up", 3, "Prospecting", Decimal("1643.10")), "soft_touch"),
        (CrmRecord(254, "Follow-up", 3, "Prospecting", Decimal("1643.10")), "low_score"),
        (CrmRecord(116, "Email", 1, "Negotiation", Decimal("19105.19")), "low_engagement"),
        (CrmRecord(167, "Meeting", 2, "Closed Won", Decimal("15835.08")), "customer"),
        (CrmRecord(None, None, 0, None, None), "no_activity"),
    ],
)
def test_a_crm_list_gets_a_mix_of_strategies_and_reasons(record: CrmRecord, expected: str) -> None:
    result = assess(signals_of(record))
    assert (result.reason or result.strategy) == expected
