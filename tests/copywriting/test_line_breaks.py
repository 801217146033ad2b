"""Line breaks around tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.copywriting import line_breaks, rendering
from rex_celery.errors import InvalidError

PIECES = some.sampled_from(
    ["{%", "%}", "{#", "#}", " if x ", " endif ", "\n", "a", "'", '"', "-", "+", "{% if x %}", "{% endif %}"]
)


def shown(text: str, **facts: str) -> str:
    return rendering.render(rendering.compile_template(line_breaks.keep(text)), facts)


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("a\n{% if x %}\nb\n{% endif %}\nc", "a\nb\nc", "a\nc"),
        ("Hi{% if x %} x{% endif %}\nnext", "Hi x\nnext", "Hi\nnext"),
        ("Hi{% if x %} x{% endif %}\n\nnext", "Hi x\n\nnext", "Hi\n\nnext"),
        ("a\n  {% if x %}  \n\n  b\n  {% endif %}\nc", "a\n\n  b\nc", "a\nc"),
        ("a\n{% if x %}{% if x %}\nb\n{% endif %}{% endif %}\nc", "a\nb\nc", "a\nc"),
        ("a\n{# a note #}\nb {# another #}\nc", "a\nb \nc", "a\nb \nc"),
        ("a\n  {% if x %}b{% endif %}\nc", "a\n  b\nc", "a\n  \nc"),
        ("a\n{%- if x -%}\nb\n{%- endif %}\nc", "abc", "ac"),
        ("{% if x %}a\n{% else %}b\n{% endif %}", "a\n", "b\n"),
    ],
)
def test_a_line_of_tags_alone_vanishes_and_other_breaks_stay(text: str, known: str, unknown: str) -> None:
    assert shown(text, x="1").removesuffix("\n") == known.removesuffix("\n")
    assert shown(text).removesuffix("\n") == unknown.removesuffix("\n")


def test_lines_keep_their_numbers() -> None:
    text = "{% if x %}\n\n{% endif %}\n{# a #}\nHi{% if x %}\n{% endif %}\n{{ y }}"

    assert ("y", 7) in rendering.names(line_breaks.keep(text))
    assert line_breaks.keep(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "bomb", ["{%" * 10_000, "{% if x %}" * 2000, "{%\n" * 7000, "{% '" * 5000, "{#" * 10_000, "{% x" * 5000]
)
@pytest.mark.timeout(5)
def test_a_bomb_takes_no_time(bomb: str) -> None:
    line_breaks.keep(bomb)


@given(some.lists(PIECES, max_size=20).map("".join))
def test_nothing_but_marks_and_blanks_around_tags_changes(text: str) -> None:
    kept = line_breaks.keep(text)
    assert kept.count("\n") == text.count("\n")
    assert [one for one in kept if one not in "+ \n"] == [one for one in text if one not in "+ \n"]
    try:
        rendering.names(text)
    except InvalidError:
        return
    rendering.names(kept)
