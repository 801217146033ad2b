"""Lists as CSV."""

import csv
import io

import pytest

from rex_celery.errors import InvalidError
from rex_celery.leads.rows import Rejection
from rex_celery.ledgers import entries, tables
from rex_celery.ledgers.tables import Line


def read(words: str) -> list[Line | Rejection]:
    return list(tables.read(io.BytesIO(words.encode()), entries.COLUMNS, entries.field_of))


def test_columns_are_known_by_many_names_and_the_rest_is_left_out() -> None:
    (line,) = read("Name;E-Mail Address;Phone Number\nGrace; grace@example.com ;\n")
    assert line == Line(2, {"email": "grace@example.com"})


def test_a_list_without_a_header_loses_nobody() -> None:
    found = read("a@example.com,+12025550143\nb@example.com,\n")
    assert found == [Line(1, {"email": "a@example.com", "phone": "+12025550143"}), Line(2, {"email": "b@example.com"})]


def test_a_list_with_no_known_column_is_refused() -> None:
    with pytest.raises(InvalidError) as refusal:
        read("Colour,Size\nred,7\n")
    assert refusal.value.code == "csv_columns"


def test_a_broken_row_costs_that_row_only() -> None:
    found = read('email,phone\na@example.com,\n"b@example.com\nc@example.com,\nd@example.com,,,x\n')
    assert [type(one) for one in found] == [Line, Rejection, Line, Rejection]
    assert found[1].line == 3  # type: ignore[union-attr]


def test_what_a_spreadsheet_would_run_is_tamed_and_read_back() -> None:
    rows = [("=cmd|'/c calc'!A1", "+12025550143"), ("-2+3@example.com", None)]
    written = "".join(tables.lines(("email", "phone"), rows))
    cells = list(csv.reader(io.StringIO(written)))
    assert cells[1:] == [["'=cmd|'/c calc'!A1", "+12025550143"], ["'-2+3@example.com", ""]]
    assert [line.cells["email"] for line in read(written) if isinstance(line, Line)] == [row[0] for row in rows]
