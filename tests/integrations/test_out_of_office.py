"""When somebody who is away says that they are back, in sentences as people write them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.integrations import out_of_office

# A Wednesday.
AT = datetime(2026, 11, 4, 9, 30, tzinfo=UTC)

SENTENCES = (
    # English
    ("I am out of the office and will be back on Monday, 9 November.", date(2026, 11, 9)),
    ("I'm on vacation until November 20th with limited access to email.", date(2026, 11, 20)),
    ("I will return to the office on the 16th.", date(2026, 11, 16)),
    ("I will be out of office from 2 November to 13 November 2026.", date(2026, 11, 13)),
    ("Out until 12/24. Please contact grace@example.com in urgent cases.", date(2026, 12, 24)),
    ("I am away until 24/12/2026.", date(2026, 12, 24)),
    ("I'm out of office through Friday. For urgent matters call +12025550143.", date(2026, 11, 6)),
    ("Thanks for your mail! I am currently on parental leave and will be back March 1st, 2027.", date(2027, 3, 1)),
    ("I'll be back tomorrow.", date(2026, 11, 5)),
    ("I am travelling this week and will respond when I am back next week.", date(2026, 11, 11)),
    ("I am on leave, returning 2026-11-23.", date(2026, 11, 23)),
    ("From 4 November 2026 I am away; I will be available again from 12 November 2026.", date(2026, 11, 12)),
    ("I will be back in the office in two weeks.", date(2026, 11, 18)),
    ("I am away till Jan 4 and will answer after that.", date(2027, 1, 4)),
    ("I return on Tuesday 10/11.", date(2026, 11, 10)),
    ("Away from 3 to 11 November, back in the office on Thursday the 12th of November.", date(2026, 11, 12)),
    # German
    ("Ich bin bis zum 14.11.2026 nicht im Büro.", date(2026, 11, 14)),
    ("Vielen Dank für Ihre E-Mail. Ich bin ab dem 16.11. wieder erreichbar.", date(2026, 11, 16)),
    ("Ich bin bis einschließlich 20. November im Urlaub.", date(2026, 11, 20)),
    ("Am Montag bin ich wieder für Sie da.", date(2026, 11, 9)),
    ("Ich bin vom 02.11.2026 bis 27.11.2026 abwesend. Ihre E-Mail wird nicht weitergeleitet.", date(2026, 11, 27)),
    ("Ich kehre am 7. Dezember zurück.", date(2026, 12, 7)),
    ("Ich bin nächste Woche wieder im Haus.", date(2026, 11, 11)),
    ("Bis 01.02.2027 befinde ich mich in Elternzeit.", date(2027, 2, 1)),
    # French
    ("Je suis absent du bureau jusqu'au 15 novembre.", date(2026, 11, 15)),
    ("Je serai de retour le lundi 16 novembre 2026.", date(2026, 11, 16)),
    ("Absente du 2/11 au 13/11, je vous répondrai à mon retour.", date(2026, 11, 13)),
    ("Je suis en congés et je reviens le 1er décembre.", date(2026, 12, 1)),
    ("Je serai de retour la semaine prochaine.", date(2026, 11, 11)),
    ("De retour jeudi.", date(2026, 11, 5)),
    # Spanish
    ("Estoy fuera de la oficina hasta el 20 de noviembre.", date(2026, 11, 20)),
    ("Regreso el lunes 9 de noviembre de 2026.", date(2026, 11, 9)),
    ("Estaré de vacaciones del 2 al 12 de noviembre, gracias por su correo.", date(2026, 11, 12)),
    ("Volveré a la oficina el 03/12/2026.", date(2026, 12, 3)),
    ("Estaré de vuelta mañana.", date(2026, 11, 5)),
    # Italian
    ("Sono fuori ufficio fino al 18 novembre.", date(2026, 11, 18)),
    ("Rientrerò lunedì 9 novembre.", date(2026, 11, 9)),
    ("Sarò assente dal 3/11 al 10/11 e risponderò al mio rientro.", date(2026, 11, 10)),
    ("Tornerò in ufficio il 7 gennaio 2027.", date(2027, 1, 7)),
    ("Sono in ferie, rientro giovedì.", date(2026, 11, 5)),
    # Dutch
    ("Ik ben afwezig tot en met 13 november.", date(2026, 11, 13)),
    ("Ik ben maandag weer op kantoor.", date(2026, 11, 9)),
    ("Vanaf 16 november 2026 ben ik weer bereikbaar.", date(2026, 11, 16)),
    ("Ik ben terug op 1 december.", date(2026, 12, 1)),
    ("Ik ben tot 20-11-2026 met vakantie.", date(2026, 11, 20)),
)
SILENT = (
    "I am out of the office and will reply as soon as I can.",
    "I am away from 3 November.",
    "Our support is there for you 24/7, we will come back to you.",
    "I was out until 30 October and forgot to switch this off.",
    "Ich habe nur eingeschränkten Zugriff auf meine E-Mails.",
    "Call us on +12025550143 between 9:30 and 17:00.",
    "I left on 1 November 2025 and will be back one day.",
    "Offices close at 5 pm. Version 2.10 is out.",
    "Back in 2031-01-01.",
    "I will be back on 31/02/2027.",
    "",
)


@pytest.mark.parametrize(("said", "day"), SENTENCES)
def test_the_day_of_return_is_read_from_a_sentence(said: str, day: date) -> None:
    assert out_of_office.return_date(said, AT) == day


@pytest.mark.parametrize("said", SILENT)
def test_who_names_no_day_of_return_gets_none(said: str) -> None:
    assert out_of_office.return_date(said, AT) is None


def test_a_return_counts_more_than_another_day_in_the_mail() -> None:
    said = (
        "Hello,\n\nthank you for your message of 3 November.\nI am at a fair from 2 November until 13 November.\n\n"
        "Our webinar takes place on 30 November 2026.\n\nAda Example\n1 Main Street"
    )
    assert out_of_office.return_date(said, AT) == date(2026, 11, 13)


def test_an_ambiguous_day_is_read_by_language_and_by_the_date_of_the_mail() -> None:
    april = datetime(2026, 4, 1, 9, tzinfo=UTC)
    assert out_of_office.return_date("Ich bin bis 05/06/2026 nicht im Büro.", april) == date(2026, 6, 5)
    assert out_of_office.return_date("I am out of the office until 05/06.", april) == date(2026, 5, 6)
    assert out_of_office.return_date("I am out of the office until Friday 05/06.", april) == date(2026, 6, 5)


@given(st.text(max_size=300), st.datetimes(timezones=st.just(UTC)))
def test_no_words_and_no_date_make_it_fail(said: str, at: datetime) -> None:
    out_of_office.return_date(said, at)


@given(
    st.lists(st.sampled_from(" ".join(said for said, _ in SENTENCES).split()), max_size=40),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
def test_a_return_lies_ahead_and_within_a_year(words: list[str], today: date) -> None:
    at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    found = out_of_office.return_date(" ".join(words), at)
    assert found is None or 0 <= (found - today).days <= 366
