"""What is wrong with the texts of a step: unknown variables and snippets, brackets, sizes, a way out of text messages."""  # noqa: E501

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from rex_celery.compliance import content
from rex_celery.copywriting import snippets, step_text
from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.errors import InvalidError, Problem
from rex_celery.outreach.steps import Step
from rex_celery.vocabulary import Channel

LONGEST_SUBJECT = 1000
_KNOWN: Final = "one of " + ", ".join(FACT_NAMES)
_TEMPLATE: Final = "text with {{ variables }}, {% if … %} and {one|another}"
# Postgres stores no NUL, and the others only ever come in by mistake or malice.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ENDS: Final = re.compile(r"[{|}]")


def problems_of(step: Step, where: str, bodies: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the texts of one step; ``bodies`` are the snippets by name."""
    found = [*_subject(step, f"{where}.subject"), *_body(step, f"{where}.body")]
    for name, text in (("subject", step.subject), ("body", step.body)):
        found += text_problems(text, f"{where}.{name}", bodies)
    return found or list(_way_out(step, f"{where}.body", bodies))


def text_problems(text: str, where: str, bodies: Mapping[str, str]) -> list[Problem]:
    """What is wrong with one template, each with its line; what it would print is looked at when it is written."""
    if len(text) > step_text.LARGEST or len(text.encode(errors="replace")) > step_text.LARGEST:
        return [Problem(where, f"has {len(text)} characters", "at most 20 KB")]
    if _CONTROL.search(text):
        return [Problem(where, "holds a character that cannot be printed", "plain text")]
    found = [
        Problem(where, f"line {line}: there is no snippet {name!r}", _there_are(bodies))
        for name, line in snippets.named_in(text)
        if name not in bodies
    ]
    try:
        found += _unknown(step_text.names(snippets.without(text)), where)
        if not found:
            step_text.check(text, bodies)
    except InvalidError as error:
        found.append(Problem(where, error.detail.rstrip(".").replace("Line ", "line ", 1), _TEMPLATE))
    return found


def _there_are(bodies: Mapping[str, str]) -> str:
    return "one of " + ", ".join(sorted(bodies)) if bodies else "a snippet that is stored; there is none yet"


def written_in(raw: object, where: str, bodies: Mapping[str, str], known: Collection[str]) -> Iterator[Problem]:
    """What is wrong with the texts of a step that is no step yet, apart from the ``known`` places."""
    for name in ("subject", "body"):
        text = raw.get(name) if isinstance(raw, Mapping) else None
        if isinstance(text, str) and f"{where}.{name}" not in known:
            yield from text_problems(text, f"{where}.{name}", bodies)


def _unknown(names: tuple[tuple[str, int], ...], where: str) -> list[Problem]:
    return [
        Problem(where, f"line {line}: {name!r} is not a variable", _KNOWN)
        for name, line in names
        if name not in FACT_NAMES
    ]


def _subject(step: Step, where: str) -> Iterator[Problem]:
    if step.subject and step.channel is not Channel.EMAIL:
        yield Problem(where, f"has no place in a {step.channel} step", "empty")
    if step.subject and step.framework:
        yield Problem(where, "is given, but the framework writes it", "empty")
    if len(step.subject) > LONGEST_SUBJECT or "\n" in step.subject:
        yield Problem(where, "is no single short line", f"one line of at most {LONGEST_SUBJECT} characters")
    # A choice may hide it from its beginning: {Re: this|that}.
    elif any(map(content.pretends_reply, _ENDS.split(step.subject))):
        yield Problem(where, "pretends to be a reply or a forward", "a subject without Re: or Fwd:")


def _body(step: Step, where: str) -> Iterator[Problem]:
    if step.framework and step.body.strip():
        yield Problem(where, "is given, but the framework writes it", "empty")
    if not step.framework and not step.body.strip():
        yield Problem(where, "is empty", "the text of the message")


def _way_out(step: Step, where: str, bodies: Mapping[str, str]) -> Iterator[Problem]:
    texted = Channel.SMS in (step.channel, step.substitute) and not (step.todo or step.framework)
    if texted and "stop" not in snippets.expand(step.body, bodies, step_text.LARGEST).lower():
        yield Problem(where, "does not say how to opt out of text messages", 'the words "Reply STOP to opt out"')
