import pytest

from rex_celery.leads import old_encodings

WEST = "Jürgen Weiß, Köhler; Tomás Muñoz; Renée, François; Søren Åberg; João Conceição; DÜSSELDORF; Ada’s; “Öz”\n"
EAST = "Łukasz Wójcik, Kraków; Żaneta Świątek; Jiří Dvořák, Plzeň; Štěpán Růžička; Győr; Žižek\n"


@pytest.mark.parametrize(("text", "name"), [(WEST, "cp1252"), (EAST, "cp1250"), (WEST, "mac_roman")])
@pytest.mark.parametrize("times", [1, 200])
def test_names_come_out_as_they_were_typed(text: str, name: str, times: int) -> None:
    raw = (text * times).encode(name)
    assert old_encodings.best(raw) == name


@pytest.mark.parametrize("word", ["Förname", "Pers Ön", "Müller", "Peña", "Søren", "André", "Conceição"])
def test_one_western_word_is_enough(word: str) -> None:
    assert old_encodings.best(f"Name,Email\n{word},ada@example.com\n".encode("latin-1")) == "cp1252"


def test_signs_beside_numbers_do_not_speak_against_an_encoding() -> None:
    assert old_encodings.best("Name,Deal amount,Notes\nMüller,1 000 €,paid £500\n".encode("cp1252")) == "cp1252"


@pytest.mark.parametrize("raw", [b"only ascii", b"Bad \xff\xfe\x81,ada@example.com", bytes(range(0x80, 0x100)) * 8])
def test_what_makes_no_sense_is_in_none_of_them(raw: bytes) -> None:
    assert old_encodings.best(raw) is None
