"""`rex suppressions` and `rex consents`."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from rex_celery import db
from tests.cli.conftest import Rex
from tests.factories import a_lead


@pytest.fixture
def suppressed(tmp_path: Path) -> Path:
    path = tmp_path / "stop.csv"
    path.write_text("email,phone\na@example.com,\n,+12025550143\nnobody,\n", "utf-8")
    return path


def test_a_list_is_taken_in_and_every_row_is_accounted_for(rex: Rex, signed_in: UUID, suppressed: Path) -> None:
    said = rex("suppressions", "import", str(suppressed))
    assert (said.code, said.err) == (0, "")
    assert "stop.csv: 3 rows = 2 new + 0 known + 1 rejected" in said.out
    assert "nobody" in said.out
    again = json.loads(rex("suppressions", "import", str(suppressed), "--json").out)
    assert (again["added"], again["known"], again["rejected"]) == (0, 2, 1)


def test_what_was_given_out_can_be_taken_in_again(rex: Rex, signed_in: UUID, suppressed: Path, tmp_path: Path) -> None:
    rex("suppressions", "import", str(suppressed), "--scope", "sms")
    saved = tmp_path / "saved.csv"
    assert rex("suppressions", "export", str(saved)).code == 0
    assert rex("suppressions", "export").out.splitlines() == saved.read_text("utf-8").splitlines()
    assert len(saved.read_text("utf-8").splitlines()) == 3
    assert json.loads(rex("suppressions", "import", str(saved), "--json").out)["known"] == 2


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("Grace@Example.com", "grace@example.com"),
        ("+1 202 555 0143", "+12025550143"),
        ("@acme.example.com", "acme.example.com"),
    ],
)
def test_somebody_is_entered_by_hand_and_listed(rex: Rex, signed_in: UUID, who: str, shown: str) -> None:
    said = rex("suppressions", "add", who, "--scope", "email", "--note", "on the phone")
    assert (said.code, said.out) == (0, f"{shown} is suppressed (email).\n")
    listed = rex("suppressions", "list").out
    assert shown in listed
    assert "hand:key:" in listed, "text is shown as it is, not as a picture of a key"
    (found,) = json.loads(rex("suppressions", "list", "--json").out)
    assert found["evidence"] == {"note": "on the phone"}


def test_what_names_nobody_is_told(rex: Rex, signed_in: UUID) -> None:
    said = rex("suppressions", "add", "nobody")
    assert said.code == 1
    assert said.err.startswith("✗")


def test_consents_are_taken_in_and_given_out(rex: Rex, signed_in: UUID, tmp_path: Path) -> None:
    with db.transaction(signed_in) as session:
        a_lead(session, signed_in, email="grace@example.com", phone=None)
    path = tmp_path / "consents.csv"
    path.write_text("email,channel,source,wording,given_at\ngrace@example.com,sms,form,Text me,2026-03-01\n", "utf-8")
    assert "1 row = 1 new + 0 known + 0 rejected" in rex("consents", "import", str(path)).out
    out = rex("consents", "export").out
    assert "grace@example.com,,sms,form,Text me,2026-03-01T00:00:00+00:00" in out
