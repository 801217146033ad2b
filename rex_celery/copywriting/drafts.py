"""Write a lead's message: pick the choices whose facts are known, join them, render."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from jinja2 import Template

from rex_celery.copywriting import rendering, variants
from rex_celery.copywriting.facts import Facts
from rex_celery.copywriting.frameworks import Choice, parts_of
from rex_celery.errors import InvalidError
from rex_celery.vocabulary import Channel, Framework

_OPENING = ("greeting", "context")
_CLOSING = ("way_out", "sign_off")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message without its footer. ``subject`` is empty except for e-mail; ``facts`` are those it states, as stated."""  # noqa: E501

    channel: Channel
    framework: Framework
    variant: str
    subject: str
    body: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Layout:
    template: Template
    facts: tuple[str, ...]


def write(facts: Facts, channel: Channel, framework: Framework, lead_id: UUID) -> Draft:
    """The first touch for one lead; the same lead and facts give the same words.

    Raises:
        InvalidError: the channel has no wording that the known facts allow.

    """
    known = facts.known()
    arm = variants.assign(lead_id, channel)
    layout = _layout(channel, framework, frozenset(known), arm)
    text = rendering.render(layout.template, known)
    subject, body = text.split("\n\n", 1) if channel is Channel.EMAIL else ("", text)
    used = {name: known[name] for name in layout.facts}
    return Draft(channel, framework, variants.ARMS[arm], subject, body, used)


@cache  # at most 3 channels x 4 frameworks x 64 sets of facts x 2 arms
def _layout(channel: Channel, framework: Framework, known: frozenset[str], arm: int) -> _Layout:
    picked = [choice for part in _parts(channel, framework) if (choice := _pick(part, known, arm))]
    if not picked:
        raise InvalidError(f"There is no {channel} message for what is known.", code="content_empty")
    source = "\n\n".join(choice.text for choice in picked)
    used = frozenset().union(*(choice.facts for choice in picked))
    return _Layout(rendering.compile_template(source), tuple(sorted(used)))


def _parts(channel: Channel, framework: Framework) -> list[tuple[Choice, ...]]:
    """The parts of a message in the order in which they are read, the subject first."""
    shared, own = parts_of("shared"), parts_of(framework.lower())
    if channel is not Channel.EMAIL:
        return [shared[f"{channel}.text"]]
    argument = [choices for name, choices in own.items() if name != "email.subject"]
    opening = [shared[f"email.{name}"] for name in _OPENING]
    closing = [shared[f"email.{name}"] for name in _CLOSING]
    return [own["email.subject"], *opening, *argument, *closing]


def _pick(choices: tuple[Choice, ...], known: frozenset[str], arm: int) -> Choice | None:
    """Among the choices that can be used, those that use the most facts are the most personal; the arm decides."""
    usable = [choice for choice in choices if choice.facts <= known]
    if not usable:
        return None
    most = max(len(choice.facts) for choice in usable)
    best = [choice for choice in usable if len(choice.facts) == most]
    # A part may have more than two equal choices, for example one for an offer and one without: the first two count.
    return best[min(arm, len(best) - 1)]
