"""What is to be said of a mission as a whole: its order, its sequences, its windows, its senders, its approvals."""

from collections.abc import Iterator, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import Problem
from rex_celery.missions import orders
from rex_celery.missions.orders import Autonomy, Order
from rex_celery.outreach import schedule_check, snippets, step_problems
from rex_celery.preflight import audience, senders
from rex_celery.preflight.courses import Scripts
from rex_celery.preflight.looking import Desk
from rex_celery.preflight.senders import Sender
from rex_celery.preflight.tally import Tally
from rex_celery.preflight.views import Capacity, Level, Notice
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel

_STOPPED = text("SELECT sending_stopped_at IS NOT NULL FROM tenants WHERE id = :tenant")
_PAUSED = text("SELECT name FROM campaigns WHERE id = :campaign AND paused_at IS NOT NULL")


def of(  # noqa: PLR0913, PLR0917  all that a mission is made of
    session: Session,
    desk: Desk,
    order: Order,
    scripts: Scripts,
    tally: Tally,
    used: Sequence[Sender],
    size: int,
) -> list[Notice]:
    """Every finding, errors first."""
    found = [_wrong("order", one) for one in orders.problems_of(order)]
    found += _audience(tally, size)
    found += _sequences(session, scripts)
    found += _windows(desk, tally)
    found += _stops(session, desk, order)
    found += senders.notices(used) if desk.over_days else _at_once(tally)
    found += _approvals(desk, order, used)
    ranks = list(Level)
    return sorted(found, key=lambda one: ranks.index(one.level))


def too_long(needed: Capacity) -> list[Notice]:
    """That it would never end, or not for years."""
    if not needed.messages or needed.days is not None:
        return []
    why = REASONS[needed.limited_by.code] if needed.limited_by else REASONS["schedule_unsatisfiable"]
    text_ = f"Sending {needed.messages} messages would take more than three years: {why.text}"
    return [Notice(Level.WARNING, "too_long", "capacity", text_, why.action)]


def _wrong(code: str, one: Problem) -> Notice:
    return Notice(Level.ERROR, code, one.where, f"{one.where} {one.what}.", f"Right would be: {one.expected}.")


def _audience(tally: Tally, size: int) -> Iterator[Notice]:
    if size == 0:
        yield _known(Level.ERROR, "no_leads", "audience")
    elif not tally.ready:
        text_ = f"Nobody would be written to: all {tally.looked_at} leads are held back."
        yield Notice(Level.ERROR, "nobody", "audience", text_, "Read the reasons under held_leads.")
    if size > tally.looked_at:
        text_ = f"The first {tally.looked_at} of {size} leads were looked at; the rest is taken to be alike."
        action = f"A preflight looks at {audience.MOST_LEADS} leads at most."
        yield Notice(Level.WARNING, "audience_cut", "audience", text_, action)


def _sequences(session: Session, scripts: Scripts) -> Iterator[Notice]:
    bodies = snippets.bodies(session) if scripts else {}
    for script in scripts.values():
        for one in step_problems.problems_of(script.raw, bodies):
            where = f"{script.name}, version {script.version}: {one.where}"
            yield _wrong("sequence", Problem(where, one.what, one.expected))


def _windows(desk: Desk, tally: Tally) -> Iterator[Notice]:
    """A channel whose windows are shut for everybody it is meant for, from now on."""
    for channel in sorted(tally.places) if desk.over_days else ():
        if one := schedule_check.unsatisfiable(desk.policy, tally.places[channel], [channel], at=desk.at):
            yield _wrong("schedule_unsatisfiable", one)


def _stops(session: Session, desk: Desk, order: Order) -> Iterator[Notice]:
    if session.execute(_STOPPED, {"tenant": desk.job.tenant_id}).scalar():
        yield _known(Level.WARNING, "sending_stopped", "tenant")
    if session.execute(_PAUSED, {"campaign": order.campaign}).scalar():
        yield _known(Level.WARNING, "waiting_campaign_paused", "campaign")


def _at_once(tally: Tally) -> Iterator[Notice]:
    if tally.ready:
        text_ = "Each lead gets one message at once in the built-in outbox; nothing leaves this machine."
        yield Notice(Level.NOTE, "built_in_outbox", "sequence", text_, "Name a sequence to send over days.")


def _approvals(desk: Desk, order: Order, used: Sequence[Sender]) -> Iterator[Notice]:
    """Whether somebody must look at messages before they leave."""
    leaving = [one for one in used if not one.built_in and one.channel in set(Channel)]
    if not leaving or order.autonomy == Autonomy.AUTO:
        return
    most = desk.policy.approve_first
    if order.autonomy == Autonomy.SUGGEST:
        text_ = "Every message waits until somebody approves it."
    elif most:
        text_ = f"Messages wait until somebody approved {most} of them without an edit."
    else:
        return
    yield Notice(Level.NOTE, "waiting_approval", "autonomy", text_, REASONS["waiting_approval"].action)


def _known(level: Level, code: str, where: str) -> Notice:
    reason = REASONS[code]
    return Notice(level, code, where, reason.text, reason.action)
