"""What each provider must be told: what the page for people says is what the code asks for."""

import json
import re

import pytest

from rex_celery.errors import InvalidError
from rex_celery.outreach.provider_fields import PROVIDERS, examine
from tests.architecture.source import CHECKOUT
from tests.integrations.test_signing import KEY, pem

PAGE = (CHECKOUT / "docs" / "providers.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_every_example_of_the_page_is_taken(example: dict[str, dict[str, str]]) -> None:
    secret = dict(example["secret"])
    if "dkim_private_key" in secret:
        secret["dkim_private_key"] = pem(KEY)
    examine(str(example["provider"]), example["settings"], secret)


@pytest.mark.parametrize("provider", ["smtp", "sendgrid", "twilio", "partner"])
def test_the_page_names_every_setting(provider: str) -> None:
    known = PROVIDERS[provider]
    for name in (*known.settings, *known.secret):
        assert f"`{name}`" in PAGE or f'"{name}"' in PAGE, name


def test_every_provider_that_sends_has_an_example() -> None:
    assert {example["provider"] for example in EXAMPLES} == {name for name, one in PROVIDERS.items() if one.channel}


def test_what_is_needed_is_missed() -> None:
    for name, provider in PROVIDERS.items():
        needed = {f"settings.{field}" for field, one in provider.settings.items() if one.needed}
        needed |= {f"secret.{field}" for field, one in provider.secret.items() if one.needed}
        if not needed:
            continue
        with pytest.raises(InvalidError) as refusal:
            examine(name, {}, {})
        assert {problem.where for problem in refusal.value.problems} == needed
        assert {problem.what for problem in refusal.value.problems} == {"is missing"}


@pytest.mark.parametrize("value", [None, 0, "", " ", True, [], {}, "x\ny", "x" * 20_000])
def test_no_field_takes_nonsense(value: object) -> None:
    for name, provider in PROVIDERS.items():
        for where, fields in (("settings", provider.settings), ("secret", provider.secret)):
            for field, one in fields.items():
                if one.is_right(value):
                    # A switch is on or off, and secrets may hold anything but nothing.
                    assert value is True or where == "secret", (name, field)
                    assert len(str(value)) <= 10_000
