"""The reactivation score: how much a quiet lead is worth waking, by which strategy, or why not at all."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rex_celery.vocabulary import Channel


class Strategy(StrEnum):
    """How much effort a lead gets."""

    MULTI_CHANNEL = "multi_channel"
    STANDARD = "standard"
    SOFT_TOUCH = "soft_touch"
    SKIP = "skip"


CHANNELS: dict[Strategy, tuple[Channel, ...]] = {
    Strategy.MULTI_CHANNEL: (Channel.EMAIL, Channel.SMS, Channel.LINKEDIN),
    Strategy.STANDARD: (Channel.EMAIL, Channel.LINKEDIN),
    Strategy.SOFT_TOUCH: (Channel.EMAIL,),
    Strategy.SKIP: (),
}
"""The channels of each strategy, the first touch first."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every number of the score; the code, the settings page and the explanation read the same ones."""

    recency_weight: float = 0.4
    engagement_weight: float = 0.4
    value_weight: float = 0.2
    open_weight: float = 0.3
    click_weight: float = 0.3
    reply_weight: float = 0.4
    recency_days: int = 365
    full_value: float = 10_000.0
    multi_channel: float = 0.7
    standard: float = 0.5
    soft_touch: float = 0.3
    max_dormant_days: int = 365
    min_engagement: float = 0.05


STANDARD_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a lead; None means unknown, which is not zero.

    ``opens``, ``clicks`` and ``replies`` are rates of human events, 0 to 1. ``deal_value`` is in the tenant's currency.
    """

    days_since_activity: int | None
    opens: float | None = None
    clicks: float | None = None
    replies: float | None = None
    deal_value: Decimal | None = None
    customer: bool = False


@dataclass(frozen=True, slots=True)
class Reactivation:
    """The score with its parts (each 0 to 1, None where unknown), and what follows from it.

    ``reason`` is a code of ``rex_celery.reasons`` when the lead is skipped, else None.
    """

    score: float | None
    recency: float | None
    engagement: float | None
    value: float | None
    strategy: Strategy
    reason: str | None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that the strategy may use, the first touch first."""
        return CHANNELS[self.strategy]


def assess(signals: Signals, thresholds: Thresholds = STANDARD_THRESHOLDS) -> Reactivation:
    """Score one lead.

    score = .4 recency + .4 engagement + .2 value. A part that nobody knows is left out and the weights of the known
    parts are scaled up to 1: unknown is neither zero nor an invented number. With everything known it is the plain sum.
    """
    days = signals.days_since_activity
    engagement = _engagement(signals, thresholds)
    value = None if signals.deal_value is None else _unit(float(signals.deal_value) / thresholds.full_value)
    if days is None:
        unknown = "customer" if signals.customer else "no_activity"
        return Reactivation(None, None, engagement, value, Strategy.SKIP, unknown)
    recency = _unit(1.0 - days / thresholds.recency_days)
    score = _weighted(
        (thresholds.recency_weight, recency),
        (thresholds.engagement_weight, engagement),
        (thresholds.value_weight, value),
    )
    reason = _refusal(signals, engagement, thresholds)
    strategy = Strategy.SKIP if reason or score is None else _strategy(score, thresholds)
    if strategy is Strategy.SKIP and reason is None:
        reason = "low_score"
    return Reactivation(score, recency, engagement, value, strategy, reason)


def _refusal(signals: Signals, engagement: float | None, thresholds: Thresholds) -> str | None:
    """Why this lead is skipped whatever its score, first match wins."""
    if signals.customer:
        return "customer"
    if (signals.days_since_activity or 0) > thresholds.max_dormant_days:
        return "dormant_too_long"
    if engagement is not None and engagement < thresholds.min_engagement:
        return "low_engagement"
    return None


def _strategy(score: float, thresholds: Thresholds) -> Strategy:
    if score >= thresholds.multi_channel:
        return Strategy.MULTI_CHANNEL
    if score >= thresholds.standard:
        return Strategy.STANDARD
    if score >= thresholds.soft_touch:
        return Strategy.SOFT_TOUCH
    return Strategy.SKIP


def _engagement(signals: Signals, thresholds: Thresholds) -> float | None:
    return _weighted(
        (thresholds.open_weight, signals.opens),
        (thresholds.click_weight, signals.clicks),
        (thresholds.reply_weight, signals.replies),
    )


def _weighted(*parts: tuple[float, float | None]) -> float | None:
    """The weighted mean of the known parts, None when none is known."""
    total = weight = 0.0
    for share, part in parts:
        if part is not None:
            total += share * part
            weight += share
    # Ten digits: sums such as .4 + .4 + .2 must meet a threshold of .7 exactly, whatever the order of addition.
    return round(total / weight, 10) if weight else None


def _unit(value: float) -> float:
    return 0.0 if value < 0.0 else min(value, 1.0)
