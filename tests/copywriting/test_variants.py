"""Variants by hash."""

from uuid import UUID, uuid4

from rex_celery.copywriting.variants import assign


def test_a_lead_keeps_its_arm() -> None:
    lead_id = UUID(int=7)
    assert {assign(lead_id, "email") for _ in range(5)} == {assign(lead_id, "email")}


def test_arms_are_about_even_and_tests_are_independent() -> None:
    leads = [uuid4() for _ in range(4000)]
    first = [assign(lead, "one") for lead in leads]
    second = [assign(lead, "two") for lead in leads]
    assert 1800 < sum(first) < 2200  # more than six standard deviations wide
    assert 1800 < sum(a == b for a, b in zip(first, second, strict=True)) < 2200
