import json
from uuid import UUID

import pytest
from typer.testing import CliRunner

from rex_celery.cli import main
from rex_celery.embedded.services import Services
from rex_celery.errors import RefusedError
from rex_celery.tenancy import accounts
from tests.cli.conftest import Rex
from tests.cli.test_keys import slug


def test_a_person_with_a_generated_password_can_sign_in(rex: Rex, tenant: UUID) -> None:
    email = f"{tenant.hex}@example.com"
    said = rex("users", "add", email, "--role", "admin", "--tenant", slug(tenant), "--generate")
    assert said.code == 0
    assert accounts.by_password(email, said.out.strip()).tenant_id == tenant
    (listed,) = json.loads(rex("users", "list", "--tenant", slug(tenant), "--json").out)
    assert (listed["email"], listed["role"]) == (email, "admin")
    assert email in rex("users", "list", "--tenant", slug(tenant)).out


def test_a_password_is_asked_for_twice_and_never_shown(database: Services, tenant: UUID) -> None:
    email, password = f"{tenant.hex}@example.com", "correct horse battery"
    words = ["users", "add", email, "--tenant", slug(tenant)]
    asked = CliRunner().invoke(main.app, words, input=f"{password}\n{password}\n")
    assert asked.exit_code == 0, asked.output
    assert password not in asked.output
    assert accounts.by_password(email, password).tenant_id == tenant


def test_a_short_password_and_a_wrong_address_are_refused(database: Services, rex: Rex, tenant: UUID) -> None:
    short = CliRunner().invoke(main.app, ["users", "add", "ada@example.com", "--tenant", slug(tenant)], input="a\na\n")
    assert isinstance(short.exception, RefusedError)
    said = rex("users", "add", "not an address", "--tenant", slug(tenant), "--generate")
    assert said.code == 1
    assert "email" in said.err


@pytest.mark.parametrize("words", [["add"], ["add", "a@example.com", "--role", "emperor", "--generate"]])
def test_a_wrong_call_ends_with_code_two(rex: Rex, words: list[str]) -> None:
    assert rex("users", *words).code == 2
