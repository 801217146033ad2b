"""The peer: Celery out of the box, a chord of three-step chains, one chain a lead, each step one durable row change.

It is run as ``celery -A bench.bare worker`` and does the same pure work as REX's agents: the same score, the same
message. What it lacks is what REX is for: no history, no claim before a send, no compliance or quality check, no
progress, no tenants, and nothing that survives a killed worker.
"""

import os
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from celery import Celery, chain, chord

from rex_celery import clock
from rex_celery.copywriting import drafts
from rex_celery.copywriting.facts import LeadRecord, Sender, facts_of
from rex_celery.copywriting.frameworks import for_dormancy
from rex_celery.scoring import dormancy
from rex_celery.scoring.engagement import CrmRecord, signals_of
from rex_celery.scoring.reactivation import assess
from rex_celery.vocabulary import Channel

_REDIS = os.environ["BENCH_PEER_REDIS"]  # noqa: TID251  a program of its own, which has no settings of REX
app = Celery("bare", broker=_REDIS, backend=_REDIS)


@cache
def connection() -> psycopg.Connection[tuple[Any, ...]]:
    """One connection a process, opened by its first task; every statement commits."""
    return psycopg.connect(os.environ["BENCH_PEER_DATABASE"], autocommit=True)  # noqa: TID251


@app.task
def score(lead_id: str) -> str:
    """Score a lead and store it."""
    found = connection().execute(
        "SELECT last_activity_on, last_activity, activities, deal_stage, deal_value FROM leads WHERE id = %s",
        [lead_id],
    )
    on, activity, activities, stage, value = found.fetchone()  # type: ignore[misc]
    days = (clock.now().date() - on).days
    result = assess(signals_of(CrmRecord(days, activity, activities, stage, value)))
    connection().execute("UPDATE leads SET state = 'scored', score = %s WHERE id = %s", [result.score, lead_id])
    return lead_id


@app.task
def personalise(lead_id: str) -> str:
    """Write a lead's message and store it."""
    found = connection().execute(
        "SELECT first_name, company, city, last_activity, last_activity_on, deal_stage, notes FROM leads WHERE id = %s",
        [lead_id],
    )
    *known, notes = found.fetchone()  # type: ignore[misc]
    record = LeadRecord(*known)
    framework = for_dormancy(dormancy.classify(record.deal_stage, notes), UUID(lead_id))
    facts = facts_of(record, Sender("Alex Morgan"), "a review of your energy bill", clock.now().date())
    draft = drafts.write(facts, Channel.EMAIL, framework, UUID(lead_id))
    connection().execute(
        "INSERT INTO messages (lead_id, subject, body) VALUES (%s, %s, %s)", [lead_id, draft.subject, draft.body]
    )
    return lead_id


@app.task
def send(lead_id: str) -> str:
    """Deliver a lead's message to a table, as REX's outbox does."""
    connection().execute("UPDATE messages SET state = 'sent', sent_at = now() WHERE lead_id = %s", [lead_id])
    return lead_id


@app.task
def summary(sent: list[str], mission_id: str) -> None:
    """Count what was sent, once, at the end."""
    connection().execute(
        "UPDATE missions SET state = 'completed', sent = %s WHERE id = %s", [len(sent), UUID(mission_id)]
    )


@app.task
def start(mission_id: str) -> None:
    """What the peer of the submission measurement enqueues: nothing to do."""


def submit(mission_id: str, lead_ids: list[str]) -> None:
    """Publish the whole mission."""
    connection().execute("INSERT INTO missions (id) VALUES (%s)", [UUID(mission_id)])
    chains = (chain(score.s(one), personalise.s(), send.s()) for one in lead_ids)
    chord(chains)(summary.s(mission_id))
