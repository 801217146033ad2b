"""Everything that speaks against sending a due message now: looked at once, in this order, for all at a time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.compliance import consent, stops, suppression
from rex_celery.outreach import caps, conditions, failing, pace, policies, pressure, sequences, windows
from rex_celery.outreach.caps import Ask
from rex_celery.outreach.conditions import Standing
from rex_celery.outreach.policy import Policy
from rex_celery.vocabulary import Channel

# A message behind one that is still deferred waits, for as long as receiving servers try.
DEFERRED_AGAIN, DEFERRED_FOR = timedelta(hours=12), timedelta(days=3)
# What one claim has no room for waits for the next.
SLOWED_AGAIN = timedelta(minutes=1)
# Holds that are the inbox's, not the message's: the whole inbox rests until then.
_OF_THE_INBOX = frozenset({"waiting_cap_inbox", "waiting_cap_domain", "waiting_cap_tenant"})

_BEFORE = text("""
SELECT b.enrolment_id, b.step_key, b.state, b.sent_at, b.human_click_at FROM messages AS b
WHERE b.enrolment_id = ANY(CAST(:enrolments AS uuid[]))
""")

Due = Row[Any]
Inbox = Row[Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to hand over, once; ``ask`` is what it reserved of the caps at ``claimed_at``."""

    row: Due
    ask: Ask
    claimed_at: datetime
    closes_at: datetime | None

    @property
    def id(self) -> UUID:
        """The ledger's id."""
        found: UUID = self.row.id
        return found


@dataclass(frozen=True, slots=True)
class Wait:
    """A message that is not sent now: until when, and the reason code."""

    id: UUID
    until: datetime
    reason: str


class Look:
    """One look at the due messages of an inbox."""

    def __init__(self, session: Session, tenant_id: UUID, inbox: Inbox, now: datetime) -> None:
        self._session, self._tenant_id, self._inbox, self._now = session, tenant_id, inbox, now
        self._policies: dict[UUID | None, Policy] = {}
        self.waits: list[Wait] = []
        self.rest: datetime | None = None

    def policy(self, campaign_id: UUID | None) -> Policy:
        """The sending policy of a campaign, or the tenant's."""
        if campaign_id not in self._policies:
            self._policies[campaign_id] = policies.of(self._session, self._tenant_id, campaign_id)
        return self._policies[campaign_id]

    def free_to_go(self, rows: Sequence[Due]) -> list[Due]:
        """Those that nothing speaks against, but for the caps."""
        rows = self._not_stopped(rows)
        rows = self._consenting(rows)
        rows = self._with_condition(rows)
        rows = self._in_window(rows)
        rows = self._not_pressed(rows)
        return self._not_slowed(rows)

    def within_caps(self, rows: Sequence[Due]) -> list[Claimed]:
        """Those for which there is room under every cap, which is reserved now."""
        asks = {row.id: self._ask(row) for row in rows}
        chosen = []
        for campaign in dict.fromkeys(row.campaign_id for row in rows):
            mine = [asks[row.id] for row in rows if row.campaign_id == campaign]
            held = caps.reserve(self._session, self._tenant_id, mine, self.policy(campaign), self._now)
            for row in rows:
                if row.campaign_id != campaign:
                    continue
                hold = held[row.id]
                if hold is None:
                    chosen.append(Claimed(row, asks[row.id], self._now, self._closes(row)))
                elif hold.reason in _OF_THE_INBOX:
                    self.rest = min(self.rest or hold.until, hold.until)
                    self.waits.append(Wait(row.id, row.run_after, hold.reason))
                else:
                    self.waits.append(Wait(row.id, hold.until, hold.reason))
        return chosen

    def _not_stopped(self, rows: Sequence[Due]) -> list[Due]:
        leads = [row.lead_id for row in rows]
        stopped = suppression.suppressed_among(self._session, leads, self._inbox.channel) if rows else {}
        if not stopped:
            return self._to_open_addresses(rows)
        everywhere = suppression.suppressed_among(self._session, list(stopped), suppression.EVERYWHERE)
        for reason in sorted(set(everywhere.values())):
            people = [lead for lead, why in everywhere.items() if why == reason]
            stops.stop_people(self._session, self._tenant_id, people, reason, self._now)
        here = [row for row in rows if row.lead_id in stopped.keys() - everywhere.keys()]
        for reason in sorted({stopped[row.lead_id] for row in here}):
            ids = [row.id for row in here if stopped[row.lead_id] == reason]
            failing.unsendable(self._session, self._tenant_id, ids, reason, self._now, state="suppressed")
        return self._to_open_addresses([row for row in rows if row.lead_id not in stopped])

    def _to_open_addresses(self, rows: Sequence[Due]) -> list[Due]:
        addresses = [row.recipient for row in rows]
        stopped = suppression.suppressed_addresses(self._session, addresses, self._inbox.channel) if rows else {}
        for reason in sorted(set(stopped.values())):
            ids = [row.id for row in rows if stopped.get(row.recipient) == reason]
            failing.unsendable(self._session, self._tenant_id, ids, reason, self._now, state="suppressed")
        return [row for row in rows if row.recipient not in stopped]

    def _consenting(self, rows: Sequence[Due]) -> list[Due]:
        texts = [row.lead_id for row in rows if row.channel == Channel.SMS and not is_answer(row)]
        agreed = consent.consenting_among(self._session, texts, Channel.SMS) if texts else set()
        refused = [row for row in rows if row.lead_id in set(texts) - agreed and row.channel == Channel.SMS]
        return self._without(rows, refused, "no_consent_sms")

    def _with_condition(self, rows: Sequence[Due]) -> list[Due]:
        later = [row for row in rows if row.position]
        if not later:
            return list(rows)
        known = self._session.execute(_BEFORE, {"enrolments": [row.enrolment_id for row in later]}).all()
        clicked: dict[UUID, set[str]] = {}
        for one in known:
            if one.human_click_at:
                clicked.setdefault(one.enrolment_id, set()).add(one.step_key)
        off = [row for row in later if not self._holds(row, clicked.get(row.enrolment_id, set()))]
        rows = self._without(rows, off, "condition_not_met")
        since = self._now - DEFERRED_FOR
        deferred = {one.enrolment_id for one in known if one.state == "deferred" and one.sent_at > since}
        return self._until(
            rows,
            {row.id: self._now + DEFERRED_AGAIN for row in rows if row.enrolment_id in deferred},
            "waiting_delivery",
        )

    def _holds(self, row: Due, clicked: set[str]) -> bool:
        steps = sequences.version(self._session, row.sequence_id, row.version)
        step = next((one for one in steps if one.key == row.step_key), None)
        return step is None or conditions.holds(step, Standing(frozenset(clicked), replied=False))

    def _in_window(self, rows: Sequence[Due]) -> list[Due]:
        kept, never = [], []
        for row in rows:
            if is_answer(row):
                kept.append(row)
                continue
            policy = self.policy(row.campaign_id)
            opening = windows.next_open(self._now, place_of(row), Channel(row.channel), policy)
            if opening.at is None:
                never.append((row, opening.reason or "schedule_unsatisfiable"))
            elif opening.at > self._now:
                self.waits.append(Wait(row.id, opening.at, opening.reason or "waiting_window"))
            else:
                kept.append(row)
        for reason in sorted({reason for _, reason in never}):
            failing.unsendable(
                self._session, self._tenant_id, [row.id for row, why in never if why == reason], reason, self._now
            )
        return kept

    def _not_pressed(self, rows: Sequence[Due]) -> list[Due]:
        asked = [row for row in rows if not is_answer(row)]
        held: dict[UUID, datetime] = {}
        for campaign in dict.fromkeys(row.campaign_id for row in asked):
            leads = [row.lead_id for row in asked if row.campaign_id == campaign]
            until = pressure.holds(self._session, leads, self.policy(campaign), self._now)
            held |= {
                row.id: until[row.lead_id] for row in asked if row.lead_id in until and row.campaign_id == campaign
            }
        return self._until(rows, held, "waiting_pressure")

    def _not_slowed(self, rows: Sequence[Due]) -> list[Due]:
        """Providers that asked for less get nothing until their hold ends, and then as many as their pace allows."""
        providers = {row.recipient_provider for row in rows if row.recipient_provider}
        if not providers:
            return list(rows)
        until = pace.may(self._session, self._inbox.id, providers, self._now)
        room = Counter(pace.room(self._session, self._inbox.id, providers, self._now))
        held: dict[UUID, datetime] = {}
        for row in rows:
            provider = row.recipient_provider
            if at := until.get(provider):
                held[row.id] = at
            elif provider in room:
                room[provider] -= 1
                if room[provider] < 0:
                    held[row.id] = self._now + SLOWED_AGAIN
        return self._until(rows, held, "waiting_slowed")

    def _without(self, rows: Sequence[Due], refused: Iterable[Due], reason: str) -> list[Due]:
        ids = [row.id for row in refused]
        if ids:
            failing.unsendable(self._session, self._tenant_id, ids, reason, self._now)
        return [row for row in rows if row.id not in set(ids)]

    def _until(self, rows: Sequence[Due], held: dict[UUID, datetime], reason: str) -> list[Due]:
        self.waits += [Wait(id_, until, reason) for id_, until in held.items()]
        return [row for row in rows if row.id not in held]

    def _ask(self, row: Due) -> Ask:
        return Ask(
            message_id=row.id,
            lead_id=row.lead_id,
            inbox_id=self._inbox.id,
            domain=self._inbox.domain,
            recipient_provider=row.recipient_provider or "",
            campaign=row.campaign_id or row.mission_id,
            new_lead=row.sent == 0,
            held=not is_answer(row),
        )

    def _closes(self, row: Due) -> datetime | None:
        if row.channel != Channel.SMS or is_answer(row):
            return None
        return windows.closes_at(self._now, place_of(row), Channel.SMS, self.policy(row.campaign_id))


def place_of(row: Due) -> windows.Place:
    """Where a message's reader is, as far as is known."""
    return windows.Place(row.timezone, row.timezone_source, row.country, row.region, row.phone)


def is_answer(row: Due) -> bool:
    """Whether a person wrote it to somebody who had written."""
    return str(row.step_key).startswith("answer:")
