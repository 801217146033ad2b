import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.errors import InvalidError
from rex_celery.leads import reading
from rex_celery.leads.lines import LONGEST_LINE
from rex_celery.leads.rows import Rejection, Row
from tests.leads.lists import a_list, lines


def _rows(stream: io.BytesIO) -> list[Row | Rejection]:
    return list(reading.open_table(stream).rows)


def _cells(stream: io.BytesIO) -> list[list[str]]:
    return [row.cells for row in _rows(stream) if isinstance(row, Row)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(delimiter: str) -> None:
    table = reading.open_table(a_list({"Email": "ada@example.com", "Notes": "a,b; c"}, delimiter=delimiter))
    assert table.header == ("Email", "Notes")
    assert [row.cells for row in table.rows if isinstance(row, Row)] == [["ada@example.com", "a,b; c"]]


def test_the_delimiter_that_excel_states_is_taken() -> None:
    assert _cells(lines("sep=;", "Email;Notes", "ada@example.com;x")) == [["ada@example.com", "x"]]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16"])
def test_letters_survive_every_encoding(name: str) -> None:
    table = reading.open_table(a_list({"Email": "a@example.com", "Ort": "Łódź"}, encoding=name))
    assert table.header == ("Email", "Ort")
    assert [row.cells[1] for row in table.rows if isinstance(row, Row)] == ["Łódź"]


def test_a_quoted_line_break_is_part_of_its_cell_and_lines_are_still_counted() -> None:
    rows = _rows(lines("Email,Notes", 'a@example.com,"one', 'two"', "b@example.com,x", "only one cell"))
    assert rows[0] == Row(2, ["a@example.com", "one\ntwo"], len("a@example.comone\ntwo"))
    assert [row.line for row in rows] == [2, 4, 5]


def test_blank_rows_and_empty_cells_behind_the_last_column_are_nothing() -> None:
    assert _cells(lines("", "Email,Notes", "", "a@example.com,x,,", ",", "   ")) == [["a@example.com", "x"]]


def test_a_row_with_too_few_or_too_many_cells_is_rejected_with_its_line() -> None:
    rows = _rows(lines("Email,Notes", "a@example.com", "b@example.com,x,y", "c@example.com,z"))
    assert rows[0] == Rejection(2, None, "a@example.com", "the header has 2 columns, this row has 1 cells")
    assert rows[1] == Rejection(3, None, "b@example.com,x,y", "the header has 2 columns, this row has 3 cells")
    assert isinstance(rows[2], Row)


def test_an_open_quote_costs_its_own_row_and_no_other() -> None:
    rows = _rows(
        lines("Email,Notes", 'a@example.com,"open', "b@example.com,x", 'c@example.com,"closed"', "d@example.com,y")
    )
    assert rows[0] == Rejection(2, None, 'a@example.com,"open', "a quotation mark is opened and not closed")
    assert [row.cells[0] for row in rows if isinstance(row, Row)] == ["b@example.com", "c@example.com", "d@example.com"]
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_an_open_quote_before_very_much_text_costs_its_own_row_and_no_other() -> None:
    many = [f"person{number}@example.com,{'x' * 100}" for number in range(2_000)]
    rows = _rows(lines("Email,Notes", 'a@example.com,"open', *many))
    assert len(rows) == 2_001
    assert [type(row) for row in rows[:2]] == [Rejection, Row]


def test_a_byte_in_another_encoding_rejects_its_row_with_the_column() -> None:
    good = [f"person{number}@example.com,Jürgen" for number in range(50)]
    rows = _rows(lines("Email,Name", *good, b"b@example.com,Andr\xe9"))
    assert rows[-1] == Rejection(52, "Name", "Andr?", "contains bytes that are not utf-8")
    assert sum(isinstance(row, Row) for row in rows) == 50


def test_a_nul_byte_rejects_its_row_with_the_column() -> None:
    rows = _rows(lines("Email,Name", b"a@example.com,A\0da", "b@example.com,Bob"))
    assert rows[0] == Rejection(2, "Name", "A␀da", "contains a NUL byte")
    assert isinstance(rows[1], Row)


def test_a_very_long_cell_is_rejected() -> None:
    rows = _rows(lines("Email,Notes", f"a@example.com,{'x' * 200_000}", "b@example.com,y"))
    assert isinstance(rows[0], Rejection)
    assert "longer than 131072" in rows[0].reason
    assert isinstance(rows[1], Row)


def test_a_line_without_an_end_refuses_the_file() -> None:
    with pytest.raises(InvalidError) as refused:
        _rows(lines("Email,Notes", "x" * (LONGEST_LINE + 1)))
    assert refused.value.code == "csv_damaged"
    assert refused.value.problems[0].where == "line 2"


def test_a_file_cut_off_within_a_character_is_refused() -> None:
    whole = a_list({"Email": "a@example.com"}, encoding="utf-16").getvalue()
    with pytest.raises(InvalidError) as refused:
        _rows(io.BytesIO(whole[:-1]))
    assert refused.value.code == "csv_damaged"


@pytest.mark.parametrize("stream", [lines("Email,Name"), lines("Email,Name", "", ",")])
def test_a_header_without_rows_is_refused(stream: io.BytesIO) -> None:
    with pytest.raises(InvalidError) as refused:
        reading.open_table(stream)
    assert refused.value.code == "csv_empty"


def test_a_pipe_that_hands_out_little_at_a_time_is_read_to_its_end() -> None:
    class Pipe(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 7, 7))

    pipe = Pipe(lines("Email,Name", *(f"person{number}@example.com,x" for number in range(100))).getvalue())
    assert len(_rows(pipe)) == 100


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=8))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str]]) -> None:
    kept = [{"Email": "x" + one, "Notes": two} for one, two in rows]
    assert _cells(a_list(*kept)) == [["x" + one, two] for one, two in rows]


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Each row is counted, or the whole file is refused; nothing else is raised."""
    try:
        rows = _rows(io.BytesIO(b"Email,Notes\n" + raw))
    except InvalidError:
        return
    assert rows


def test_names_of_columns_without_an_end_refuse_the_file() -> None:
    with pytest.raises(InvalidError) as refused:
        reading.open_table(lines('"Email,Name', *(["x" * 1_000] * 200)))
    assert refused.value.code == "csv_damaged"
