"""All that is wrong with the steps of a sequence as somebody wrote them, each with its place and what would be right."""  # noqa: E501

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rex_celery.errors import InvalidError, Problem
from rex_celery.outreach import step_shapes, step_texts, steps
from rex_celery.outreach.steps import Condition, OnFail, Step
from rex_celery.vocabulary import Channel

MOST_STEPS = 20
_NONE: Mapping[str, str] = MappingProxyType({})


def problems_of(raw: object, bodies: Mapping[str, str] = _NONE) -> list[Problem]:
    """What is wrong with these steps; empty means that they may be stored. ``bodies`` are the snippets by name."""
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not 1 <= len(raw) <= MOST_STEPS:
        return [Problem("steps", "is not a list of steps", f"1 to {MOST_STEPS} steps")]
    found: list[Problem] = []
    before: list[Step] = []
    keys: list[object] = []
    for number, one in enumerate(raw):
        where = f"steps[{number}]"
        if misshapen := step_shapes.problems_of(one, where):
            found += misshapen
            found += step_texts.written_in(one, where, bodies, {problem.where for problem in misshapen})
        else:
            (step,) = steps.read([one])
            found += [*_place(step, where, before, keys), *_ways(step, where, number)]
            found += [*_condition(step, where, before, keys), *step_texts.problems_of(step, where, bodies)]
            before.append(step)
        keys.append(one.get("key") if isinstance(one, Mapping) else None)
    return found


def check(raw: object, bodies: Mapping[str, str] = _NONE) -> None:
    """Refuse steps that have problems.

    Raises:
        InvalidError: with all of the problems.

    """
    if found := problems_of(raw, bodies):
        first = found[0]
        raise InvalidError(
            f"The steps cannot be used: {first.where} {first.what}.",
            code="invalid_steps",
            action="Correct what errors names.",
            problems=tuple(found),
        )


def _place(step: Step, where: str, before: list[Step], keys: list[object]) -> Iterator[Problem]:
    if step.key in keys:
        yield Problem(f"{where}.key", f"is {step.key!r} a second time", "a key of its own")
    if not keys and step.day:
        yield Problem(f"{where}.day", f"is {step.day}", "0: the first step goes out when a person is enrolled")
    if before and step.day < before[-1].day:
        yield Problem(f"{where}.day", f"is {step.day}, before the step above it", f"{before[-1].day} or later")
    if _is_mail(step) and not (step.subject.strip() or step.framework or _follows_mail(before, keys)):
        yield Problem(f"{where}.subject", "is empty, and there is no e-mail before it", "a subject")


def _ways(step: Step, where: str, number: int) -> Iterator[Problem]:
    substitutes = step.on_fail is OnFail.SUBSTITUTE
    if substitutes != (step.substitute is not None):
        expected = "another channel" if substitutes else 'empty, or on_fail "substitute"'
        yield Problem(f"{where}.substitute", "is missing" if substitutes else "is given without its on_fail", expected)
    if step.substitute is step.channel:
        yield Problem(f"{where}.substitute", "is the channel of the step itself", "another channel")
    if step.framework and (number or step.todo):
        yield Problem(
            f"{where}.framework", "is set, but frameworks write first touches", "false but for the first step"
        )


def _condition(step: Step, where: str, before: list[Step], keys: list[object]) -> Iterator[Problem]:
    place = f"{where}.condition"
    if step.condition is Condition.REPLIED and not step.todo:
        yield Problem(place, "is replied, and a reply ends all that sends itself", "todo true with it, or another")
    if step.condition in (Condition.CLICKED, Condition.NOT_CLICKED) and not _follows_mail(before, keys):
        yield Problem(place, f"is {step.condition}, and there is no e-mail before it", "always, or an e-mail before")
    if step.condition is Condition.ALWAYS and step.condition_step:
        yield Problem(f"{place}_step", "is given without a condition", "empty")
    elif step.condition_step and step.condition_step not in keys:
        earlier = ", ".join(str(key) for key in keys) or "empty"
        yield Problem(f"{place}_step", f"is {step.condition_step[:60]!r}, which is no step before it", earlier)


def _follows_mail(before: list[Step], keys: list[object]) -> bool:
    """Whether there is an e-mail before, or a step that could not be read and may be one."""
    return len(before) < len(keys) or any(map(_is_mail, before))


def _is_mail(step: Step) -> bool:
    return step.channel is Channel.EMAIL and not step.todo
