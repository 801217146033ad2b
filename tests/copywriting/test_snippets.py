"""Pieces of text that are kept once."""

import pytest

from rex_celery.copywriting import snippets
from rex_celery.errors import InvalidError


def test_a_snippet_is_put_in_as_it_is() -> None:
    assert (
        snippets.expand("a {{ snippet.x }}\n{{snippet.y-1}}", {"x": "{b|c}", "y-1": "{{ d }}"}, 99)
        == "a {b|c}\n{{ d }}"
    )


def test_a_snippet_within_a_snippet_is_not_put_in() -> None:
    assert snippets.expand("{{ snippet.x }}", {"x": "{{ snippet.x }}"}, 99) == "{{ snippet.x }}"


def test_a_snippet_that_does_not_exist_is_named_with_its_line() -> None:
    with pytest.raises(InvalidError, match="Line 2: there is no snippet 'y'") as refusal:
        snippets.expand("\n{{ snippet.y }}", {"x": ""}, 99)

    assert refusal.value.code == "unknown_snippet"


def test_a_snippet_used_a_thousand_times_does_not_fill_the_memory() -> None:
    with pytest.raises(InvalidError, match="20 KB"):
        snippets.expand("{{ snippet.x }}" * 1000, {"x": "x" * snippets.LARGEST}, 20_480)


def test_a_text_tells_which_snippets_it_uses_and_what_it_is_without_them() -> None:
    text = "a\n{{ snippet.x }} b\n"

    assert snippets.named_in(text) == (("x", 2),)
    assert snippets.without(text) == "a\n b\n"
