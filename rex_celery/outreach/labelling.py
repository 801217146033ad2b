"""Asking the model what an answer wants where the rules abstain: once, out of a closed list, and never to send."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery import broker, clock, crews, db
from rex_celery.errors import ProviderRejectedError, ProviderUnavailableError
from rex_celery.flow import NORMAL, Call
from rex_celery.integrations import openai_model
from rex_celery.integrations.openai_model import Choice, Model
from rex_celery.outreach import asking, redaction
from rex_celery.outreach.asking import Answer
from rex_celery.outreach.classification import LEAST_CONFIDENCE
from rex_celery.outreach.labels import NEVER_BY_MODEL, Label

CHOICES = tuple(label for label in Label if label not in NEVER_BY_MODEL)
TASK = (
    "Somebody answered a sales message. Say what they want, with one of the given labels, and how sure you are from 0 "
    "to 1. Choose unclear if you are not sure."
)
# Confidence from which a label is used, used and looked at, or only suggested; below the last it is no label.
ACT, WATCH, SUGGEST = 0.9, 0.7, LEAST_CONFIDENCE
MOST_AT_ONCE = 20
TASK_EXPIRES = timedelta(seconds=30)
_LONGEST = 4_000

_WAITING = text("""
SELECT tenant_id, id FROM replies WHERE kind = 'reply' AND label = 'unclear' AND labelled_by = 'rules'
ORDER BY id LIMIT :most
""")
# Marked before it is asked: an answer that is lost with its worker is not asked for a second time, and stays unclear.
_CLAIM = text("""
UPDATE replies AS r SET labelled_by = 'model' FROM leads AS l
WHERE r.id = :reply AND r.tenant_id = :tenant AND r.kind = 'reply' AND r.label = 'unclear'
  AND r.labelled_by = 'rules' AND l.id = r.lead_id
RETURNING r.id, r.thread_id, r.sender, r.body, l.first_name, l.last_name, l.company
""")
_LABEL = text("""
UPDATE replies SET label = :label, confidence = :confidence WHERE id = :reply AND labelled_by = 'model' RETURNING id
""")
# A later answer of the same person, or a label of a person, says more about the thread than this one.
_THREAD = text("""
UPDATE threads AS t SET label = :label WHERE t.id = :thread AND t.state = 'open' AND t.label = 'unclear'
  AND :reply = (SELECT r.id FROM replies AS r WHERE r.thread_id = t.id AND r.kind = 'reply'
                ORDER BY r.received_at DESC, r.id LIMIT 1)
RETURNING t.mission_id
""")
_DECIDED = text("""
INSERT INTO decisions (id, tenant_id, mission_id, layer, rule, action, inputs, alternatives)
VALUES (:id, :tenant, :mission, 'model', :rule, :action, CAST(:inputs AS jsonb), CAST(:alternatives AS jsonb))
""")
_MISSION = text("SELECT mission_id FROM threads WHERE id = :thread")


def find_work() -> int:
    """Have the model asked about answers that the rules left unclear; returns how many tasks were made."""
    if openai_model.configured() is None:
        return 0
    with db.control() as session:
        rows = session.execute(_WAITING, {"most": MOST_AT_ONCE}).all()
    queue, expires = crews.queue_of(crews.Crew.CAMPAIGN), TASK_EXPIRES.total_seconds()
    ids = [(str(row.tenant_id), str(row.id)) for row in rows]
    if ids:
        broker.publish([Call("campaign.label_reply", each, queue, NORMAL, expires=expires) for each in ids])
    return len(ids)


def label(tenant_id: UUID, reply_id: UUID, model: Model | None = None) -> Label | None:
    """Ask about one answer; None when there is nothing to ask, or nobody. A model that fails abstains."""
    model = model or openai_model.configured()
    if model is None:
        return None
    with db.transaction(tenant_id) as session:
        reply = session.execute(_CLAIM, {"reply": reply_id, "tenant": tenant_id}).one_or_none()
    if reply is None:
        return None
    names = (reply.first_name, reply.last_name, reply.company)
    choice, trouble = _asked(model, redaction.redact(reply.body[:_LONGEST], names))
    with db.transaction(tenant_id) as session:
        return _record(session, tenant_id, reply, choice, trouble, clock.now())


def _asked(model: Model, material: str) -> tuple[Choice, str]:
    try:
        return model.choose(TASK, material, CHOICES), ""
    except ProviderUnavailableError:
        return Choice(Label.UNCLEAR, 0.0), "unavailable"
    except ProviderRejectedError as error:
        return Choice(Label.UNCLEAR, 0.0), error.code or "rejected"


def _record(  # noqa: PLR0913, PLR0917  what was asked, what came of it, and when
    session: Session, tenant_id: UUID, reply: Row[Any], choice: Choice, trouble: str, now: datetime
) -> Label:
    chosen = Label(choice.value) if choice.confidence >= SUGGEST else Label.UNCLEAR
    _decide(session, tenant_id, reply, choice, trouble)
    values = {"reply": reply.id, "label": chosen, "confidence": choice.confidence}
    if session.execute(_LABEL, values).scalar() is None or chosen is Label.UNCLEAR:
        return Label.UNCLEAR
    thread = {"thread": reply.thread_id, "label": chosen, "reply": reply.id}
    if session.execute(_THREAD, thread).one_or_none() is not None:
        said = Answer(reply.thread_id, reply.sender, reply.body, chosen, choice.confidence)
        asking.ask(session, tenant_id, said, now)
    return chosen


def _decide(session: Session, tenant_id: UUID, reply: Row[Any], choice: Choice, trouble: str) -> None:
    """Every decision with its layer, its rule and what it was made from; never a word of the text."""
    rule = trouble or _band(choice.confidence)
    inputs = {"reply_id": str(reply.id), "confidence": choice.confidence, "tokens": choice.tokens}
    values = {
        "id": uuid4(),
        "tenant": tenant_id,
        "mission": session.execute(_MISSION, {"thread": reply.thread_id}).scalar(),
        "rule": f"reply_label.{rule}",
        "action": choice.value if choice.confidence >= SUGGEST else Label.UNCLEAR,
        "inputs": json.dumps(inputs),
        "alternatives": json.dumps([each for each in CHOICES if each != choice.value]),
    }
    session.execute(_DECIDED, values)


def _band(confidence: float) -> str:
    bands = ((ACT, "act"), (WATCH, "act_and_watch"), (SUGGEST, "suggest"))
    return next((name for least, name in bands if confidence >= least), "abstain")
