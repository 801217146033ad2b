import pytest

from rex_celery.errors import InvalidError
from rex_celery.leads import encoding

LIST = "Name;Email;Ort\n" + "Jürgen Groß;juergen@example.com;München\nRené;rene@example.com;Besançon\n" * 20


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_told_by_its_mark_or_its_bytes(name: str) -> None:
    assert encoding.detect(LIST.encode(name), whole=True) == name


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_both_orders_of_utf_16_are_read(order: str) -> None:
    assert encoding.detect("\ufeff".encode(order) + LIST.encode(order), whole=True) == "utf-16"


def test_a_list_of_old_windows_is_read_with_its_umlauts() -> None:
    raw = LIST.encode("cp1252")
    assert raw.decode(encoding.detect(raw, whole=True)) == LIST


def test_a_character_cut_off_at_the_end_of_the_sample_is_no_fault() -> None:
    assert encoding.detect("Name\nJü".encode()[:-1], whole=False) == "utf-8"


def test_a_few_broken_bytes_do_not_turn_a_utf_8_list_into_another_one() -> None:
    assert encoding.detect(LIST.encode() + b"Andr\xe9;andre@example.com;Nancy\n", whole=True) == "utf-8"


@pytest.mark.parametrize("raw", [b"", b"\n\n  \n"])
def test_an_empty_file_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidError) as refused:
        encoding.detect(raw, whole=True)
    assert refused.value.code == "csv_empty"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"PK\x03\x04\x14\x00", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b'  {"email": "ada@example.com"}', "JSON"),
        (b"<!DOCTYPE html>", "web page"),
        (LIST.encode("utf-16-le"), "UTF-16 without its byte order mark"),
    ],
)
def test_what_is_no_list_is_refused_by_its_name(raw: bytes, kind: str) -> None:
    with pytest.raises(InvalidError) as refused:
        encoding.detect(raw, whole=True)
    assert kind in refused.value.detail
    assert "CSV" in refused.value.action


def test_an_encoding_that_cannot_be_told_is_refused_with_its_place() -> None:
    raw = b"Email\nada@example.com\n" + bytes(range(0x80, 0x100)) * 8
    with pytest.raises(InvalidError) as refused:
        encoding.detect(raw, whole=True)
    assert refused.value.code == "csv_encoding"
    [problem] = refused.value.problems
    assert problem.where == "line 3, byte 22"
    assert "0x80" in problem.what
    assert problem.expected == "UTF-8"
