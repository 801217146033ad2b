"""Choices of words."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rex_celery.copywriting import rendering, spintax
from rex_celery.errors import InvalidError

PIECES = some.sampled_from(
    ["{", "|", "}", "{{ name }}", "{% if name %}", "{% else %}", "{% endif %}", "a", " ", "\n", "{{", "}}", "{%", "'"]
)


def said(text: str, seed: UUID, **facts: str) -> str:
    spun = spintax.translate(text)
    return rendering.render(rendering.compile_template(spun.source), facts | spintax.picks(spun.sizes, seed))


def test_each_alternative_is_taken_about_as_often_as_the_others() -> None:
    counts = Counter(said("{Hi|Hello|Good day}", uuid4()) for _ in range(3000))

    assert set(counts) == {"Hi", "Hello", "Good day"}
    assert min(counts.values()) > 850


def test_the_same_seed_takes_the_same_words() -> None:
    seed, text = uuid4(), "{a|b|c} {d|e|f} {g|h|i} {j|k|l}"

    assert len({said(text, seed) for _ in range(20)}) == 1


def test_two_choices_of_one_text_do_not_depend_on_each_other() -> None:
    assert {said("{a|b}{a|b}", uuid4()) for _ in range(200)} == {"aa", "ab", "ba", "bb"}


def test_choices_may_stand_in_one_another() -> None:
    assert {said("{a|b {c|d {e|f}}}", uuid4()) for _ in range(400)} == {"a", "b c", "b d e", "b d f"}


def test_a_choice_may_hold_facts_filters_and_whole_conditions() -> None:
    text = "{Hi {{ name|title }}|Hello{% if name %} {{ name }}{% endif %}}, {{ '|' }}{a || b"

    assert {said(text.removesuffix("{a || b"), uuid4(), name="kim") for _ in range(100)} == {
        "Hi Kim, |",
        "Hello kim, |",
    }


def test_a_bar_outside_of_a_choice_is_a_bar() -> None:
    assert said("a | b", uuid4()) == "a | b"


def test_line_breaks_around_a_choice_stay() -> None:
    assert said("x\n  {a|a}\n  y\n{b|b}", uuid4()) == "x\n  a\n  y\nb"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n{a|b", "Line 2: a choice is opened and not closed"),
        ("a}", "closes nothing"),
        ("{first_name}", "{first_name} is no choice"),
        ("{a|{b|{c|{d|e}}}}", "more than 3 deep"),
        ("{" + "a|" * 300 + "}", "more than 200 alternatives"),
        ("{a{% if x %}|b{% endif %}}", "not whole by itself"),
        ("{{a|b} x|c}", "cannot begin with a choice"),
        ("{% raw %}{{ x }}{% endraw %}", "raw may not"),
        ("{{ spin_0 }}", "are taken"),
        ("{# never closed", "is not closed"),
    ],
)
def test_what_cannot_be_a_choice_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidError, match=r"Line [12]: ") as refusal:
        spintax.translate(text)

    assert said in refusal.value.detail
    assert refusal.value.code == "invalid_template"


@pytest.mark.parametrize("bomb", ["{" * 20_000, "{{" * 10_000, "{{'" * 6000, "{a|b" * 5000, "{{ x" * 5000, "{%" * 9000])
@pytest.mark.timeout(5)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    with pytest.raises(InvalidError):
        spintax.translate(bomb)


@given(pieces=some.lists(PIECES, max_size=25), seed=some.uuids())
def test_any_text_is_written_or_refused(pieces: list[str], seed: UUID) -> None:
    try:
        text = said("".join(pieces), seed, name="Kim")
    except InvalidError:
        return
    assert "{" not in text
    assert "%}" not in text
