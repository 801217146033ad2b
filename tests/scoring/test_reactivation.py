"""The reactivation score and what follows from it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.reasons import REASONS
from rex_celery.scoring.reactivation import Signals, Strategy, Thresholds, assess
from rex_celery.vocabulary import Channel

RATE = st.none() | st.floats(0, 1)
ANY_SIGNALS = st.builds(
    Signals,
    days_since_activity=st.none() | st.integers(-400, 4000),
    opens=RATE,
    clicks=RATE,
    replies=RATE,
    deal_value=st.none() | st.decimals(-1_000, 10**9, allow_nan=False, places=2),
    customer=st.booleans(),
)


def signals(
    *,
    days: int | None = 0,
    opens: float | None = 1.0,
    clicks: float | None = 1.0,
    replies: float | None = 1.0,
    value: Decimal | None = Decimal(10_000),
    customer: bool = False,
) -> Signals:
    return Signals(days, opens, clicks, replies, value, customer)


def test_the_score_is_four_tenths_recency_four_tenths_engagement_two_tenths_value() -> None:
    result = assess(signals(days=73, opens=0.5, clicks=0.2, replies=0.1, value=Decimal(2_500)))
    assert result.recency == pytest.approx(0.8)
    assert result.engagement == pytest.approx(0.3 * 0.5 + 0.3 * 0.2 + 0.4 * 0.1)
    assert result.value == pytest.approx(0.25)
    assert result.score == pytest.approx(0.4 * 0.8 + 0.4 * 0.25 + 0.2 * 0.25)


@pytest.mark.parametrize(
    ("rate", "strategy", "channels"),
    [
        (1.0, Strategy.MULTI_CHANNEL, (Channel.EMAIL, Channel.SMS, Channel.LINKEDIN)),
        (0.5, Strategy.STANDARD, (Channel.EMAIL, Channel.LINKEDIN)),
        (0.125, Strategy.SOFT_TOUCH, (Channel.EMAIL,)),
    ],
)
def test_the_strategy_follows_the_score(rate: float, strategy: Strategy, channels: tuple[Channel, ...]) -> None:
    result = assess(signals(days=int(365 * (1 - rate)), opens=rate, clicks=rate, replies=rate))
    assert (result.strategy, result.channels, result.reason) == (strategy, channels, None)


@pytest.mark.parametrize(
    ("value", "strategy"),
    [
        # recency .5 of 365 days is not whole, so a horizon of 100 days makes the sums exact
        (Decimal(10_000), Strategy.MULTI_CHANNEL),
        (Decimal(9_999), Strategy.STANDARD),
    ],
)
def test_a_score_on_the_threshold_counts_as_reached(value: Decimal, strategy: Strategy) -> None:
    result = assess(signals(days=50, opens=0.75, clicks=0.75, replies=0.75, value=value), Thresholds(recency_days=100))
    assert result.strategy is strategy


def test_a_sum_that_floating_point_leaves_just_below_a_threshold_still_reaches_it() -> None:
    # .4 * .2 + .4 * .57 + .2 * .96 is .5, and 0.49999999999999994 as the processor adds it
    result = assess(signals(days=292, opens=0.57, clicks=0.57, replies=0.57, value=Decimal(9_600)))
    assert result.strategy is Strategy.STANDARD


def test_a_customer_is_not_a_dead_lead() -> None:
    assert assess(signals(customer=True)).reason == "customer"
    assert assess(signals(customer=True, days=None)).reason == "customer"


def test_a_lead_without_any_activity_gets_no_invented_score() -> None:
    result = assess(signals(days=None))
    assert (result.score, result.reason, result.channels) == (None, "no_activity", ())


def test_a_lead_is_dormant_too_long_only_beyond_the_limit() -> None:
    assert assess(signals(days=365)).reason is None
    assert assess(signals(days=366)).reason == "dormant_too_long"
    assert assess(signals(days=366), Thresholds(max_dormant_days=400)).reason is None


def test_low_engagement_skips_even_a_recent_valuable_lead() -> None:
    assert assess(signals(opens=0.16, clicks=0, replies=0)).reason == "low_engagement"
    assert assess(signals(opens=0, clicks=0, replies=0.125)).reason is None


def test_a_low_score_is_skipped_with_its_reason() -> None:
    result = assess(signals(days=350, opens=0.2, clicks=0.2, replies=0.2, value=Decimal(0)))
    assert (result.strategy, result.reason) == (Strategy.SKIP, "low_score")


def test_what_is_unknown_is_left_out_and_not_counted_as_zero() -> None:
    known = assess(signals(days=73, opens=None, clicks=None, replies=0.5, value=None))
    assert known.engagement == pytest.approx(0.5)
    assert known.value is None
    assert known.score == pytest.approx((0.4 * 0.8 + 0.4 * 0.5) / 0.8)


@given(ANY_SIGNALS)
def test_scores_stay_between_nought_and_one(given_signals: Signals) -> None:
    result = assess(given_signals)
    for part in (result.score, result.recency, result.engagement, result.value):
        assert part is None or 0 <= part <= 1


@given(ANY_SIGNALS)
def test_a_lead_is_skipped_exactly_when_a_known_reason_is_given(given_signals: Signals) -> None:
    result = assess(given_signals)
    assert (result.strategy is Strategy.SKIP) == (result.reason is not None)
    assert result.reason is None or result.reason in REASONS
