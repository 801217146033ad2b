from rex_celery.leads.rows import SHOWN_CHARACTERS, shown


def test_what_is_shown_of_a_value_can_be_stored_and_is_short() -> None:
    assert shown("a\0b\udce9") == "a␀b?"
    assert len(shown("x" * 1_000)) == SHOWN_CHARACTERS
