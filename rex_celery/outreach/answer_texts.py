"""Answers to propose: a few honest sentences for each thing that people want; a person reads them before they go."""

from dataclasses import dataclass

from rex_celery.outreach.labels import Label

# Each takes up what was said, promises nothing that nobody knows, and asks one thing at most.
_BODIES = {
    Label.INTERESTED: "thank you for your answer. {offer_line}{talk_line}",
    Label.MEETING: "thank you, I would be glad to talk. {time_line}",
    Label.OBJECTION_PRICE: "thank you for saying so openly. If you tell me what would be a fitting budget, "
    "I can say honestly whether we can meet it.",
    Label.OBJECTION_TIMING: "thank you for telling me. When would be a better time to come back to this?",
    Label.OBJECTION_AUTHORITY: "thank you for telling me. Who would decide on this, and may I write to them?",
    Label.OBJECTION_COMPETITOR: "thank you for telling me, and good that you are looked after. "
    "May I ask what you would change about it if you could?",
    Label.OBJECTION_NO_NEED: "thank you for the clear answer. I will not follow up on this any more.",
    Label.REFERRAL: "thank you for pointing me to the right person. I will write to them directly.",
}
_OFFER = "In short, it is about {offer}. "
_BOOK = "Here you can pick a time that suits you: {booking_url}"
_ASK = "Which day and time would suit you, and in which time zone?"
_TALK = "Is there something in particular that you would like to know?"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What an answer is made from; what is not known is empty."""

    first_name: str
    sender_name: str
    offer: str
    booking_url: str


def proposed(label: Label, occasion: Occasion, *, short: bool) -> str | None:
    """The text to propose, or None where a person should find their own words. ``short``: for a text message."""
    body = _BODIES.get(label)
    if body is None:
        return None
    said = body.format(
        offer_line=_OFFER.format(offer=occasion.offer.rstrip(".")) if occasion.offer else "",
        talk_line=_BOOK.format(booking_url=occasion.booking_url) if occasion.booking_url else _TALK,
        time_line=_BOOK.format(booking_url=occasion.booking_url) if occasion.booking_url else _ASK,
    )
    if short:
        return said[0].upper() + said[1:]
    greeting = f"Hello {occasion.first_name},\n\n" if occasion.first_name else "Hello,\n\n"
    signature = f"\n\nKind regards,\n{occasion.sender_name}" if occasion.sender_name else ""
    return f"{greeting}{said}{signature}\n"


def subject_of(subject: str) -> str:
    """The subject of an answer: the thread's own. It is an answer, so ``Re:`` is true."""
    plain = subject.strip()
    return plain if not plain or plain.lower().startswith("re:") else f"Re: {plain}"
