"""Which mail a person wrote and which a machine: somebody is away, has left, or nobody is there at all."""

import re
from enum import StrEnum

from rex_celery.compliance import opt_out
from rex_celery.integrations import mail_automatic
from rex_celery.integrations.base import InboundEmail
from rex_celery.outreach.classification import classify
from rex_celery.outreach.labels import Label


class Author(StrEnum):
    """Who wrote a mail."""

    PERSON = "person"
    AWAY = "away"
    LEFT = "left"
    MACHINE = "machine"


_LEFT = re.compile(
    r"\bno longer (?:with|at|works?|working|employed|part of)\b|\bhas left\b|\bi(?:'ve| have) left\b"
    r"|\bleft the company\b"
    r"|\bnicht mehr (?:f[üu]r|bei|im unternehmen)\b|\bunternehmen verlassen\b|\bne (?:travaille|fait) plus\b"
    r"|\bquitt[ée] (?:la|l'|notre)|\bya no trabaj[ao]\b"
)
# A machine's footer may speak of unsubscribing, and a mailing list marks what people write: few words are a person's.
_BARE_WORDS = 12


def author(mail: InboundEmail) -> Author:
    """Who wrote it. In doubt a person did: that stops what sends itself, and only holds it up where it was nobody."""
    if not mail.automatic:
        return Author.PERSON
    words = own_words(mail)
    if len(words.split()) <= _BARE_WORDS and opt_out.detect(words):
        return Author.PERSON
    said = " ".join(f"{mail.subject} {words}".casefold().replace("’", "'").split())
    if _LEFT.search(said):
        return Author.LEFT
    if mail_automatic.announces_absence(mail.subject) or classify(said).label is Label.OUT_OF_OFFICE:
        return Author.AWAY
    return Author.MACHINE


def own_words(mail: InboundEmail) -> str:
    """What the person wrote; all of it where nothing is left without the quotes."""
    return mail.reply if mail.reply.strip() else mail.text
