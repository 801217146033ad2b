"""When a step is sent."""

import pytest

from rex_celery.outreach.conditions import Standing, holds
from rex_celery.outreach.steps import Condition, Step
from rex_celery.vocabulary import Channel

NOTHING, CLICKED = Standing(), Standing(clicked=frozenset({"first"}))


@pytest.mark.parametrize(
    ("condition", "looks_at", "standing", "sent"),
    [
        ("always", "", NOTHING, True),
        ("always", "", CLICKED, True),
        ("clicked", "", NOTHING, False),
        ("clicked", "", CLICKED, True),
        ("clicked", "first", CLICKED, True),
        ("clicked", "second", CLICKED, False),
        ("not_clicked", "", NOTHING, True),
        ("not_clicked", "", CLICKED, False),
        ("not_clicked", "second", CLICKED, True),
        ("replied", "", CLICKED, False),
        ("replied", "", Standing(replied=True), True),
    ],
)
def test_a_step_is_sent_when_its_condition_holds(
    condition: str, looks_at: str, standing: Standing, *, sent: bool
) -> None:
    step = Step("next", Channel.EMAIL, 3, "x", condition=Condition(condition), condition_step=looks_at)
    assert holds(step, standing) is sent
