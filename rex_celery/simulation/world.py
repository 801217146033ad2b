"""How people and providers behave in a simulation: decided once for each message, told when its time comes."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from rex_celery.integrations.base import ProviderEvent
from rex_celery.simulation.asked import Rates

PROVIDER = "simulation"
# Receiving servers put mail off for up to a day or so; people answer within some days, most of them soon.
DEFERRED_HOURS = (1.0, 30.0)
ANSWER_HOURS_MEAN = 20.0
ARRIVES_WITHIN_SECONDS = 90
AWAY_DAYS = (2, 14)


class Happening(StrEnum):
    """What comes back."""

    FACT = "fact"
    REPLY = "reply"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Told:
    """Something that comes back about a message; ``days`` is how long its reader is away."""

    what: Happening
    message_id: UUID
    lead_id: UUID
    fact: ProviderEvent | None = None
    days: int = 0


class World:
    """Everybody out there. The same seed, people and steps give the same answers."""

    def __init__(self, rates: Rates, seed: int) -> None:
        self._rates, self._seed = rates, seed
        self._coming: list[tuple[datetime, int, Told]] = []
        self._number = 0

    def hears(self, messages: Iterable[Row[Any]]) -> None:
        """Decide what becomes of messages that left: rows with id, lead_id, recipient, step_key, channel, sent_at."""
        for message in messages:
            if message.channel == "email":
                self._hears_mail(message)
            elif message.channel == "sms":
                self._fact(message, "delivered", self._soon(message))

    def next_at(self) -> datetime | None:
        """When something comes back next."""
        return self._coming[0][0] if self._coming else None

    def told_until(self, now: datetime) -> list[Told]:
        """What has come back by now, in order."""
        found = []
        while self._coming and self._coming[0][0] <= now:
            found.append(heapq.heappop(self._coming)[2])
        return found

    def _hears_mail(self, message: Row[Any]) -> None:
        if self._draw(message.recipient, "dead") < self._rates.bounce:
            self._fact(message, "bounced", self._soon(message), classification="Invalid Address")
            return
        arrives = self._soon(message)
        if self._draw(message, "deferred") < self._rates.deferral:
            self._fact(message, "deferred", arrives)
            arrives += timedelta(hours=self._random(message, "hours").uniform(*DEFERRED_HOURS))
        self._fact(message, "delivered", arrives)
        answers = arrives + timedelta(hours=self._random(message, "answer").expovariate(1 / ANSWER_HOURS_MEAN))
        self._answers(message, arrives, answers)

    def _answers(self, message: Row[Any], arrives: datetime, answers: datetime) -> None:
        """At most one thing comes back from a person."""
        drawn, rates = self._draw(message, "person"), self._rates
        if drawn < rates.reply:
            self._tell(answers, Told(Happening.REPLY, message.id, message.lead_id))
        elif (drawn := drawn - rates.reply) < rates.complaint:
            self._fact(message, "complained", answers)
        elif (drawn := drawn - rates.complaint) < rates.unsubscribe:
            self._fact(message, "unsubscribed", answers)
        elif drawn - rates.unsubscribe < rates.out_of_office:
            days = self._random(message, "away").randint(*AWAY_DAYS)
            self._tell(arrives + timedelta(minutes=1), Told(Happening.AWAY, message.id, message.lead_id, days=days))

    def _fact(self, message: Row[Any], kind: str, at: datetime, classification: str = "") -> None:
        event_id = f"{message.id}:{kind}"
        fact = ProviderEvent(PROVIDER, event_id, kind, "webhook", at, message.id, classification=classification)
        self._tell(at, Told(Happening.FACT, message.id, message.lead_id, fact))

    def _tell(self, at: datetime, told: Told) -> None:
        self._number += 1
        heapq.heappush(self._coming, (at, self._number, told))

    def _soon(self, message: Row[Any]) -> datetime:
        left: datetime = message.sent_at
        return left + timedelta(seconds=self._random(message, "arrives").uniform(1, ARRIVES_WITHIN_SECONDS))

    def _draw(self, whom: Row[Any] | str, what: str) -> float:
        return self._random(whom, what).random()

    def _random(self, whom: Row[Any] | str, what: str) -> Random:
        name = whom if isinstance(whom, str) else f"{whom.recipient} {whom.step_key}"
        return Random(f"{self._seed} {name} {what}")  # noqa: S311  behaviour, not secrets
