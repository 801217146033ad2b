"""Messages of steps: what is unknown is never printed, and no token is left."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.copywriting import step_text
from rex_celery.copywriting.facts import FACT_NAMES
from rex_celery.errors import InvalidError

SEED = UUID("6f3c1b9e-32cc-4f6c-8f55-31c8a3f0f5d1")
TOKENS = [
    *("{{ first_name }}", "{{ company }}", "{{ nobody }}", "{% if company %}", "{% else %}", "{% endif %}", "{", "}"),
    *(
        "|",
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{a|b}",
        "{{ snippet.sig }}",
        "{{ snippet.no }}",
        "Hello",
        "\n",
        "'",
        '"',
    ),
    *(
        "{% for x in first_name %}",
        "{% endfor %}",
        "{{ first_name|upper }}",
        "{{ '{{' }}",
        "\x00",
        "\ud800",
        "{% raw %}",
    ),
]


def written(body: str, subject: str = "", **facts: str) -> tuple[str, str]:
    return step_text.write(subject, body, facts, {"sig": "{Best|Kind} regards"}, SEED)


def test_the_same_seed_writes_the_same_words_and_another_may_write_others() -> None:
    body = "{a|b|c|d} {{ snippet.sig }}"

    assert len({written(body) for _ in range(5)}) == 1
    assert len({step_text.write("", body, {}, {"sig": "{x|y}"}, uuid4()) for _ in range(200)}) == 8


def test_the_subject_chooses_apart_from_the_body() -> None:
    seen = {step_text.write("{a|b}", "{a|b}", {}, {}, uuid4()) for _ in range(200)}

    assert len(seen) == 4


@pytest.mark.parametrize("condition", ["first_name", "first_name is defined"])
def test_a_fact_that_nobody_knows_may_be_asked_for_and_has_a_fallback(condition: str) -> None:
    body = f"Hi {{% if {condition} %}}{{{{ first_name }}}}{{% else %}}there{{% endif %}}"

    assert written(body)[1] == "Hi there"
    assert written(body, first_name="Kim")[1] == "Hi Kim"


def test_a_short_fallback_stands_in_the_variable() -> None:
    assert written("Hi {{ first_name or 'there' }}")[1] == "Hi there"


@pytest.mark.parametrize("body", ["Hi {{ first_name }}", "{a {{ first_name }}|b {{ first_name }}}"])
def test_a_fact_that_nobody_knows_is_never_printed(body: str) -> None:
    with pytest.raises(InvalidError, match="'first_name' is undefined") as refusal:
        written(body)

    assert refusal.value.code == "content_unresolved_variable"


def test_a_misspelt_name_is_refused_even_where_it_is_only_asked_for() -> None:
    with pytest.raises(InvalidError, match="'frist_name'") as refusal:
        written("Hi{% if frist_name %} you{% endif %}")

    assert refusal.value.code == "content_unresolved_variable"


@pytest.mark.parametrize("left", ["{{ '{{' }} x", "{{ '%}' }}"])
def test_a_token_that_a_text_prints_is_found(left: str) -> None:
    with pytest.raises(InvalidError, match="The message holds") as refusal:
        written(left)

    assert refusal.value.code == "content_unresolved_variable"


@pytest.mark.parametrize(
    ("subject", "body"), [("", " \n"), ("", "{% if city %}x{% endif %}"), ("{% if city %}x{% endif %}", "x")]
)
def test_a_message_in_which_nothing_is_left_is_refused(subject: str, body: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        written(body, subject)

    assert refusal.value.code == "content_empty"


def test_an_empty_subject_stays_empty_and_another_is_one_line() -> None:
    assert written("x")[0] == ""
    assert written("x", " Still\n open? ")[0] == "Still open?"


def test_a_paragraph_that_is_left_out_leaves_no_hole() -> None:
    assert written("a\n\n{% if city %}b{% endif %}\n\nc")[1] == "a\n\nc"


@pytest.mark.parametrize(
    "bomb",
    [
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ 'x' * 10**9 }}",
        "x" * 1_000_000,
        "{{ snippet.sig }}" * 60_000,
        "{% if city %}" * 1500,
        "{{ city" + "|upper" * 3000 + " }}",
        "{{ " + "(" * 9000 + "city" + ")" * 9000 + " }}",
        "{{ city is defined(5) }}",
        "{{ 3 > 'x' }}",
        "\ud800",
    ],
)
@pytest.mark.timeout(5)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    with pytest.raises(InvalidError):
        written(bomb)


def test_a_text_of_many_choices_may_be_as_long_as_any() -> None:
    body = "{a|b}" * 90 + "x" * 19_900

    assert len(written(body)[1]) == 90 + 19_900


def test_a_text_tells_which_facts_it_uses_and_where() -> None:
    assert step_text.names("{Hi {{ first_name }}|Hello}\n{% if city %}x{% endif %}") == (("first_name", 1), ("city", 2))


@given(
    pieces=some.lists(some.sampled_from(TOKENS) | some.text(max_size=6), max_size=20),
    known=some.dictionaries(some.sampled_from(FACT_NAMES), some.sampled_from(["Kim", "A & B"])),
    seed=some.uuids(),
)
def test_any_template_is_written_without_a_token_or_refused(
    pieces: list[str], known: dict[str, str], seed: UUID
) -> None:
    try:
        _, text = step_text.write("", "".join(pieces), known, {"sig": "{Best|Kind} {{ company }}"}, seed)
    except InvalidError:
        return
    assert not any(token in text for token in ("{{", "}}", "{%", "%}", "{#", "#}"))
    assert "spin_" not in text
