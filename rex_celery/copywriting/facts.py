"""What may be said to a person: the stored facts, put into words; whatever is unknown or unfit to print is left out."""

from dataclasses import dataclass
from datetime import date

from rex_celery.copywriting import printable
from rex_celery.errors import InvalidError

FACT_NAMES = ("first_name", "company", "city", "last_contact", "deal_stage", "offer", "sender_name", "sender_company")

_CONTACT = {
    "meeting": "we met",
    "call": "we last spoke",
    "demo": "we went through a demo together",
    "email": "we were last in touch by e-mail",
}
_ANY_CONTACT = "we were last in touch"

# Only what the stage itself says. An early stage says nothing a person would recognise, so it has no words.
_STAGES = {
    "proposal sent": "we had sent you a proposal",
    "quote sent": "we had sent you a quote",
    "contract sent": "we had sent you a contract",
    "negotiation": "we were talking through the details",
    "closed lost": "it did not go ahead",
    "lost": "it did not go ahead",
}


@dataclass(frozen=True, slots=True)
class LeadRecord:
    """What is stored about a lead and may be used in a message, as stored."""

    first_name: str | None = None
    company: str | None = None
    city: str | None = None
    last_activity: str | None = None
    last_activity_on: date | None = None
    deal_stage: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a message goes out; ``company`` may be empty."""

    name: str
    company: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts as words; None where nothing is known. ``last_contact`` and ``deal_stage`` are clauses ("we met in July")."""  # noqa: E501

    sender_name: str
    first_name: str | None = None
    company: str | None = None
    city: str | None = None
    last_contact: str | None = None
    deal_stage: str | None = None
    offer: str | None = None
    sender_company: str | None = None

    def known(self) -> dict[str, str]:
        """The facts that are known, by name."""
        return {name: value for name in FACT_NAMES if (value := getattr(self, name)) is not None}


def facts_of(record: LeadRecord, sender: Sender, offer: str, today: date) -> Facts:
    """Put a lead's record into words, as seen on ``today``. An offer unfit to print is left out.

    Raises:
        InvalidError: the sender has no printable name; nobody may be written to in no one's name.

    """
    name, company = printable.name(sender.name), printable.name(sender.company)
    if name is None:
        raise InvalidError("The sender has no name.", code="no_sender_name", action="Set the sender under Settings.")
    return Facts(
        sender_name=name,
        sender_company=None if company == name else company,
        first_name=printable.first_name(record.first_name),
        company=printable.name(record.company),
        city=printable.name(record.city),
        last_contact=_last_contact(record.last_activity, record.last_activity_on, today),
        deal_stage=_STAGES.get((record.deal_stage or "").strip().lower()),
        offer=None if printable.offer_problem(offer) else printable.one_line(offer),
    )


def _last_contact(kind: str | None, on: date | None, today: date) -> str | None:
    if on is None or on > today:
        return None
    words = _CONTACT.get((kind or "").strip().lower(), _ANY_CONTACT)
    if (on.year, on.month) == (today.year, today.month):
        return f"{words} earlier this month"
    month = f"{on:%B}" if on.year == today.year else f"{on:%B %Y}"
    return f"{words} in {month}"
