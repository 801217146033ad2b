"""Opt-outs in people's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.compliance.opt_out import STOP_WORDS, detect


@pytest.mark.parametrize("word", sorted(STOP_WORDS))
def test_a_stop_word_alone_is_an_opt_out(word: str) -> None:
    for text in (word, word.upper(), f"{word.title()}.", f"  {word} please!\n", f"Please {word}, thank you"):
        assert detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "STOP PLEASE",
        "Stop all",
        "no thanks",
        "No, thank you.",
        "“no thanks”",
        "Hello Maria,\n\nno thanks.\n\nBest regards\nKim Lee\nHead of Operations",
        "STOP\n\nSent from my phone",
        "Please remove me from your list.",
        "please take me off this mailing list",
        "Can you delete my email address?",
        "Remove us from your database",
        "Stop emailing me!",
        "stop sending me these emails",
        "Stop contacting us, please",
        "Would you please stop texting",
        "Don't contact me again.",
        "do not email me",
        "Please don’t write to me again",
        "I don't want to receive these messages",
        "We do not wish to be contacted.",
        "Never call me",
        "no more emails",
        "How do I unsubscribe?",
        "I'd like to opt out",
        "opt me out",
        "leave me alone",
        "Lose my number",
        "Not interested. Please unsubscribe me.",
        "Thanks Maria, but please remove my address from your files.\n\nBest, Kim",
    ],
)
def test_a_request_in_words_is_an_opt_out(text: str) -> None:
    assert detect(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes, let us talk.",
        "Can you stop by on Tuesday?",
        "At the end of the month works for us.",
        "Please cancel our meeting and send a new time.",
        "We had to stop the project in May.",
        "Please don't stop emailing me, this is useful.",
        "I did not unsubscribe, why do I get nothing?",
        "Not interested right now, maybe in spring.",
        "No.",
        "No thanks needed, happy to help.\n\nKim",
        "Hi Maria,\n\nstop by any time.\n\nKim",
        "Could you remove the second line from the quote?",
        "Call me tomorrow, do not email the office.",
        "We want to opt for the larger plan.",
        "Who are you?",
        "I quit my job, please talk to Dana.",
    ],
)
def test_other_answers_are_no_opt_out(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    "quoted",
    [
        "> If this is no longer of interest, reply “no thanks”\n> Unsubscribe: https://rex.example/u/x",
        "On Fri, Nov 20, 2026 at 9:00 AM Maria Lopez <maria@north.example> wrote:\nUnsubscribe: https://rex.example/u/x",
        "-----Original Message-----\nUnsubscribe: https://rex.example/u/x",
        "From: Maria Lopez <maria@north.example>\nUnsubscribe: https://rex.example/u/x",
    ],
)
def test_our_own_quoted_footer_is_no_opt_out(quoted: str) -> None:
    assert detect(f"Sounds good, call me.\n\n{quoted}") is None
    assert detect(f"Please remove me from your list.\n\n{quoted}")


@given(st.text(), st.sampled_from(["\n\n", "\n"]))
def test_a_request_is_found_whatever_stands_above_it(text: str, gap: str) -> None:
    own = "".join(character for character in text if character.isalpha())
    assert detect(f"Kim {own}.{gap}Please remove me from your list.")
