"""A mission looked at before it is ordered, with the command."""

import json
from uuid import UUID

from tests.cli.conftest import Rex
from tests.preflight.lists import a_big_list, a_list, lately


def test_all_findings_are_shown_and_the_mission_is_ready(rex: Rex, signed_in: UUID) -> None:
    imported, _ = a_list(signed_in, lately())
    words = ("lead_reactivation", "--import", str(imported), "--sequence", "reactivation", "--sms-price", "0.01")
    said = rex("missions", "preflight", *words)
    assert (said.code, said.err) == (0, "")
    assert "The person used the unsubscribe link." in said.out
    assert "The deal was won" in said.out
    assert "i What is written by email goes to the built-in outbox" in said.out
    assert "Messages by step" in said.out
    assert "text messages in" in said.out
    assert "✓ Ready to be submitted." in said.out
    assert json.loads(rex("missions", "preflight", *words, "--json").out)["ok"]


def test_errors_come_first_and_the_code_is_one(rex: Rex, signed_in: UUID) -> None:
    imported = a_big_list(signed_in, 0)
    said = rex("missions", "preflight", "lead_reactivation", "--import", str(imported), "--sender-email", "nowhere")
    assert said.code == 1
    first, second, *_ = said.out.splitlines()
    assert first.startswith("✗ sender.email 'nowhere' is not an e-mail address.")
    assert second.startswith("✗ The audience holds no lead.")
    assert "✗ Not ready" in said.out


def test_nothing_is_ordered(rex: Rex, signed_in: UUID) -> None:
    rex("missions", "preflight", "lead_reactivation", "--import", str(a_big_list(signed_in, 2, lately())))
    assert rex("missions", "list", "--json").out.strip() == "[]"
