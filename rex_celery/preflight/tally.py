"""Counting what was found: every number, and at most fifty leads for each reason."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from rex_celery.compliance import sms
from rex_celery.outreach import recipients, senders_of
from rex_celery.outreach.pinning import Pinned
from rex_celery.outreach.windows import Place
from rex_celery.preflight.audience import Person
from rex_celery.preflight.letter import Letter
from rex_celery.preflight.looking import Look
from rex_celery.preflight.views import Example, Held, Sum
from rex_celery.reasons import REASONS
from rex_celery.vocabulary import Channel

MOST_EXAMPLES = 50

StepKey = tuple[Pinned | None, str, Channel]


@dataclass(slots=True)
class Reasons:
    """Counts by reason code, with the first leads of each."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)

    def add(self, code: str, person: Person, step_key: str | None = None, found: str = "") -> None:
        """One more."""
        self.counts[code] += 1
        shown = self.examples.setdefault(code, [])
        if len(shown) < MOST_EXAMPLES:
            shown.append(Example(person.lead_id, person.name, step_key, found))

    def held(self) -> list[Held]:
        """The most frequent first; a code without words explains itself as well as it can."""
        return [
            Held(code, *_words(code), count, self.examples[code])
            for code, count in sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))
        ]


@dataclass(slots=True)
class Tally:
    """Everything that is counted while the leads go by."""

    leads: Reasons = field(default_factory=Reasons)
    messages: Reasons = field(default_factory=Reasons)
    warnings: Reasons = field(default_factory=Reasons)
    looked_at: int = 0
    written: int = 0
    ready: Counter[StepKey] = field(default_factory=Counter)
    unready: Counter[StepKey] = field(default_factory=Counter)
    segments: Counter[StepKey] = field(default_factory=Counter)
    people: Counter[Pinned | None] = field(default_factory=Counter)
    providers: Counter[str] = field(default_factory=Counter)
    places: dict[Channel, set[Place]] = field(default_factory=dict)
    mailboxes: dict[str, UUID] = field(default_factory=dict)

    def add(self, look: Look, pinned: Pinned | None) -> None:
        """One lead and what would become of it; ``pinned`` is the sequence it would go through."""
        self.looked_at += 1
        self.written += len(look.written)
        for one in look.unfit:
            self.messages.add(one.finding.code, look.person, one.step_key, one.finding.found)
        going = set() if look.held else {one.id for one in look.ready}
        for letter in look.written:
            key = (pinned, letter.step_key, letter.channel)
            counted = self.ready if letter.id in going else self.unready
            counted[key] += 1
            self.places.setdefault(letter.channel, set()).add(look.person.place)
        if look.held:
            self.leads.add(look.held, look.person)
            return
        self.people[pinned] += 1
        self._duplicates(look.person)
        for letter in look.ready:
            self._ready(letter, (pinned, letter.step_key, letter.channel))

    def sums(self) -> tuple[Sum, Sum]:
        """The leads and the messages, as sums."""
        held, ready = self.leads.counts.total(), self.ready.total()
        return Sum(self.looked_at, self.looked_at - held, held), Sum(self.written, ready, self.written - ready)

    def _ready(self, letter: Letter, key: StepKey) -> None:
        if letter.channel is Channel.SMS:
            self.segments[key] += sms.measure(letter.body).segments
        elif letter.channel is Channel.EMAIL:
            self.providers[recipients.recipient_provider(letter.recipient)] += 1

    def _duplicates(self, person: Person) -> None:
        """Two leads with one mailbox or one number are one person, most likely."""
        keys = [min(senders_of.spellings(person.email), key=_plainness)] if person.email else []
        keys += [person.phone] if person.phone else []
        twins = {self.mailboxes[key] for key in keys if key in self.mailboxes}
        if twins:
            self.warnings.add("duplicate_person", person, found=f"the same as lead {min(twins)}")
        for key in keys:
            self.mailboxes.setdefault(key, person.lead_id)


def _plainness(address: str) -> tuple[int, str]:
    """Least for the spelling without dots and tags, which all the others share."""
    return len(address), address


_OWN_WORDS = {
    "duplicate_person": (
        "The address or number is that of another lead, written otherwise.",
        "Merge or leave out one of the two.",
    ),
}


def _words(code: str) -> tuple[str, str]:
    known = REASONS.get(code)
    return (known.text, known.action) if known else _OWN_WORDS.get(code, (code.replace("_", " "), ""))
