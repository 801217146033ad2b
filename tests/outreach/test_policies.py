from datetime import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.models import Campaign
from rex_celery.outreach import policies
from rex_celery.outreach.policy import STANDARD, Caps, Hours, Policy
from tests.factories import a_sequence

HOURS = {"start": "08:00", "end": "18:30", "days": [1, 2, 3]}


def problems(tenant: object, campaign: object = None) -> dict[str, tuple[str, str]]:
    with pytest.raises(InvalidError) as refused:
        policies.read(tenant, campaign)  # type: ignore[arg-type]
    return {problem.where: (problem.what, problem.expected) for problem in refused.value.problems}


def test_nothing_stored_is_rex_s_own_policy() -> None:
    assert policies.read({}) == STANDARD


def test_a_campaign_lies_over_the_tenant_and_the_tenant_over_rex() -> None:
    policy = policies.read(
        {"hours": HOURS, "caps": {"tenant_per_day": 300, "campaign_per_day": 80}, "timezone": "Europe/Berlin"},
        {"hours": {"end": "12:00"}, "caps": {"campaign_per_day": None}},
    )

    assert policy.hours == Hours(time(8), time(12), frozenset({1, 2, 3}))
    assert policy.caps == Caps(tenant_per_day=300, campaign_per_day=None)
    assert policy.timezone == "Europe/Berlin"


@given(
    st.builds(
        Policy,
        hours=st.builds(
            Hours,
            st.times().map(lambda at: at.replace(second=0, microsecond=0)),
            st.just(time(21)),
            st.frozensets(st.integers(1, 7)),
        ),
        holidays=st.booleans(),
        timezone=st.sampled_from(["UTC", "Asia/Kolkata"]),
        caps=st.builds(Caps, st.none() | st.integers(1, 9999)),
        sms_law=st.sampled_from([(), (("DE", STANDARD.hours), ("US-FL", STANDARD.sms_hours))]),
    )
)
def test_what_is_written_reads_as_the_same_policy(policy: Policy) -> None:
    assert policies.read(policies.written(policy)) == policy


def test_all_that_is_wrong_is_told_at_once_and_what_would_be_right() -> None:
    found = problems(
        {
            "holiday": True,
            "hours": {"start": "9 am", "days": [0, 8], "until": "17:00"},
            "timezone": "Europe/Berln",
            "caps": {"tenant_per_day": 0, "inbox_per_day": "many", "gap_seconds": None, "inbox_per_hours": 3},
            "pressure": {"per_day": 1.5},
            "company_stop": "yes",
            "arrival_hours": 1000,
            "sms_law": {"US-XX": HOURS, "DE": {"start": "09:00"}},
            "sms_hours": [],
        }
    )

    assert found == {
        "policy.holiday": ("is not known", "holidays"),
        "policy.hours.start": ("is '9 am'", 'a time of day such as "09:00"'),
        "policy.hours.days": ("is [0, 8]", "a list of days from 1 (Monday) to 7 (Sunday)"),
        "policy.hours.until": ("is not known", "days, end, start"),
        "policy.timezone": ("'Europe/Berln' is no IANA time zone", "Europe/Berlin"),
        "policy.caps.tenant_per_day": ("is 0", "a whole number from 1 to 1000000"),
        "policy.caps.inbox_per_day": ("is 'many'", "a whole number from 1 to 1000000"),
        "policy.caps.gap_seconds": ("is None", "a whole number from 0 to 86400"),
        "policy.caps.inbox_per_hours": ("is not known", "inbox_per_hour"),
        "policy.pressure.per_day": ("is 1.5", "a whole number from 1 to 1000000"),
        "policy.company_stop": ("is 'yes'", "true or false"),
        "policy.arrival_hours": ("is 1000", "a whole number from 1 to 336"),
        "policy.sms_law.US-XX": ("is no place REX knows", "US-FL, or a country such as DE"),
        "policy.sms_law.DE": ("is not complete", "start, end and days"),
        "policy.sms_hours": ("is not an object", "a JSON object"),
    }


def test_a_campaign_cannot_set_what_is_counted_over_all_of_them() -> None:
    found = problems({}, {"timezone": "UTC", "caps": {"tenant_per_day": 9, "campaign_per_day": 9}})

    assert found == {
        "campaign.policy.timezone": ("belongs to the tenant", "the tenant's policy sets it"),
        "campaign.policy.caps.tenant_per_day": ("belongs to the tenant", "campaign_per_day or new_leads_per_day"),
    }


@pytest.mark.parametrize("stored", [None, [], "policy", {"caps": 5}, {"hours": None}])
def test_what_is_no_object_is_refused(stored: object) -> None:
    assert problems(stored)


def test_a_change_leaves_the_rest_and_null_brings_back_what_rex_has(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        policies.change(session, tenant, {"caps": {"tenant_per_day": 100}, "holidays": False}, "ada")
        policies.change(session, tenant, {"caps": {"inbox_per_day": None}, "holidays": None}, "ada")

    with db.transaction(tenant) as session:
        assert policies.of(session, tenant) == Policy(caps=Caps(tenant_per_day=100, inbox_per_day=None))
        actions = session.execute(text("SELECT actor, action, details FROM audit ORDER BY id")).all()
    assert [tuple(row) for row in actions] == [
        ("ada", "policy.changed", {"fields": ["caps", "holidays"]}),
        ("ada", "policy.changed", {"fields": ["caps", "holidays"]}),
    ]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"hours": {"days": []}}, "policy.hours.days"),
        ({"hours": {"start": "09:00", "end": "09:00"}}, "policy.hours.end"),
        ({"sms_hours": {"start": "22:00", "end": "23:00"}}, "policy.sms_hours"),
    ],
)
def test_a_change_after_which_nothing_could_ever_be_sent_is_refused_and_changes_nothing(
    tenant: UUID, changes: dict[str, object], where: str
) -> None:
    with pytest.raises(InvalidError) as refused, db.transaction(tenant) as session:
        policies.change(session, tenant, changes, "ada")

    assert (refused.value.code, refused.value.problems[0].where) == ("schedule_unsatisfiable", where)
    with db.transaction(tenant) as session:
        assert policies.of(session, tenant) == STANDARD


def test_a_campaign_s_policy_is_found_with_the_tenant_s(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        sequence = a_sequence(session, tenant)
        campaign = Campaign(
            tenant_id=tenant, name="spring", sequence_id=sequence.id, policy={"caps": {"campaign_per_day": 7}}
        )
        session.add(campaign)
        session.flush()
        policies.change(session, tenant, {"timezone": "Europe/Berlin"}, "ada")

        assert policies.of(session, tenant, campaign.id) == Policy(
            timezone="Europe/Berlin", caps=Caps(campaign_per_day=7)
        )
    with pytest.raises(NotFoundError), db.transaction(other_tenant) as session:
        policies.of(session, other_tenant, campaign.id)
