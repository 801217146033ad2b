"""Why a lead went quiet, read from its stage and notes by keywords; it shapes the argument, never a statement."""

import re

from rex_celery.vocabulary import Dormancy

# Phrases, not single common words: notes are free text, and a wrong class costs more than "unknown".
_PHRASES = {
    Dormancy.CONTACT_CHANGED: """
        left the company|no longer (?:with|at|works)|new (?:role|job|position) (?:at|with)|moved on to|retired
        |replaced by|on (?:parental|maternity|paternity) leave|changed jobs?""",
    Dormancy.COMPETITOR: """
        competitor|(?:went with|chose) (?:another|someone|a different|other)|signed with|switched to
        |already us(?:es|ing)|other (?:vendor|supplier|provider)""",
    Dormancy.BUDGET: """
        budget|no (?:money|funds|funding)|too (?:expensive|pricey|costly)|can(?:'|no)?t afford|over ?priced
        |(?:price|cost) (?:is |was )?too|spending freeze""",
    Dormancy.TIMING: """
        not (?:now|the right time|a good time|yet ready)|next (?:quarter|year|month|season)|later this year
        |bad timing|too (?:busy|early)|on hold|postponed|revisit|check back|circle back
        |after the (?:summer|holidays)""",
    Dormancy.GHOSTED: """
        no (?:response|reply|answer)|did(?:n't| not) (?:respond|reply|answer|show)|no[- ]show|unresponsive
        |went (?:quiet|dark|silent)|stopped (?:responding|replying|answering)|left (?:a )?voice ?mail|ghosted""",
}
_RULES = tuple(
    (dormancy, re.compile(r"\b(?:" + re.sub(r"\n\s+", "", phrases) + ")", re.IGNORECASE))
    for dormancy, phrases in _PHRASES.items()
)

# After one of these the other side had something in hand, and then nothing came.
_AWAITING_STAGES = frozenset({"proposal sent", "negotiation", "contract sent", "quote sent"})


def classify(deal_stage: str | None, notes: str | None) -> Dormancy:
    """The class of the first rule that matches the notes; else an open offer is ghosted, and the rest is unknown."""
    for dormancy, pattern in _RULES:
        if notes and pattern.search(notes):
            return dormancy
    if (deal_stage or "").strip().lower() in _AWAITING_STAGES:
        return Dormancy.GHOSTED
    return Dormancy.UNKNOWN
