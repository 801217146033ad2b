"""The table of reasons."""

from rex_celery.reasons import REASONS


def test_every_reason_has_a_sentence_and_an_action() -> None:
    for code, reason in REASONS.items():
        assert reason.code == code
        assert reason.text.endswith(".")
        assert reason.action.endswith(".")
