"""Whether a machine wrote a mail: RFC 3834 and the headers that programs used before and beside it."""

import re
from email.message import Message
from typing import Final

from rex_celery.integrations import mail_parts

AUTO_REPLY, AUTO_GENERATED, BULK = "auto_reply", "auto_generated", "bulk"

_ANSWER_HEADERS: Final = ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "x-mail-autoreply")
_PRECEDENCE: Final = {"auto_reply": AUTO_REPLY, "bulk": BULK, "junk": BULK, "list": BULK}
_MACHINES = re.compile(r"(?:mailer-?daemon|postmaster|(?:no|do-?not)[-_.]?reply)(?:[+@].*)?", re.IGNORECASE)
# Our own Message-IDs: a mailing list that stands between a person and us does not make an answer to them bulk.
_OURS = re.compile(r"<[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@", re.IGNORECASE)

# How mail programs begin the subject of an answer that nobody wrote, in the language of their owner.
_SUBJECTS: Final = (
    "automatic reply|auto(?:matic)?[- ]?(?:reply|response)|autoreply|out of (?:the )?office|away from (?:the )?office"
    "|on (?:vacation|holiday|leave)|vacation (?:reply|message)|abwesenheits(?:notiz|nachricht|meldung)"
    "|automatische (?:antwort|antwoord|respons)|abwesend|nicht im b(?:ü|ue)ro"
    "|r(?:é|e)ponse automatique|absence du bureau|(?:message|notification) d[’']absence|absent du bureau"
    "|respuesta autom(?:á|a)tica|fuera de (?:la )?oficina|ausencia de la oficina"
    "|risposta automatica|fuori (?:ufficio|sede)|assente dall[’']ufficio"
    "|resposta autom(?:á|a)tica|fora do escrit(?:ó|o)rio|ausente do escrit(?:ó|o)rio"
    "|automatisch antwoord|afwezig(?:heid(?:sassistent)?)?|niet op kantoor"
    "|autosvar|automatiskt svar|automatisk svar|frånvaro|fraværende"
    "|odpowiedź automatyczna|automatyczna odpowiedź|自動応答|自动答复|自動回覆"
)
_SUBJECT = re.compile(rf"(?:{_SUBJECTS})(?:\s*[:：–—-]\s.*|\s*[:：].*|\s*)", re.IGNORECASE | re.DOTALL)


def kind_of(message: Message, sender: str) -> str:
    """``auto_reply``, ``auto_generated`` or ``bulk``, the surest sign first; empty for what a person seems to write."""
    declared = _word(message, "auto-submitted")
    if declared and declared != "no":
        return AUTO_REPLY if declared == "auto-replied" else AUTO_GENERATED
    if any(mail_parts.header(message, name) for name in _ANSWER_HEADERS):
        return AUTO_REPLY
    if announces_absence(mail_parts.header(message, "subject")):
        return AUTO_REPLY
    precedence = _PRECEDENCE.get(_word(message, "precedence"), "")
    if precedence and not (precedence == BULK and _answers_us_by_list(message)):
        return precedence
    if mail_parts.header(message, "list-id") and not _answers_us_by_list(message):
        return BULK
    return AUTO_GENERATED if _by_a_machine(message, sender) else ""


def announces_absence(subject: str) -> bool:
    """Whether a subject is the one that mail programs give an automatic answer; weaker than any header."""
    return bool(_SUBJECT.fullmatch(subject.strip()))


def from_mail_system(message: Message, sender: str) -> bool:
    """Whether a mail server speaks: a sender that takes no answers, or one that carries the name of the mail system."""
    local = sender.partition("@")[0].lower().replace("-", "")
    return (
        local in {"mailerdaemon", "postmaster"}
        or mail_parts.header(message, "return-path") == "<>"
        or bool(mail_parts.header(message, "x-failed-recipients"))
    )


def _by_a_machine(message: Message, sender: str) -> bool:
    if from_mail_system(message, sender) or _MACHINES.fullmatch(sender):
        return True
    # Programs ask others of their kind not to answer them; a report about a mail is no answer to it.
    suppressed = _word(message, "x-auto-response-suppress")
    return suppressed not in {"", "none"} or message.get_content_type() == "multipart/report"


def _answers_us_by_list(message: Message) -> bool:
    by_list = _word(message, "precedence") in {"", "list"}
    named = mail_parts.ids(message, "in-reply-to") + mail_parts.ids(message, "references")
    return by_list and any(_OURS.match(one) for one in named)


def _word(message: Message, name: str) -> str:
    """The first word of a header without its comments and parameters."""
    words = re.split(r"[;,(\s]", mail_parts.header(message, name).strip().lower())
    return words[0]
