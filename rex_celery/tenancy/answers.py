"""Answers kept for repeated requests: who asks again with the same Idempotency-Key gets the same answer."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.errors import ConflictError

LIFETIME = timedelta(hours=24)
# After this long a claimed key without an answer means that the process died on it.
LONGEST_WORK = timedelta(hours=1)

# Two requests with one key at the same moment: the second must not wait for the first and then act too.
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:tenant || ' ' || :key, 0))")
_FIND = text(
    "SELECT request_hash, status, response FROM idempotency_keys WHERE tenant_id = :tenant AND key = :key"
    " AND created_at > now() - CASE WHEN status IS NULL THEN :longest ELSE :lifetime END"
)
_KEEP = text(
    "INSERT INTO idempotency_keys (tenant_id, key, method, path, request_hash, status, response)"
    " VALUES (:tenant, :key, :method, :path, :hash, :status, :response)"
    " ON CONFLICT (tenant_id, key) DO UPDATE SET method = excluded.method, path = excluded.path,"
    " request_hash = excluded.request_hash, status = excluded.status, response = excluded.response, created_at = now()"
)
_CLAIM = text(
    "INSERT INTO idempotency_keys (tenant_id, key, method, path, request_hash)"
    " VALUES (:tenant, :key, :method, :path, :hash)"
    " ON CONFLICT (tenant_id, key) DO UPDATE SET method = excluded.method, path = excluded.path,"
    " request_hash = excluded.request_hash, status = NULL, response = NULL, created_at = now()"
)
_ABANDON = text("DELETE FROM idempotency_keys WHERE tenant_id = :tenant AND key = :key AND status IS NULL")
_TENANTS = text("SELECT id FROM tenants")
_PURGE = text("DELETE FROM idempotency_keys WHERE created_at < now() - :lifetime")


@dataclass(frozen=True, slots=True)
class Question:
    """A request that may come again: the caller's key for it, and what it asked."""

    tenant_id: UUID
    key: str
    method: str
    path: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    response: str


def find(session: Session, question: Question) -> Answer | None:
    """The answer given before, or None if this is the first time; holds the key until the transaction ends.

    Raises:
        ConflictError: the key was used for another request, or the first one is still being worked on.

    """
    known = {"tenant": question.tenant_id, "key": question.key}
    if not session.execute(_LOCK, known | {"tenant": str(question.tenant_id)}).scalar_one():
        raise _in_progress()
    row = session.execute(_FIND, known | {"lifetime": LIFETIME, "longest": LONGEST_WORK}).first()
    if row is None:
        return None
    if row.request_hash != question.request_hash:
        raise ConflictError(
            "This Idempotency-Key was used for another request.",
            code="idempotency_key_reused",
            action="Use a new key for a new request.",
            status=422,
        )
    if row.status is None:
        raise _in_progress()
    return Answer(row.status, row.response)


def keep(session: Session, question: Question, answer: Answer) -> None:
    """Remember the answer, in the transaction that has the effect."""
    session.execute(_KEEP, _row(question) | {"status": answer.status, "response": answer.response})


def claim(session: Session, question: Question) -> None:
    """Hold the key beyond this transaction, for work that makes several; ends with ``keep`` or ``abandon``."""
    session.execute(_CLAIM, _row(question))


def abandon(session: Session, question: Question) -> None:
    """Let go of a claimed key: the work failed, so asking again means trying again."""
    session.execute(_ABANDON, {"tenant": question.tenant_id, "key": question.key})


def purge(session: Session) -> None:
    """Forget the session's tenant's answers that are too old to be asked for again."""
    session.execute(_PURGE, {"lifetime": LIFETIME})


def purge_all() -> int:
    """Forget the old answers of every tenant, each in its own transaction; returns for how many tenants."""
    with db.control() as session:
        tenants = session.scalars(_TENANTS).all()
    for tenant_id in tenants:
        with db.transaction(tenant_id) as session:
            purge(session)
    return len(tenants)


def _row(question: Question) -> dict[str, object]:
    known = {"tenant": question.tenant_id, "key": question.key, "method": question.method}
    return known | {"path": question.path, "hash": question.request_hash}


def _in_progress() -> ConflictError:
    return ConflictError(
        "A request with this Idempotency-Key is being worked on.",
        code="idempotency_in_progress",
        action="Ask again in a moment to get its answer.",
    )
