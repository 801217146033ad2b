"""A mission looked at before it is ordered: whom it would write to, with what, when, and what stands against it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.agents.desks import MissionJob
from rex_celery.integrations.base import Mailbox
from rex_celery.missions import launch, pin, plan
from rex_celery.missions.orders import MissionType, Order
from rex_celery.missions.pin import Course
from rex_celery.outreach import pinning, policies, pressure
from rex_celery.preflight import audience, courses, days, findings, looking, senders
from rex_celery.preflight.looking import Desk
from rex_celery.preflight.tally import Tally
from rex_celery.preflight.views import Level, Preflight, StepSum, Texts
from rex_celery.vocabulary import Channel
from rex_celery.work import WHOLE_STEP, WorkRef


def preflight(tenant_id: UUID, order: Order, now: datetime, sms_price: Decimal | None = None) -> Preflight:
    """Everything that can be known of this mission at ``now``; no mission, message or inbox is stored.

    It opens its own short transactions, because writing to twenty thousand people takes a while. ``sms_price`` is what
    a segment of a text message costs.

    Raises:
        RefusedError: the mission type needs an agent that is not built.
        NotFoundError: the list, the sequence or the campaign does not exist for this tenant.
        ConflictError: the sequence or the campaign was archived.

    """
    plan.plan_for(MissionType(order.type))
    with db.transaction(tenant_id) as session:
        launch.check_lists(session, [order])
        [course] = pin.courses(session, tenant_id, [order])
        desk = _desk(session, tenant_id, order, course, now)
        script = courses.read(session, desk.job.params)
    size = audience.count(tenant_id, desk.job.params)
    tally = _looked(desk)
    with db.transaction(tenant_id) as session:
        mailbox = Mailbox(order.sender.email, order.sender.name)
        channels = {Channel(channel) for _, _, channel in tally.ready}
        used = senders.of(session, channels, mailbox) if desk.over_days else []
        needed = days.reckon(desk, script, tally, used, size)
        told = findings.of(session, desk, order, script, tally, used, size) + findings.too_long(needed)
    leads, messages = tally.sums()
    steps = _steps(tally, script)
    return Preflight(
        at=now,
        ok=not any(one.level is Level.ERROR for one in told),
        audience=size,
        leads=leads,
        messages=messages,
        notices=told,
        held_leads=tally.leads.held(),
        held_messages=tally.messages.held(),
        warnings=tally.warnings.held(),
        steps=steps,
        texts=_texts(steps, sms_price),
        senders=[senders.view(one, desk.policy) for one in used],
        capacity=needed,
    )


def _desk(session: Session, tenant_id: UUID, order: Order, course: Course, now: datetime) -> Desk:
    # An id that no mission has: messages get theirs from it, and nothing is stored.
    ref = WorkRef(tenant_id, uuid4(), uuid4(), WHOLE_STEP, 0)
    job = MissionJob(ref, launch.params_of(order, course))
    return Desk(job, policies.of(session, tenant_id, course.campaign_id), now)


def _looked(desk: Desk) -> Tally:
    tally = Tally()
    for part in audience.parts(desk.job.tenant_id, desk.job.params):
        looks = looking.looks(desk, part)
        for look in looks:
            tally.add(look, pinning.of(desk.job.params, look.person.strategy))
        going = {look.person.lead_id: look.person for look in looks if not look.held}
        if desk.over_days and going:
            with db.transaction(desk.job.tenant_id) as session:
                pressed = pressure.holds(session, list(going), desk.policy, desk.at)
            for lead_id, until in pressed.items():
                tally.warnings.add("waiting_pressure", going[lead_id], found=f"until {until:%Y-%m-%d %H:%M} UTC")
    return tally


def _steps(tally: Tally, script: courses.Scripts) -> list[StepSum]:
    """In the order of the sequences and their steps."""
    found = []
    for key in tally.ready.keys() | tally.unready.keys():
        pinned, step_key, channel = key
        known = script.get(pinned)
        position, day = known.place(step_key) if known else (0, 0)
        name = known.name if known else ""
        counts = (tally.ready[key], tally.unready[key], tally.segments[key])
        found.append(((name, position, channel), StepSum(name, step_key, channel, day, *counts)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _texts(steps: list[StepSum], price: Decimal | None) -> Texts:
    texts = [one for one in steps if one.channel == Channel.SMS]
    segments = sum(one.segments for one in texts)
    return Texts(sum(one.ready for one in texts), segments, None if price is None else price * segments)
