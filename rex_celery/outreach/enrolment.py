"""Enrolling a mission's people: from here on their messages go out over days, one person in one sequence at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.compliance import suppression
from rex_celery.integrations.base import Mailbox
from rex_celery.outreach import approvals, in_touch, ledger, pinning, recipients, senders
from rex_celery.outreach.by_hand import ASKS_A_PERSON, MANUAL
from rex_celery.vocabulary import Channel
from rex_celery.work import WorkRef

# What a person does by hand leaves only by that person's hand, and the outbox keeps what it gets on this machine.
STAYS_HERE = ("outbox", MANUAL)

_CAMPAIGN = text("SELECT campaign_id FROM missions WHERE id = :mission")
_READY = text("""
SELECT m.id, m.lead_id, m.channel, m.recipient, m.framework, o.strategy
FROM messages AS m JOIN outcomes AS o ON o.mission_id = m.mission_id AND o.lead_id = m.lead_id
WHERE m.mission_id = :mission AND m.chunk_no = :chunk AND m.state = 'planned' AND m.enrolment_id IS NULL
  AND o.state = 'pending'
ORDER BY m.lead_id, m.position
""")
# In the order of the people, so that two missions after the same people wait for each other and never in a circle.
_ENROL = text("""
INSERT INTO enrolments (id, tenant_id, mission_id, campaign_id, lead_id, chunk_no, sequence_id, version, started_at)
SELECT v.id, :tenant, :mission, :campaign, v.lead_id, :chunk, v.sequence_id, v.version, :now
FROM unnest(CAST(:ids AS uuid[]), CAST(:leads AS uuid[]), CAST(:sequences AS uuid[]), CAST(:versions AS int[]))
  AS v(id, lead_id, sequence_id, version)
ORDER BY v.lead_id ON CONFLICT (tenant_id, lead_id) WHERE state = 'active' DO NOTHING
RETURNING lead_id, id
""")
# What was planned meanwhile for somebody who was stopped meanwhile is not planned any more.
_SCHEDULE = text("""
UPDATE messages AS m SET enrolment_id = v.enrolment_id, inbox_id = v.inbox_id, recipient_provider = v.provider,
  run_after = CASE WHEN v.first THEN CAST(:now AS timestamptz) END,
  wait_reason = CASE WHEN v.guarded THEN 'waiting_approval' END
FROM unnest(CAST(:ids AS uuid[]), CAST(:enrolments AS uuid[]), CAST(:inboxes AS uuid[]), CAST(:providers AS text[]),
            CAST(:firsts AS bool[]), CAST(:guarded AS bool[]))
  AS v(id, enrolment_id, inbox_id, provider, first, guarded)
WHERE m.id = v.id AND m.state = 'planned'
""")
# Steps that were skipped when they were planned count in their enrolment, too, so that it adds up.
_REST = text("""
UPDATE messages AS m SET enrolment_id = v.enrolment_id
FROM unnest(CAST(:leads AS uuid[]), CAST(:enrolments AS uuid[])) AS v(lead_id, enrolment_id)
WHERE m.mission_id = :mission AND m.lead_id = v.lead_id AND m.enrolment_id IS NULL
""")
_HISTORY = text("""
INSERT INTO lead_history (tenant_id, mission_id, lead_id, agent, state, reason)
SELECT :tenant, :mission, v.lead_id, 'outreach', v.state, v.reason
FROM unnest(CAST(:leads AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[])) AS v(lead_id, state, reason)
""")
_PROVIDERS = text("SELECT id, provider FROM inboxes WHERE id = ANY(CAST(:ids AS uuid[]))")

Message = Row[Any]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How many people of a chunk began their sequence, and how many did not because they are in another."""

    enrolled: int
    elsewhere: int


def enrol(session: Session, ref: WorkRef, params: Mapping[str, Any], now: datetime) -> Enrolled:
    """Enrol the people of a chunk who have planned messages; first messages are due from ``now``.

    Who is active in another sequence is skipped with ``already_enrolled``; who was suppressed meanwhile is held back.
    Outcomes stay pending until a first message is accepted.
    """
    planned = session.execute(_READY, {"mission": ref.mission_id, "chunk": ref.chunk_no}).all()
    if not planned:
        return Enrolled(0, 0)
    # Who was stopped on one channel only is enrolled: that channel's messages are held back when they are due.
    people = list(dict.fromkeys(one.lead_id for one in planned))
    stopped = in_touch.of(session, people, now)
    stopped |= suppression.suppressed_among(session, people, suppression.EVERYWHERE)
    going = [one for one in planned if one.lead_id not in stopped]
    sender = params["sender"]
    inboxes = _inboxes(session, ref.tenant_id, going, Mailbox(sender["email"], sender["name"]))
    guarded = approvals.are_needed(session, ref.tenant_id, ref.mission_id)
    enrolments = _insert(session, ref, params, going, now)
    elsewhere = {one.lead_id: "already_enrolled" for one in going if one.lead_id not in enrolments}
    ledger.hold_back(session, ref, stopped)
    ledger.hold_back(session, ref, elsewhere, "skipped")
    mine = [one for one in going if one.lead_id in enrolments]
    _schedule(session, mine, enrolments, inboxes, now, guarded=guarded)
    pairs = {"leads": list(enrolments), "enrolments": list(enrolments.values())}
    session.execute(_REST, {**pairs, "mission": ref.mission_id})
    told = dict.fromkeys(enrolments, ("enrolled", None))
    told |= {lead: ("skipped", reason) for lead, reason in elsewhere.items()}
    _tell(session, ref, told)
    return Enrolled(len(enrolments), len(elsewhere))


def _insert(
    session: Session, ref: WorkRef, params: Mapping[str, Any], going: Sequence[Message], now: datetime
) -> dict[UUID, UUID]:
    """The new enrolments by lead; without those who are in another sequence."""
    pins = {one.lead_id: pinning.of(params, one.strategy) for one in going}
    rows = [(uuid4(), lead, pin) for lead, pin in pins.items() if pin]
    values = {
        "tenant": ref.tenant_id,
        "mission": ref.mission_id,
        "chunk": ref.chunk_no,
        "campaign": session.execute(_CAMPAIGN, {"mission": ref.mission_id}).scalar(),
        "now": now,
        "ids": [id_ for id_, _, _ in rows],
        "leads": [lead for _, lead, _ in rows],
        "sequences": [pin.sequence_id for _, _, pin in rows],
        "versions": [pin.version for _, _, pin in rows],
    }
    return {row.lead_id: row.id for row in session.execute(_ENROL, values)}


def _inboxes(
    session: Session, tenant_id: UUID, going: Sequence[Message], default: Mailbox
) -> dict[tuple[UUID, str], UUID]:
    """The inbox of each person on each channel: whoever writes first writes all."""
    chosen: dict[tuple[UUID, str], UUID] = {}
    for channel in Channel:
        people = list(dict.fromkeys(one.lead_id for one in going if one.channel == channel))
        if people:
            found = senders.choose(session, tenant_id, channel, len(people), default)
            chosen |= {(lead, str(channel)): inbox for lead, inbox in zip(people, found, strict=True)}
    return chosen


def _schedule(  # noqa: PLR0913  the parts of one act
    session: Session,
    messages: Sequence[Message],
    enrolments: Mapping[UUID, UUID],
    inboxes: Mapping[tuple[UUID, str], UUID],
    now: datetime,
    *,
    guarded: bool,
) -> None:
    mine = [inboxes[one.lead_id, one.channel] for one in messages]
    known = {row.id: row.provider for row in session.execute(_PROVIDERS, {"ids": list(set(mine))})}
    first = {one.lead_id: one.id for one in reversed(messages)}
    values = {
        "now": now,
        "ids": [one.id for one in messages],
        "enrolments": [enrolments[one.lead_id] for one in messages],
        "inboxes": mine,
        "providers": [_provider(one) for one in messages],
        "firsts": [first[one.lead_id] == one.id for one in messages],
        "guarded": [
            guarded and one.framework != ASKS_A_PERSON and known[inbox] not in STAYS_HERE
            for one, inbox in zip(messages, mine, strict=True)
        ],
    }
    session.execute(_SCHEDULE, values)


def _provider(message: Message) -> str | None:
    return recipients.recipient_provider(message.recipient) if message.channel == Channel.EMAIL else None


def _tell(session: Session, ref: WorkRef, told: Mapping[UUID, tuple[str, str | None]]) -> None:
    values = {
        "tenant": ref.tenant_id,
        "mission": ref.mission_id,
        "leads": list(told),
        "states": [state for state, _ in told.values()],
        "reasons": [reason for _, reason in told.values()],
    }
    session.execute(_HISTORY, values)
