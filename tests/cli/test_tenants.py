import json
from uuid import uuid4

from tests.cli.conftest import Rex


def test_a_tenant_is_made_and_listed(rex: Rex) -> None:
    name = f"Acme {uuid4().hex}"
    said = rex("tenants", "add", name)
    assert said.code == 0, said.err
    assert "rex keys create" in said.out
    assert name in [tenant["name"] for tenant in json.loads(rex("tenants", "list", "--json").out)]
    assert name in rex("tenants", "list").out


def test_a_second_tenant_of_the_same_name_is_refused(rex: Rex) -> None:
    name = f"Acme {uuid4().hex}"
    rex("tenants", "add", name)
    said = rex("tenants", "add", name)
    assert said.code == 1
    assert "→" in said.err


def test_a_tenant_needs_a_name(rex: Rex) -> None:
    assert rex("tenants", "add", "  ").code == 1
