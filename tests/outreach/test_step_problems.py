"""What is wrong with steps: everything at once, each with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.errors import InvalidError
from rex_celery.outreach import step_problems, steps
from rex_celery.outreach.step_problems import problems_of

MAIL = {"channel": "email", "subject": "Still open?", "body": "Hello."}
FIELDS = [*("key", "channel", "day", "body", "subject", "condition"), *("condition_step", "on_fail", "substitute")]
FIELDS += ["todo", "framework", "colour"]
VALUES = some.sampled_from(
    ["", "a", "email", "sms", "replied", "clicked", "substitute", "{{ x", "{a|b}", "Re: x", "\x00"]
)
ANYTHING = VALUES | some.none() | some.booleans() | some.integers(-3, 400) | some.floats() | some.text(max_size=5)


def a_step(**fields: object) -> dict[str, Any]:
    return {"key": "first", "day": 0} | MAIL | fields


def places(*raw: dict[str, Any], **bodies: str) -> list[tuple[str, str]]:
    return [(one.where, one.what) for one in problems_of(list(raw), bodies)]


def only(*raw: dict[str, Any], **bodies: str) -> str:
    ((where, what),) = places(*raw, **bodies)
    return f"{where} {what}"


def test_good_steps_have_no_problems() -> None:
    follow_up = a_step(
        key="second", day=3, subject="", body="{Hi|Hello}{% if city %} in {{ city }}{% endif %} {{ snippet.end }}"
    )
    text = a_step(key="third", day=3, channel="sms", subject="", body="Reply STOP to opt out", on_fail="skip")
    seen = a_step(
        key="call", day=9, channel="linkedin", subject="", condition="clicked", condition_step="first", todo=True
    )
    assert problems_of([a_step(), follow_up, text, seen], {"end": "Best"}) == []


def test_all_problems_are_told_at_once() -> None:
    first = a_step(key="A b", day=-1, colour="red")
    second = a_step(key="second", subject="Re: you", body="{{ frist_name }}", condition="replied")
    found = dict(places(first, second))

    assert set(found) == {
        *("steps[0].key", "steps[0].day", "steps[0].colour"),
        *("steps[1].subject", "steps[1].body", "steps[1].condition"),
    }


@pytest.mark.parametrize("raw", [None, "steps", [], [a_step()] * 21, {}, 7])
def test_a_sequence_has_1_to_20_steps(raw: object) -> None:
    (problem,) = problems_of(raw)
    assert (problem.where, problem.expected) == ("steps", "1 to 20 steps")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": "With Space"}, "steps[0].key is 'With Space'"),
        ({"key": 7}, "steps[0].key is not a text"),
        ({"channel": "pigeon"}, "steps[0].channel is 'pigeon'"),
        ({"day": 366}, "steps[0].day is 366"),
        ({"day": True}, "steps[0].day is not a whole number"),
        ({"day": 2}, "steps[0].day is 2"),
        ({"condition": "opened"}, "steps[0].condition is 'opened'"),
        ({"condition": "clicked"}, "steps[0].condition is clicked, and there is no e-mail before it"),
        ({"condition": "replied"}, "steps[0].condition is replied, and a reply ends all that sends itself"),
        ({"condition_step": "first"}, "steps[0].condition_step is given without a condition"),
        ({"on_fail": "retry"}, "steps[0].on_fail is 'retry'"),
        ({"on_fail": "substitute"}, "steps[0].substitute is missing"),
        ({"substitute": "linkedin"}, "steps[0].substitute is given without its on_fail"),
        ({"on_fail": "substitute", "substitute": "email"}, "steps[0].substitute is the channel of the step itself"),
        ({"subject": ""}, "steps[0].subject is empty, and there is no e-mail before it"),
        ({"subject": "RE: your order"}, "steps[0].subject pretends to be a reply or a forward"),
        ({"subject": "{Fwd: a|b}"}, "steps[0].subject pretends to be a reply or a forward"),
        ({"subject": "a\nb"}, "steps[0].subject is no single short line"),
        ({"channel": "linkedin"}, "steps[0].subject has no place in a linkedin step"),
        ({"body": " \n"}, "steps[0].body is empty"),
        ({"body": "x" * 1_000_000}, "steps[0].body has 1000000 characters"),
        ({"body": "a\x00b"}, "steps[0].body holds a character that cannot be printed"),
        ({"body": "a\n{{ frist_name }}"}, "steps[0].body line 2: 'frist_name' is not a variable"),
        ({"body": "a\n{{ snippet.no }}"}, "steps[0].body line 2: there is no snippet 'no'"),
        ({"body": "{a|b"}, "steps[0].body line 1: a choice is opened and not closed"),
        ({"body": "{% for x in city %}x{% endfor %}"}, "steps[0].body line 1: for may not be used here"),
        ({"body": "{{ 'x' * 10**9 }}"}, "steps[0].body line 1: mul may not be used here"),
        ({"channel": "sms", "subject": "", "body": "Hi"}, "steps[0].body does not say how to opt out"),
        ({"on_fail": "substitute", "substitute": "sms"}, "steps[0].body does not say how to opt out"),
        ({"framework": True, "subject": ""}, "steps[0].body is given, but the framework writes it"),
        ({"framework": True, "body": ""}, "steps[0].subject is given, but the framework writes it"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(fields: dict[str, object], said: str) -> None:
    assert only(a_step(**fields)).startswith(said)


def test_the_texts_of_a_step_that_is_none_are_looked_at_too() -> None:
    wrong = a_step(key="A b", channel="fax", subject="{{ nobody }}", body="{{ snippet.no }}")
    assert [where for where, _ in places(wrong)] == [
        "steps[0].key", "steps[0].channel", "steps[0].subject", "steps[0].body"
    ]  # fmt: skip
    assert len(problems_of([a_step(body=3, day="x")])) == 2
    assert len(problems_of([a_step(), "no step"])) == 1


def test_a_snippet_that_is_missing_where_there_is_none_says_so() -> None:
    (problem,) = problems_of([a_step(body="{{ snippet.no }}")])
    assert problem.expected == "a snippet that is stored; there is none yet"


def test_an_unknown_variable_is_told_with_the_known_ones() -> None:
    (problem,) = problems_of([a_step(body="{{ x }}")])
    assert "first_name, company, city" in problem.expected


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"key": "first"}, "steps[1].key is 'first' a second time"),
        ({"day": 2}, "steps[1].day is 2, before the step above it"),
        ({"condition": "clicked", "condition_step": "second"}, "steps[1].condition_step is 'second', which is no step"),
        (
            {"framework": True, "subject": "", "body": ""},
            "steps[1].framework is set, but frameworks write first touches",
        ),
    ],
)
def test_a_step_fits_to_those_before_it(fields: dict[str, object], said: str) -> None:
    fitting = a_step(key="second", day=4)
    before = a_step() if "day" not in fields else a_step(key="zero")
    middle = [a_step(key="early", day=3)] if "day" in fields else []
    found = places(before, *middle, fitting | fields)
    assert len(found) == 1
    assert " ".join(found[0]).replace("steps[2]", "steps[1]").startswith(said)


def test_a_step_may_look_at_one_that_is_wrong_in_another_way() -> None:
    assert places(a_step(day="0"), a_step(key="b", condition="not_clicked", condition_step="first")) == [
        ("steps[0].day", "is not a whole number")
    ]


def test_steps_with_problems_are_refused_with_all_of_them() -> None:
    with pytest.raises(InvalidError) as refusal:
        step_problems.check([a_step(day=9, body="")])

    assert refusal.value.code == "invalid_steps"
    assert {one.where for one in refusal.value.problems} == {"steps[0].day", "steps[0].body"}


def test_a_step_without_a_text_of_its_own_is_written_by_a_framework() -> None:
    raw = {"key": "opening", "channel": "email", "day": 0, "framework": True}
    assert problems_of([raw]) == []
    (step,) = steps.read([raw])
    assert (step.framework, step.body, step.subject) == (True, "", "")


@given(some.lists(some.dictionaries(some.sampled_from(FIELDS), ANYTHING, max_size=8) | ANYTHING, max_size=4) | ANYTHING)
def test_anything_is_judged_and_what_has_no_problems_can_be_read(raw: object) -> None:
    if not problems_of(raw, {"a": "b"}):
        assert steps.read(raw)  # type: ignore[arg-type]
