"""What would hold a planned message if it were due now: everything that a claim looks at, without doing any of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from rex_celery.compliance import consent, suppression
from rex_celery.explain import inbox_holds
from rex_celery.explain.standing import Standing
from rex_celery.explain.views import Hold, Window, hold
from rex_celery.outreach import conditions, pace, pressure, sequences, windows
from rex_celery.outreach.cap_room import CapRoom
from rex_celery.outreach.looking import DEFERRED_AGAIN, is_answer, place_of
from rex_celery.outreach.policy import Policy
from rex_celery.vocabulary import Channel

APPROVAL, BY_HAND, _GAP = "waiting_approval", "waiting_linkedin_task", "waiting_gap"
_RUNNING = frozenset({"executing", "collecting"})
# These follow the day and hour: what would hold it now may not hold it when its time has come.
_PASSING = frozenset({"waiting_window", "waiting_holiday"})


def of(session: Session, row: Standing, policy: Policy, room: Sequence[CapRoom], now: datetime) -> list[Hold]:
    """All that holds it, the first thing first; ``room`` are the caps that it counts towards."""
    found = [*_people(row), *_mission(row)]
    # What a person wrote as an answer waits for no gap and no cap.
    full = [] if is_answer(row) else inbox_holds.capped(room)
    if row.inbox_id:
        known = {one.code for one in found} | ({_GAP} if full or is_answer(row) else set())
        found += [one for one in inbox_holds.of(row, now) if one.code not in known]
    found += [*_stops(session, row, now)]
    found += _window(row, policy, now)
    found += [*_pace(session, row, policy, now)]
    return found + full


def window(row: Standing, policy: Policy, at: datetime) -> Window | None:
    """When its reader may be written to from ``at`` on; None for what keeps to no window."""
    if is_answer(row) or row.enrolment_id is None:
        return None
    opening = windows.next_open(at, place_of(row), Channel(row.channel), policy)
    closes = windows.closes_at(opening.at, place_of(row), Channel(row.channel), policy) if opening.at else None
    return Window(opening.at, closes, opening.zone, opening.source)


def earliest(row: Standing, found: Sequence[Hold], policy: Policy, now: datetime) -> datetime | None:
    """When it may go at the earliest; None when somebody must act first, or when nobody knows."""
    waits = [one for one in found if one.code not in _PASSING]
    if row.run_after is None or any(one.until is None for one in waits):
        return None
    at = max(now, row.run_after, *(one.until for one in waits if one.until))
    opens = window(row, policy, at)
    return opens.opens_at if opens else at


def _people(row: Standing) -> Iterator[Hold]:
    """What a person of ours decided, or is asked to do."""
    if row.sending_stopped_at:
        yield hold("sending_stopped")
    if row.wait_reason in {APPROVAL, BY_HAND}:
        yield hold(row.wait_reason)
    elif is_answer(row) and row.approved_at is None:
        yield hold(APPROVAL)
    if row.campaign_paused_at:
        yield hold("waiting_campaign_paused")


def _mission(row: Standing) -> Iterator[Hold]:
    if is_answer(row):
        return
    if row.mission_paused_at:
        yield hold("waiting_mission_paused")
    if row.mission_state not in _RUNNING:
        yield hold(row.mission_reason or "waiting_mission")
    elif row.enrolment_id is None:
        yield hold("waiting_mission")


def _stops(session: Session, row: Standing, now: datetime) -> Iterator[Hold]:
    """What would end it instead of sending it, and what waits for its reader."""
    stopped = suppression.suppressed_among(session, [row.lead_id], row.channel)
    yield from (hold(reason, final=True) for reason in stopped.values())
    if row.channel == Channel.SMS and not is_answer(row):
        agreed = consent.consenting_among(session, [row.lead_id], Channel.SMS)
        yield from [] if agreed else [hold("no_consent_sms", final=True)]
    if row.resume_at and row.resume_at > now:
        yield hold("waiting_out_of_office", row.resume_at)
    if row.enrolment_id and not _condition_holds(session, row):
        yield hold("condition_not_met", final=True)
    if row.deferred:
        yield hold("waiting_delivery", now + DEFERRED_AGAIN)


def _condition_holds(session: Session, row: Standing) -> bool:
    steps = sequences.version(session, row.sequence_id, row.version)
    step = next((one for one in steps if one.key == row.step_key), None)
    return step is None or conditions.holds(step, conditions.Standing(frozenset(row.clicked)))


def _window(row: Standing, policy: Policy, now: datetime) -> list[Hold]:
    if is_answer(row) or row.enrolment_id is None:
        return []
    opening = windows.next_open(now, place_of(row), Channel(row.channel), policy)
    if opening.at == now:
        return []
    plain = hold(opening.reason or "waiting_window", opening.at, final=opening.at is None)
    return [
        Hold(plain.code, plain.text, plain.action, plain.until, plain.final, zone=opening.zone, source=opening.source)
    ]


def _pace(session: Session, row: Standing, policy: Policy, now: datetime) -> Iterator[Hold]:
    if not is_answer(row) and row.enrolment_id:
        pressed = pressure.holds(session, [row.lead_id], policy, now)
        yield from (hold("waiting_pressure", until) for until in pressed.values())
    if row.inbox_id and row.recipient_provider:
        slowed = pace.may(session, row.inbox_id, [row.recipient_provider], now)
        yield from (hold("waiting_slowed", until) for until in slowed.values() if until)
