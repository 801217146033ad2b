"""Explaining with the command, against a running REX."""

import json
from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.outreach import inboxes
from tests.cli.conftest import Rex
from tests.explain.endings import a_mission_of_all_endings
from tests.outreach.enrolled import Crowd, a_crowd


@pytest.fixture
def crowd(signed_in: UUID) -> Crowd:
    crowd = a_crowd(signed_in, 2)
    with db.transaction(signed_in) as session:
        inboxes.pause(session, signed_in, crowd.inbox.id, actor="a test")
    return crowd


def test_a_mission_shows_its_sums_and_its_reasons(rex: Rex, signed_in: UUID) -> None:
    crowd = a_mission_of_all_endings(signed_in)
    said = rex("explain", "mission", crowd.mission.id.hex[:8])
    assert (said.code, said.err) == (0, "")
    assert "✓ leads: 16 planned" in said.out
    assert "✓ messages: 32 planned" in said.out
    assert "The person used the unsubscribe link." in said.out
    assert json.loads(rex("explain", "mission", str(crowd.mission.id), "--json").out)["leads"]["equals_rows"]


def test_a_message_shows_what_holds_it_and_what_would_help(rex: Rex, crowd: Crowd) -> None:
    [row, _] = crowd.rows()
    said = rex("explain", "message", row.id.hex[:8])  # type: ignore[attr-defined]
    assert (said.code, said.err) == (0, "")
    assert "Somebody paused this inbox.  → Let the inbox send again." in said.out
    assert "America/New_York (region)" in said.out
    assert "inbox_day" in said.out


def test_a_person_is_found_by_address_or_id(rex: Rex, crowd: Crowd) -> None:
    lead = crowd.leads[0]
    by_address, by_id = rex("explain", "lead", str(lead.email)), rex("explain", "lead", lead.id.hex[:8])
    assert (by_address.code, by_address.err) == (0, "")
    assert by_address.out == by_id.out
    assert "They began the sequence" in by_id.out
    assert "Next: first to" in by_id.out
    unknown = rex("explain", "lead", "nobody@example.com")
    assert unknown.code == 1
    assert "There is no lead nobody@example.com." in unknown.err


def test_an_inbox_shows_what_holds_it(rex: Rex, crowd: Crowd) -> None:
    said = rex("explain", "inbox", crowd.inbox.id.hex[:8])
    assert (said.code, said.err) == (0, "")
    assert "It does not send now: Somebody paused this inbox. 4 messages wait for it." in said.out


def test_an_inbox_is_found_by_its_address(rex: Rex, crowd: Crowd) -> None:
    said = rex("explain", "inbox", crowd.inbox.address.upper())
    assert (said.code, said.err) == (0, "")
    assert "It does not send now" in said.out
    nobody = rex("explain", "inbox", "nobody@example.com")
    assert nobody.code == 1
    assert "There is no inbox nobody@example.com." in nobody.err


@pytest.mark.parametrize("kind", ["mission", "lead", "message", "inbox"])
def test_what_is_not_there_is_said_in_one_line(rex: Rex, signed_in: UUID, kind: str) -> None:
    for words in (str(uuid4()), uuid4().hex[:8]):
        said = rex("explain", kind, words)
        assert said.code == 1
        assert said.err.startswith("✗ There is no ")
