import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from rex_celery.embedded import ports
from rex_celery.tenancy.access import Role
from tests.cli.conftest import Rex
from tests.tenancy.keys_of import a_key


def _submitted(rex: Rex, *words: str) -> str:
    said = rex("missions", "submit", "lead_reactivation", "--name", "Wake them", "--json", *words)
    assert said.code == 0, said.err
    return str(json.loads(said.out)["id"])


def test_a_submitted_mission_is_listed_and_shown(rex: Rex, signed_in: UUID) -> None:
    said = rex("missions", "submit", "lead_reactivation", "--name", "Wake them", "--priority", "70")
    assert (said.code, said.err) == (0, "")
    mission = said.out.split()[1].rstrip(":")
    listed = rex("missions", "list")
    assert mission in listed.out
    assert "Wake them" in listed.out
    shown = rex("missions", "show", mission, "--leads")
    assert "0 planned = 0 sent + 0 suppressed + 0 skipped + 0 failed + 0 pending" in shown.out
    assert "reviver" in shown.out
    assert json.loads(rex("missions", "show", mission, "--json").out)["priority"] == 70
    assert rex("missions", "list", "--state", "completed", "--json").out.strip() == "[]"


def test_a_mission_is_paused_resumed_and_cancelled(rex: Rex, signed_in: UUID) -> None:
    mission = _submitted(rex)
    assert "(paused)" in rex("missions", "pause", mission).out
    assert "(paused)" not in rex("missions", "resume", mission).out
    assert "cancelled" in rex("missions", "cancel", mission).out
    refused = rex("missions", "retry", mission)
    assert refused.code == 1
    assert refused.err.startswith("✗")


def test_the_beginning_of_an_id_is_enough(rex: Rex, signed_in: UUID) -> None:
    mission = _submitted(rex)
    assert json.loads(rex("missions", "show", mission[:6], "--json").out)["id"] == mission
    assert "cancelled" in rex("missions", "cancel", mission[:13].upper()).out
    unknown = rex("missions", "cancel", f"{int(mission[0], 16) ^ 1:x}{mission[1:6]}")
    assert unknown.code == 1
    assert "rex missions list" in unknown.err


def test_watching_ends_with_the_mission_and_tells_that_it_did_not_complete(rex: Rex, signed_in: UUID) -> None:
    mission = _submitted(rex)
    rex("missions", "cancel", mission)
    said = rex("missions", "watch", mission)
    assert said.code == 1
    assert "cancelled 0%" in said.out


def test_only_the_leads_of_an_import_are_asked_for(rex: Rex, signed_in: UUID, a_list: Path) -> None:
    imported = json.loads(rex("leads", "import", str(a_list), "--json").out)["id"]
    assert _submitted(rex, "--import", imported, "--autonomy", "auto", "--offer", "an audit")
    refused = rex("missions", "submit", "lead_reactivation", "--import", str(uuid4()))
    assert refused.code == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["world_peace"], "lead_reactivation"),
        (["lead_reactivation", "--autonomy", "wild"], "approve_first_n"),
        (["lead_reactivation", "--framework", "ABC"], "PAS"),
    ],
)
def test_a_wrong_order_is_refused_with_what_would_be_right(
    rex: Rex, signed_in: UUID, words: list[str], expected: str
) -> None:
    said = rex("missions", "submit", *words)
    assert said.code == 1
    assert expected in said.err


def test_a_mission_of_another_tenant_is_not_there(
    rex: Rex, signed_in: UUID, other_tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    mission = _submitted(rex)
    monkeypatch.setenv("REX_API_KEY", a_key(other_tenant, Role.ADMIN))
    for words in (["show", mission], ["cancel", mission], ["watch", mission]):
        assert rex("missions", *words).code == 1
    assert rex("missions", "list", "--json").out.strip() == "[]"


def test_a_wrong_key_is_told_with_what_would_help(rex: Rex, signed_in: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REX_API_KEY", "rex_00000000_wrong")
    said = rex("missions", "list")
    assert said.code == 1
    assert "rex keys create" in said.err


def test_a_rex_that_does_not_run_is_told_with_what_would_help(rex: Rex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REX_URL", f"http://127.0.0.1:{ports.free_port()}")
    monkeypatch.setenv("REX_API_KEY", "rex_00000000_any")
    said = rex("missions", "list")
    assert said.code == 1
    assert "does not answer" in said.err
    assert "rex up" in said.err
