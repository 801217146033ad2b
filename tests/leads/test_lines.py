import pytest

from rex_celery.leads.lines import Lines, delimiter_of, open_lines
from tests.leads.lists import lines


def _lines(*rows: str) -> Lines:
    return open_lines(lines(*rows))[0]


def test_lines_given_back_are_read_again_with_their_numbers() -> None:
    read = _lines("one", "two", "three")
    assert [next(read), next(read)] == ["one\n", "two\n"]
    rejection = read.reject(1, "broken")
    assert (rejection.line, rejection.value, read.number) == (1, "one", 1)
    assert [next(read), next(read)] == ["two\n", "three\n"]
    assert read.number == 3


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_every_system(end: str) -> None:
    assert list(_lines(f"one{end}two"))[:2] == [f"one{end}", "two\n"]


def test_a_letter_that_only_looks_like_a_line_break_is_none() -> None:
    assert list(_lines("one\u2028two\x0bthree")) == ["one\u2028two\x0bthree\n"]


def test_the_delimiter_is_looked_for_outside_quotation_marks() -> None:
    assert delimiter_of(_lines('"a,b,c";d;e')) == ";"
    assert delimiter_of(_lines("Email")) == ","
