from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rex_celery.outreach import gaps
from rex_celery.outreach.gaps import Gap
from rex_celery.outreach.policy import STANDARD, Caps, Policy

NOW = datetime(2026, 5, 5, 12, tzinfo=UTC)


def inbox(provider: str = "smtp", gap: int | None = None, jitter: int | None = None) -> gaps.Paced:
    return SimpleNamespace(provider=provider, gap_seconds=gap, jitter_seconds=jitter)


def wait(sender: gaps.Paced, ids: list[UUID], segments: Mapping[UUID, int] | None = None) -> float:
    free = gaps.next_free(sender, STANDARD, ids, NOW, segments)
    return (free - NOW).total_seconds() if free else 0.0


@pytest.mark.parametrize(
    ("provider", "gap"),
    [
        ("outbox", Gap(0, 0)),
        ("sendgrid", Gap(0, 0)),
        ("manual", Gap(0, 0)),
        ("twilio", Gap(1, 0)),
        ("smtp", Gap(60, 30)),
        ("partner", Gap(60, 30)),
    ],
)
def test_each_provider_has_its_pace_unless_the_inbox_has_its_own(provider: str, gap: Gap) -> None:
    assert gaps.of(inbox(provider), Caps()) == gap
    assert gaps.of(inbox(provider, 5, 2), Caps()) == Gap(5, 2)
    assert gaps.of(inbox(provider, 0), Caps()) == Gap(0, 0)


def test_the_policy_s_gap_is_that_of_mailboxes() -> None:
    assert gaps.of(inbox(), Caps(gap_seconds=600, jitter_seconds=300)) == Gap(600, 300)


@pytest.mark.parametrize(
    ("sender", "most", "allowed"),
    [
        (inbox("sendgrid"), 1000, 1000),
        (inbox("smtp"), 1000, 1),
        (inbox("twilio"), 1000, 10),
        (inbox("twilio"), 3, 3),
        (inbox("smtp", 4, 1), 50, 2),
    ],
)
def test_an_inbox_claims_what_it_can_send_within_seconds(sender: gaps.Paced, most: int, allowed: int) -> None:
    assert gaps.allowance(sender, STANDARD, most) == allowed


def test_without_a_gap_it_is_free_at_once() -> None:
    assert gaps.next_free(inbox("sendgrid"), STANDARD, [uuid4()], NOW) is None
    assert gaps.next_free(inbox(), STANDARD, [], NOW) is None


@given(st.uuids())
def test_a_gap_lies_within_its_jitter_and_is_the_same_on_every_try(message: UUID) -> None:
    assert 30 <= wait(inbox(), [message]) <= 90
    assert wait(inbox(), [message]) == wait(inbox(), [message])


def test_gaps_differ_and_their_middle_is_the_gap() -> None:
    waits = [wait(inbox(), [uuid4()]) for _ in range(2000)]

    assert len(set(waits)) > 1900
    assert 58 < sum(waits) / len(waits) < 62


def test_several_messages_and_each_segment_of_a_text_take_their_time() -> None:
    first, second = uuid4(), uuid4()

    assert gaps.next_free(inbox("twilio"), STANDARD, [first, second], NOW) == NOW + timedelta(seconds=2)
    assert wait(inbox("twilio"), [first, second], {first: 3}) == 4
    assert wait(inbox("smtp", 10, 0), [first, second], {first: 3}) == 20


def test_a_jitter_longer_than_its_gap_never_sends_into_the_past() -> None:
    assert wait(inbox("smtp", 1, 60), [UUID(int=0)]) == 0
    assert gaps.next_free(inbox(), Policy(), [UUID(int=0)], NOW) == NOW + timedelta(seconds=30)
