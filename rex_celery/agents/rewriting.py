"""Moving people to another version of their sequence: what has not left yet is written anew, step by step."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import clock, db
from rex_celery.agents import desks
from rex_celery.agents.desks import Desk
from rex_celery.outreach import migration, moving, rewritten
from rex_celery.outreach.migration import Ask
from rex_celery.outreach.moving import Stay
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.rewritten import Line, Person
from rex_celery.outreach.steps import Step
from rex_celery.tenancy import audit
from rex_celery.work import WHOLE_STEP, WorkRef

_PEOPLE = text("SELECT id, mission_id, lead_id, chunk_no FROM enrolments WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True, slots=True)
class Moved:
    """How many people went on with the other version, and why the others stayed."""

    moved: int
    stayed: int
    problems: list[str]


def migrate(tenant_id: UUID, ask: Ask, actor: str) -> Moved:
    """Let everybody who is on their way through one version go on with another, a few at once, each few committed.

    What left stays; doing it again takes those who stayed and can be placed by then.

    Raises:
        NotFoundError: the tenant has no such sequence or version. InvalidError: both are the same.

    """
    moved, stays = 0, Counter[Stay]()
    with db.transaction(tenant_id) as session:
        steps = migration.steps_of(session, ask)
        batch = migration.enrolled(session, ask)
    while batch:
        with db.transaction(tenant_id) as session:
            went, stayed = _batch(session, tenant_id, ask, steps, batch)
            batch = migration.enrolled(session, ask, batch[-1])
        moved += went
        stays += stayed
    with db.transaction(tenant_id) as session:
        details: dict[str, object] = {
            "from": ask.from_version,
            "to": ask.to_version,
            "moved": moved,
            "stayed": stays.total(),
        }
        audit.record(session, actor, "sequence.migrated", str(ask.sequence_id), details)
    return Moved(moved, stays.total(), migration.problems_of(stays))


def _batch(
    session: Session, tenant_id: UUID, ask: Ask, steps: tuple[Step, ...], ids: Sequence[UUID]
) -> tuple[int, Counter[Stay]]:
    prepared = _desks(session, tenant_id, ask, steps, ids)
    people = rewritten.lock(session, ids, ask.from_version)
    known = migration.messages_of(session, [one.enrolment_id for one in people])
    lines: list[Line] = []
    dropped: list[UUID] = []
    going: list[UUID] = []
    stays = Counter[Stay]()
    for person in people:
        messages = known.get(person.enrolment_id, [])
        move = moving.plan(messages, steps)
        if isinstance(move, Stay):
            stays[move] += 1
            continue
        mine = desks.lines(prepared[person.mission_id], person, move)
        lines += mine
        dropped += [one.id for one in messages if one.is_open and one.id not in {line.id for line in mine}]
        going.append(person.enrolment_id)
    rewritten.store(session, tenant_id, lines, dropped)
    rewritten.pin(session, tenant_id, going, ask.to_version, clock.now())
    return len(going), stays


def _desks(
    session: Session, tenant_id: UUID, ask: Ask, steps: tuple[Step, ...], ids: Sequence[UUID]
) -> dict[UUID, Desk]:
    """One for each mission, read before anybody is locked: inboxes and approvals come first in the order of locks."""
    people = [Person(*row) for row in session.execute(_PEOPLE, {"ids": list(ids)})]
    pin = Pinned(ask.sequence_id, ask.to_version)
    found = {}
    for mission, group in groupby(sorted(people, key=_mission), key=_mission):
        ref = WorkRef(tenant_id, mission, mission, WHOLE_STEP, 0)
        found[mission] = desks.prepare(session, ref, list(group), pin, steps)
    return found


def _mission(person: Person) -> UUID:
    return person.mission_id
