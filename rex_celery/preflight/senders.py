"""Which inboxes would send a mission, and what they may send a day; nothing is made that is not there yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.integrations.base import Mailbox
from rex_celery.outreach import gaps, recipients, senders
from rex_celery.outreach.policy import Hours, Policy
from rex_celery.preflight.capacity import Rate
from rex_celery.preflight.views import Level, Notice, SenderView
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel

_DAY_SECONDS = 86_400

_INBOXES = text("""
SELECT i.id, i.channel, i.provider, i.address, i.domain, i.state, i.reason, i.per_day, i.per_hour, i.gap_seconds,
  i.jitter_seconds, i.connection_id, b.state AS breaker,
  i.state = 'active' AND coalesce(c.state = 'active', true) AS sends,
  (SELECT count(*) FROM messages AS m WHERE m.inbox_id = i.id AND m.state = 'planned' AND m.run_after IS NOT NULL)
    AS waiting
FROM inboxes AS i LEFT JOIN connections AS c ON c.id = i.connection_id LEFT JOIN breakers AS b ON b.inbox_id = i.id
WHERE i.channel = ANY(CAST(:channels AS text[])) ORDER BY i.channel, i.address
""")


@dataclass(frozen=True, slots=True)
class Sender:
    """An inbox that would send; ``id`` None: it would be made when the first message needs it."""

    id: UUID | None
    channel: Channel
    provider: str
    address: str
    domain: str
    state: str
    reason: str | None
    sends: bool
    broken: bool
    per_day: int | None
    per_hour: int | None
    gap_seconds: int | None
    jitter_seconds: int | None
    waiting: int

    @property
    def built_in(self) -> bool:
        """Whether it comes with REX: the outbox, or a person's own hand."""
        return self.provider in senders.BUILT_IN


def of(session: Session, channels: Iterable[Channel], default: Mailbox) -> list[Sender]:
    """The inboxes that would send on these channels, as ``senders.choose`` would take them."""
    wanted = sorted(set(channels))
    rows = session.execute(_INBOXES, {"channels": wanted}).all()
    return [one for channel in wanted for one in _of_channel(channel, rows, default)]


def notices(found: Sequence[Sender]) -> list[Notice]:
    """What must be said about them: who does not send, and what leaves this machine never."""
    said = []
    for one in found:
        where = f"inboxes.{one.id or one.channel}"
        if one.built_in or one.id is None:
            said.append(_built_in(one, where))
        elif not one.sends:
            reason = REASONS.get(one.reason or "") or REASONS["waiting_sender"]
            said.append(Notice(Level.WARNING, reason.code, where, f"{one.address}: {reason.text}", reason.action))
        elif one.broken:
            reason = REASONS["waiting_breaker"]
            said.append(Notice(Level.WARNING, reason.code, where, f"{one.address}: {reason.text}", reason.action))
    said += [
        _nobody(channel)
        for channel in sorted({one.channel for one in found})
        if not any(one.sends for one in found if one.channel == channel)
    ]
    return said


def view(one: Sender, policy: Policy) -> SenderView:
    """As it is shown, with the cap that holds for it."""
    per_day = policy.caps.inbox_per_day if one.per_day is None else one.per_day
    place = (one.id, one.channel, one.provider, one.address, one.state)
    return SenderView(*place, one.sends, one.built_in, per_day, one.waiting)


def rates(found: Sequence[Sender], policy: Policy, channel: Channel) -> list[Rate]:
    """What all inboxes of a channel may send a day under the caps of inboxes and domains and with their gaps."""
    mine = [one for one in found if one.channel == channel]
    going = [one for one in mine if one.sends] or mine
    hours = open_seconds(policy.sms_hours if channel is Channel.SMS else policy.hours) / 3600
    made = [Rate("waiting_cap_inbox", sum(_per_day(one, policy, hours) for one in going), channel)]
    if all(gaps.of(one, policy.caps).seconds for one in going):
        a_day = sum(int(hours * 3600 / gaps.of(one, policy.caps).seconds) for one in going)
        made.append(Rate("waiting_gap", a_day, channel))
    domains = {recipients.registrable(one.domain) for one in going if one.domain}
    if domains and policy.caps.domain_per_day is not None:
        made.append(Rate("waiting_cap_domain", policy.caps.domain_per_day * len(domains), channel))
    return [one for one in made if one.per_day < _UNLIMITED]


# More a day than anybody sends: what an inbox without any cap counts as.
_UNLIMITED = 10**9


def open_seconds(hours: Hours) -> int:
    """How long a window is open on one of its days."""
    start, end = (one.hour * 3600 + one.minute * 60 + one.second for one in (hours.start, hours.end))
    return (end - start) % _DAY_SECONDS or _DAY_SECONDS


def _per_day(one: Sender, policy: Policy, hours: float) -> int:
    per_day = policy.caps.inbox_per_day if one.per_day is None else one.per_day
    per_hour = policy.caps.inbox_per_hour if one.per_hour is None else one.per_hour
    return min(
        _UNLIMITED if per_day is None else per_day, _UNLIMITED if per_hour is None else max(1, int(per_hour * hours))
    )


def _of_channel(channel: Channel, rows: Sequence[Row[Any]], default: Mailbox) -> list[Sender]:
    mine = [row for row in rows if row.channel == channel]
    own = [row for row in mine if row.provider not in senders.BUILT_IN and row.connection_id is not None]
    if own:
        return [_sender(row) for row in own]
    provider, mailbox = senders.without_a_connection(channel, default)
    known = [row for row in mine if row.provider == provider and row.address == mailbox.address]
    if known:
        return [_sender(known[0])]
    domain = mailbox.address.rpartition("@")[2] if channel is Channel.EMAIL else ""
    place = (None, channel, provider, mailbox.address, domain, "active", None)
    return [Sender(*place, sends=True, broken=False, per_day=None, per_hour=None, gap_seconds=None,
                   jitter_seconds=None, waiting=0)]  # fmt: skip


def _sender(row: Row[Any]) -> Sender:
    place = (row.id, Channel(row.channel), row.provider, row.address, row.domain, row.state, row.reason)
    broken = row.breaker not in {None, "closed"}
    return Sender(
        *place, row.sends, broken, row.per_day, row.per_hour, row.gap_seconds, row.jitter_seconds, row.waiting
    )


def _nobody(channel: Channel) -> Notice:
    text_ = f"No inbox sends {channel} now, so its messages would wait."
    where = f"inboxes.{channel}"
    return Notice(Level.WARNING, "waiting_sender", where, text_, "Let an inbox send again, or add one.")


_SAID = {
    "outbox": "goes to the built-in outbox, where every message can be read; nothing leaves this machine.",
    "manual": "becomes a task for a person, with the text to copy.",
    "smtp": "leaves through the mail server of the settings.",
}


def _built_in(one: Sender, where: str) -> Notice:
    text_ = f"What is written by {one.channel} {_SAID.get(one.provider, f'leaves through {one.provider}.')}"
    return Notice(Level.NOTE, f"built_in_{one.provider}", where, text_, "To send otherwise, add an inbox of your own.")
