"""The page on sequences shows what REX takes."""

import json
import re

from rex_celery.config import CHECKOUT
from rex_celery.copywriting import step_text
from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.outreach import shipped_forms
from rex_celery.outreach.step_problems import problems_of
from rex_celery.outreach.step_shapes import FIELDS

PAGE = (CHECKOUT / "docs" / "sequences.md").read_text(encoding="utf-8")
SNIPPETS = {"signature": json.loads(re.findall(r"-d '(\{\"body\".*)'", PAGE)[0])["body"]}


def test_the_steps_on_the_page_have_no_problems() -> None:
    (steps,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)

    assert problems_of(json.loads(steps), SNIPPETS) == []


def test_every_field_and_every_variable_is_explained() -> None:
    explained = {
        name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`([\w-]+)`", row)
    }

    assert explained == {*FIELDS, *FACT_NAMES, *shipped_forms.KEYS} - {"substitute"}


def test_the_fallbacks_on_the_page_can_be_written_to_a_stranger() -> None:
    (fallbacks,) = re.findall(r"```\n(Hi\{%.*?)```", PAGE, re.DOTALL)
    _, text = step_text.write("", fallbacks, {}, {}, step_text.NAMESPACE_OID)

    assert text == "Hi,\nWe may not have met yet.\nGreetings to your town."


def test_the_shipped_sequences_are_as_the_page_says() -> None:
    words = {"email": "e-mail", "linkedin": "LinkedIn", "sms": "SMS"}
    for form in shipped_forms.forms()[:3]:
        (told,) = re.findall(rf"^\| `{form.key}` \| (.*) \|$", PAGE, re.MULTILINE)
        touches = " · ".join(f"{step['day']} {words[step['channel']]}" for step in form.steps)
        assert told == f"day {touches}"


def test_the_bodies_on_the_page_are_json() -> None:
    bodies = [json.loads(body) for body in re.findall(r"-d '(\{.*\})'", PAGE)]

    assert len(bodies) == 4
    assert all(problems_of(body["steps"]) == [] for body in bodies if "steps" in body)
