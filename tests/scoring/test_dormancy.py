"""Why a lead went quiet."""

import pytest

from rex_celery.scoring.dormancy import classify
from rex_celery.vocabulary import Dormancy


@pytest.mark.parametrize(
    ("notes", "dormancy"),
    [
        ("She said it was too expensive for them.", Dormancy.BUDGET),
        ("No budget until spring", Dormancy.BUDGET),
        ("Asked us to check back next quarter", Dormancy.TIMING),
        ("They went with another supplier.", Dormancy.COMPETITOR),
        ("Dana left the company in May", Dormancy.CONTACT_CHANGED),
        ("Two mails, no response.", Dormancy.GHOSTED),
        ("Nature price traditional only past manager.", Dormancy.UNKNOWN),
        ("", Dormancy.UNKNOWN),
        (None, Dormancy.UNKNOWN),
    ],
)
def test_notes_tell_the_class(notes: str | None, dormancy: Dormancy) -> None:
    assert classify("Prospecting", notes) is dormancy


@pytest.mark.parametrize("stage", ["Proposal Sent", "negotiation"])
def test_an_open_offer_without_an_answer_is_ghosted(stage: str) -> None:
    assert classify(stage, "Nice people.") is Dormancy.GHOSTED


def test_the_reason_for_leaving_outweighs_the_price() -> None:
    assert classify(None, "Too expensive, and then he left the company") is Dormancy.CONTACT_CHANGED
