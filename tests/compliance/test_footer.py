"""The footer."""

from rex_celery.compliance.footer import with_footer


def test_the_footer_says_who_where_and_how_to_leave() -> None:
    text = with_footer("Hello\n", "Northwind", "1 Main St", "https://rex.example/u/abc")
    assert text == "Hello\n\n—\nNorthwind, 1 Main St\nUnsubscribe: https://rex.example/u/abc\n"
