"""The safe part of Jinja."""

import pytest

from rex_celery.copywriting import rendering
from rex_celery.errors import InvalidError


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ range(9) }}",
        "{{ 'x' * 10**9 }}",
        "{{ name.__class__ }}",
        "{{ name['x'] }}",
        "{{ name|center(1000000) }}",
        "{{ name|attr('x') }}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% set x = name %}",
        "{{ name is callable }}",
        "{{ [name] }}",
        "{{ name ~ name }}",
    ],
)
def test_what_could_run_long_or_reach_out_is_refused(source: str) -> None:
    with pytest.raises(InvalidError, match="may not be used") as refusal:
        rendering.compile_template(source)
    assert refusal.value.code == "invalid_template"


def test_a_template_that_is_not_well_formed_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidError, match="Line 2"):
        rendering.compile_template("Hello\n{% if name %}")


def test_a_template_that_is_too_large_is_refused() -> None:
    with pytest.raises(InvalidError, match="20 KB"):
        rendering.compile_template("x" * (20 * 1024 + 1))


def test_a_missing_value_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(InvalidError, match="'name' is undefined") as refusal:
        rendering.render(rendering.compile_template("Hi {{ name }}"), {})
    assert refusal.value.code == "content_unresolved_variable"


def test_a_message_that_grows_too_long_is_refused() -> None:
    template = rendering.compile_template("{{ name }}{{ name }}")
    with pytest.raises(InvalidError, match="longer"):
        rendering.render(template, {"name": "x" * 11_000})


def test_conditions_and_plain_filters_may_be_used() -> None:
    template = rendering.compile_template("{% if name is defined and name == 'kim' %}Hi {{ name|title }}{% endif %}")
    assert rendering.render(template, {"name": "kim"}) == "Hi Kim"


def test_values_are_printed_as_they_are() -> None:
    assert rendering.render(rendering.compile_template("{{ name }}"), {"name": "A & B {{ x }}"}) == "A & B {{ x }}"


def test_a_template_tells_which_names_it_needs() -> None:
    assert rendering.variables("{{ a }} {% if b %}{{ c }}{% endif %}") == {"a", "b", "c"}


def test_what_nobody_knows_may_be_asked_for_and_not_printed() -> None:
    assert rendering.render(rendering.compile_template("{% if city %}a{% else %}b{% endif %}"), {}) == "b"
    with pytest.raises(InvalidError, match="'city' is undefined"):
        rendering.render(rendering.compile_template("{% if city == 'x' %}a{% endif %}"), {})


@pytest.mark.parametrize(
    "source",
    [
        "{% if a %}" * 60 + "{% endif %}" * 60,
        "{{ " + "(" * 5000 + "a" + ")" * 5000 + " }}",
        "{{ a" + "|upper" * 60 + " }}",
    ],
)
def test_a_template_that_is_nested_too_deeply_is_refused(source: str) -> None:
    with pytest.raises(InvalidError, match="nested"):
        rendering.compile_template(source)


@pytest.mark.parametrize("source", ["{{ none }}", "{{ true }}", "{{ 1e999 }}", "{{ a is defined(5) }}", "\ud800"])
def test_what_prints_no_words_is_refused(source: str) -> None:
    with pytest.raises(InvalidError):
        rendering.compile_template(source)


def test_a_comparison_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(InvalidError, match="worked out"):
        rendering.render(rendering.compile_template("{{ a > 3 }}"), {"a": "x"})


def test_a_template_tells_where_its_names_stand() -> None:
    assert set(rendering.names("{{ a }}\n{% if b %}{{ a }}{% endif %}")) == {("a", 1), ("b", 2), ("a", 2)}
