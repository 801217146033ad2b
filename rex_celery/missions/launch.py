"""Submitting missions: checked, then stored with their steps in one statement, then the engine is woken."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import bus, crews
from rex_celery.errors import InvalidError, NotFoundError, Problem
from rex_celery.events import MissionSubmitted
from rex_celery.missions import dispatch, pin
from rex_celery.missions.orders import LEAD_CREWS, MOST_AT_ONCE, MissionType, Order, problems_of
from rex_celery.missions.pin import Course
from rex_celery.missions.plan import Plan, plan_for

_INSERT = text("""
WITH new AS (
  INSERT INTO missions (id, tenant_id, type, name, crew, priority, autonomy, params, campaign_id, created_by)
  SELECT m.id, :tenant, m.type, m.name, m.crew, m.priority, m.autonomy, m.params, m.campaign_id, :actor
  FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:names AS text[]), CAST(:crews AS text[]),
              CAST(:priorities AS int[]), CAST(:autonomies AS text[]), CAST(:params AS jsonb[]),
              CAST(:campaigns AS uuid[]))
       AS m(id, type, name, crew, priority, autonomy, params, campaign_id)
)
INSERT INTO steps (id, tenant_id, mission_id, position, key, kind, agent, crew, phase, depends_on, weight)
SELECT gen_random_uuid(), :tenant, s.mission, s.position, s.key, s.kind, s.agent, s.crew, s.phase, s.depends_on,
  s.weight
FROM unnest(CAST(:step_missions AS uuid[]), CAST(:positions AS int[]), CAST(:keys AS text[]), CAST(:kinds AS text[]),
            CAST(:agents AS text[]), CAST(:step_crews AS text[]), CAST(:phases AS text[]), CAST(:depends AS jsonb[]),
            CAST(:weights AS int[]))
     AS s(mission, position, key, kind, agent, crew, phase, depends_on, weight)
""")


def submit(session: Session, tenant_id: UUID, orders: Sequence[Order], *, actor: str) -> list[UUID]:
    """Store missions, all or none, and wake the engine after the commit; returns their ids in order.

    Raises:
        InvalidError: an order has problems; each is named with its place.
        RefusedError: an order needs an agent that is not built.
        NotFoundError: the list, the sequence or the campaign does not exist for this tenant.
        ConflictError: the sequence or the campaign was archived.

    """
    _check(orders)
    check_lists(session, orders)
    ids = [uuid4() for _ in orders]
    plans = [plan_for(MissionType(order.type)) for order in orders]
    named = [with_name(order, id_) for order, id_ in zip(orders, ids, strict=True)]
    following = pin.courses(session, tenant_id, orders)
    values = _missions(named, ids, following) | _steps(plans, ids)
    session.execute(_INSERT, {"tenant": tenant_id, "actor": actor, **values})
    events = [MissionSubmitted(id_, order.name, order.type) for order, id_ in zip(named, ids, strict=True)]
    bus.publish(session, tenant_id, *events)
    dispatch.kick(session)
    return ids


def with_name(order: Order, mission_id: UUID) -> Order:
    """The order as it is stored: one without a name gets one that tells it apart."""
    return order if order.name.strip() else replace(order, name=f"{order.type} {mission_id.hex[:6]}")


def _check(orders: Sequence[Order]) -> None:
    if not 1 <= len(orders) <= MOST_AT_ONCE:
        raise InvalidError(f"{len(orders)} missions in one call; REX takes 1 to {MOST_AT_ONCE}.", code="too_many")
    problems = []
    for number, order in enumerate(orders):
        prefix = f"missions[{number}]." if len(orders) > 1 else ""
        problems += [Problem(prefix + one.where, one.what, one.expected) for one in problems_of(order)]
    if problems:
        raise InvalidError(
            f"The mission cannot be planned: {problems[0].where} {problems[0].what}.", problems=tuple(problems)
        )


def check_lists(session: Session, orders: Sequence[Order]) -> None:
    """See that the tenant has the lists that orders name.

    Raises:
        NotFoundError: it does not.

    """
    wanted = {order.import_id for order in orders if order.import_id is not None}
    if not wanted:
        return
    known = set(session.scalars(text("SELECT id FROM imports WHERE id = ANY(:ids)"), {"ids": list(wanted)}))
    for missing in wanted - known:
        raise NotFoundError(
            f"There is no lead list {missing}.",
            code="list_not_found",
            action="Import a list first, or see GET /api/rex/leads/imports.",
        )


def _missions(orders: Sequence[Order], ids: list[UUID], following: list[Course]) -> dict[str, object]:
    return {
        "ids": ids,
        "types": [str(order.type) for order in orders],
        "names": [order.name for order in orders],
        "crews": [str(LEAD_CREWS[MissionType(order.type)]) for order in orders],
        "priorities": [order.priority for order in orders],
        "autonomies": [str(order.autonomy) for order in orders],
        "params": [json.dumps(params_of(order, course)) for order, course in zip(orders, following, strict=True)],
        "campaigns": [course.campaign_id for course in following],
    }


def params_of(order: Order, course: Course) -> dict[str, Any]:
    """What the agents read later: frozen at submission, so a change of settings never changes a running mission."""
    return {
        "import_id": str(order.import_id) if order.import_id else None,
        "sender": asdict(order.sender),
        "offer": order.offer,
        "framework": order.framework,
        "sequence": course.sequence,
    }


def _steps(plans: list[Plan], ids: list[UUID]) -> dict[str, object]:
    rows = [(id_, position, step) for id_, plan in zip(ids, plans, strict=True) for position, step in enumerate(plan)]
    return {
        "step_missions": [id_ for id_, _, _ in rows],
        "positions": [position for _, position, _ in rows],
        "keys": [step.key for _, _, step in rows],
        "kinds": [str(step.kind) for _, _, step in rows],
        "agents": [step.agent for _, _, step in rows],
        "step_crews": [str(crews.agent(step.agent).crew) for _, _, step in rows],
        "phases": [str(step.phase) for _, _, step in rows],
        "depends": [json.dumps(step.depends_on) for _, _, step in rows],
        "weights": [step.weight for _, _, step in rows],
    }
