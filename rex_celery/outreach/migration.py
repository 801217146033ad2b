"""Which people are on their way through a version of a sequence, and what moving them to another would change."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery.errors import InvalidError, Problem
from rex_celery.outreach import moving, sequence_views
from rex_celery.outreach.moving import Message, Stay
from rex_celery.outreach.steps import Step

# Enrolments that are read, and locked, at once.
AT_ONCE = 200

_ENROLLED = text("""
SELECT id FROM enrolments
WHERE sequence_id = :sequence AND version = :version AND state = 'active' AND id > CAST(:after AS uuid)
ORDER BY id LIMIT :most
""")
_MESSAGES = text("""
SELECT enrolment_id, id, step_key, channel, position, state, reason, wait_reason FROM messages
WHERE enrolment_id = ANY(CAST(:ids AS uuid[])) ORDER BY enrolment_id, position, id
""")
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Ask:
    """Everybody who is on their way through one version is to go on with another."""

    sequence_id: UUID
    from_version: int
    to_version: int


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step and for how many people its message is kept, gets new words, is added or is dropped."""

    key: str
    kept: int
    replaced: int
    added: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a move would do: how many people move or stay, each step's messages, and why people stay."""

    enrolments: int
    moving: int
    staying: int
    steps: list[StepChange]
    problems: list[str]


def steps_of(session: Session, ask: Ask) -> tuple[Step, ...]:
    """The steps of the version that people move to, once both are known to be this tenant's.

    Raises:
        NotFoundError: the tenant has no such sequence or version.
        InvalidError: both are the same.

    """
    sequence_views.get(session, ask.sequence_id, ask.from_version)
    if ask.from_version == ask.to_version:
        problem = Problem("to_version", "is the version they are on", "another version")
        raise InvalidError("Both versions are the same.", problems=(problem,))
    return tuple(sequence_views.get(session, ask.sequence_id, ask.to_version).steps)


def enrolled(session: Session, ask: Ask, after: UUID = _FIRST) -> list[UUID]:
    """The next people on their way through the old version, by id, at most ``AT_ONCE``."""
    values = {"sequence": ask.sequence_id, "version": ask.from_version, "after": after, "most": AT_ONCE}
    return list(session.scalars(_ENROLLED, values))


def messages_of(session: Session, enrolment_ids: Collection[UUID]) -> dict[UUID, list[Message]]:
    """Their messages in order of position."""
    rows = session.execute(_MESSAGES, {"ids": list(enrolment_ids)}).all()
    return {id_: [Message(*row[1:]) for row in group] for id_, group in groupby(rows, key=lambda row: row.enrolment_id)}


def preview(session: Session, ask: Ask) -> Preview:
    """What moving them would do; nothing is changed and nothing is locked.

    Raises:
        NotFoundError: the tenant has no such sequence or version. InvalidError: both are the same.

    """
    steps = steps_of(session, ask)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter, {step.key: Counter() for step in steps})
    stays: Counter[Stay] = Counter()
    total = 0
    for batch in _batches(session, ask):
        found = messages_of(session, batch)
        for enrolment in batch:
            total += 1
            stay = _count(counts, found.get(enrolment, []), steps)
            if stay:
                stays[stay] += 1
    changes = [
        StepChange(key, *(one[kind] for kind in ("kept", "replaced", "added", "dropped")))
        for key, one in counts.items()
    ]
    return Preview(total, total - stays.total(), stays.total(), changes, problems_of(stays))


def problems_of(stays: Mapping[Stay, int]) -> list[str]:
    """Why people stay, in words."""
    return [f"{count} stay with their version: {stay}." for stay, count in stays.items() if count]


def _batches(session: Session, ask: Ask) -> Iterator[list[UUID]]:
    batch = enrolled(session, ask)
    while batch:
        yield batch
        batch = enrolled(session, ask, batch[-1])


def _count(counts: Mapping[str, Counter[str]], messages: Sequence[Message], steps: Sequence[Step]) -> Stay | None:
    move = moving.plan(messages, steps)
    if isinstance(move, Stay):
        return move
    waiting = {one.step_key for one in messages if one.is_open and one.state == "planned"}
    upcoming = {step.key for step in move.upcoming}
    for key in move.kept:
        counts[key]["kept"] += 1
    for key in upcoming:
        counts[key]["replaced" if key in waiting else "added"] += 1
    for key in waiting - upcoming:
        counts[key]["dropped"] += 1
    return None
