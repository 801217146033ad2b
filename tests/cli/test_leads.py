import json
from pathlib import Path
from uuid import UUID

import pytest

from tests.cli.conftest import Rex


def test_a_list_is_taken_in_and_every_row_is_accounted_for(rex: Rex, signed_in: UUID, a_list: Path) -> None:
    said = rex("leads", "import", str(a_list))
    assert (said.code, said.err) == (0, "")
    assert "leads.csv: 3 rows = 2 new people + 0 merged + 1 rejected" in said.out
    assert "Full Name → full_name" in said.out
    assert "not an address" in said.out


def test_the_same_list_again_is_merged(rex: Rex, signed_in: UUID, a_list: Path) -> None:
    rex("leads", "import", str(a_list))
    found = json.loads(rex("leads", "import", str(a_list), "--json").out)
    assert (found["created"], found["merged"], found["rejected"]) == (0, 2, 1)


def test_a_column_with_a_name_of_its_own_can_be_explained(rex: Rex, signed_in: UUID, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("Wer,Wohin\nGrace Hopper,grace@example.com\n", "utf-8")
    said = rex("leads", "import", str(path), "--map", "Wohin=email", "--map", "Wer=full_name")
    assert said.code == 0, said.err
    assert "1 row = 1 new person +" in said.out


@pytest.mark.parametrize("pair", ["email", "=email"])
def test_a_mapping_that_is_none_is_refused(rex: Rex, signed_in: UUID, a_list: Path, pair: str) -> None:
    said = rex("leads", "import", str(a_list), "--map", pair)
    assert said.code == 2
    assert "COLUMN=FIELD" in said.err


def test_a_list_without_addresses_is_refused_as_a_whole(rex: Rex, signed_in: UUID, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("Colour,Size\nred,7\n", "utf-8")
    said = rex("leads", "import", str(path))
    assert said.code == 1
    assert said.err.startswith("✗")


def test_a_file_that_is_not_there_is_a_wrong_call(rex: Rex) -> None:
    assert rex("leads", "import", "/nowhere/leads.csv").code == 2
