"""Opting out in words, by e-mail or text, and back in again by START: decided by rules, with the words as evidence."""

import json
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from rex_celery.compliance import consent, opt_out, suppression
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.outreach import senders_of
from rex_celery.outreach.arrivals import Arrival, Intake
from rex_celery.outreach.classification import Reading, classify
from rex_celery.outreach.labels import Label
from rex_celery.vocabulary import Channel

REASON = "suppressed_opt_out"
# How a stop came is kept with it: START undoes only what STOP did, never what was said in words or by a link.
BY_WORDS, BY_STOP = "reply", "sms_stop"
_STARTS = frozenset({"start", "unstop"})
_LONGEST_EVIDENCE = 200

_LIFT = text("""
DELETE FROM suppressions WHERE tenant_id = :tenant AND phone = :number AND reason = :reason AND source = :source
RETURNING evidence, created_at
""")
_EVIDENCE = text("""
UPDATE consents SET evidence = CAST(:evidence AS jsonb), recorded_by = 'sms'
WHERE lead_id = ANY(CAST(:leads AS uuid[])) AND source = 'sms_start' AND given_at = :at
""")
# Who said it in words of their own after STOP has not taken that back by START.
_HARDEN = text("""
UPDATE suppressions SET source = :words WHERE tenant_id = :tenant AND reason = :reason AND source = :stop
  AND (lead_id = ANY(CAST(:leads AS uuid[])) OR email = :sender OR phone = :sender)
""")


def read(arrival: Arrival, word_of_provider: str = "") -> Reading:
    """What a message wants; whether it asks for no more contact is looked at before anything else.

    ``word_of_provider`` says that the provider recognised an opt-out. A mail program's unsubscribe button may write
    nothing but a subject.
    """
    if word_of_provider or opt_out.is_stop_word(arrival.subject):
        return Reading(Label.OPT_OUT, 1.0, "stop_word")
    return classify(arrival.words)


def asks_again(words: str, opt_out_type: str) -> bool:
    """Whether a text asks to be texted again, by the word of carriers or as the provider recognised it."""
    return opt_out_type == "START" or words.strip(" .!\"'").casefold() in _STARTS


def take(intake: Intake, lead_ids: Collection[UUID], word_of_provider: str = "") -> None:
    """Suppress these people and whoever wrote, on every channel; keyed by address or number, so it outlives the lead.

    ``word_of_provider`` is what the provider recognised where our own rules see nothing.
    """
    arrival = intake.arrival
    evidence = {
        "words": (opt_out.detect(arrival.words) or word_of_provider or arrival.subject)[:_LONGEST_EVIDENCE],
        "channel": arrival.channel,
        "external_id": arrival.external_id,
        "from": arrival.sender,
        "to": arrival.recipient,
        "at": arrival.at.isoformat(),
    }
    stop = Stop(REASON, BY_STOP if _is_stop(arrival, word_of_provider) else BY_WORDS, evidence)
    for person in (*(Person(lead_id) for lead_id in lead_ids), *_writer(arrival)):
        suppression.suppress(intake.session, intake.tenant_id, person, stop)
    if stop.source == BY_WORDS:
        writer = {"leads": list(lead_ids), "sender": senders_of.normalised(arrival.sender) or arrival.sender}
        sources = {"words": BY_WORDS, "stop": BY_STOP, "reason": REASON, "tenant": intake.tenant_id}
        intake.session.execute(_HARDEN, writer | sources)
    if arrival.channel == Channel.SMS:
        for lead_id in lead_ids:
            consent.withdraw(intake.session, lead_id, Channel.SMS, arrival.at)


def take_back(intake: Intake, number: str, lead_ids: Collection[UUID]) -> bool:
    """Lift the stops that came by STOP from this number, and keep that the person asked for it; False: there was none.

    What ended stays ended: a person decides whether to write again.
    """
    session, arrival = intake.session, intake.arrival
    values = {"tenant": intake.tenant_id, "number": number, "reason": REASON, "source": BY_STOP}
    lifted = session.execute(_LIFT, values).all()
    if not lifted:
        return False
    agreement = consent.Agreement(Channel.SMS, "sms_start", arrival.words, arrival.at)
    for lead_id in lead_ids:
        consent.record(session, intake.tenant_id, lead_id, agreement)
    before = [{"stopped_at": row.created_at.isoformat(), **row.evidence} for row in lifted]
    evidence = {"external_id": arrival.external_id, "number": number, "lifted": before}
    session.execute(_EVIDENCE, {"leads": list(lead_ids), "at": arrival.at, "evidence": json.dumps(evidence)})
    return True


def _is_stop(arrival: Arrival, word_of_provider: str) -> bool:
    """Whether it was the carriers' STOP, which START undoes; words of one's own are undone by a person only."""
    return arrival.channel == Channel.SMS and (bool(word_of_provider) or opt_out.is_stop_word(arrival.words))


def _writer(arrival: Arrival) -> list[Person]:
    if arrival.channel == Channel.SMS:
        return [Person(phone=arrival.sender)]
    address = senders_of.normalised(arrival.sender)
    return [Person(email=address)] if address else []
