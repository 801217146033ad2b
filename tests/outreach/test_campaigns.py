"""Campaigns: one sequence and one policy for several missions."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.outreach import campaign_views, campaigns, policies
from rex_celery.outreach.campaigns import New
from tests.factories import a_lead, a_mission, a_sequence, an_enrolment

ME = "user:ada@acme.example.com"
NOW = datetime(2026, 6, 2, 9, tzinfo=UTC)


def made(tenant: UUID, name: str = "Wake", **policy: object) -> UUID:
    with db.transaction(tenant) as session:
        return campaigns.create(session, tenant, New(name, "reactivation-soft", policy), actor=ME).id


def test_a_campaign_has_a_sequence_and_a_policy_of_its_own(tenant: UUID) -> None:
    id_ = made(tenant, caps={"campaign_per_day": 40})

    with db.transaction(tenant) as session:
        shown = campaign_views.get(session, id_)
        assert (shown.name, shown.sequence, shown.enrolled) == ("Wake", "Reactivation: e-mail only", 0)
        assert policies.of(session, tenant, id_).caps.campaign_per_day == 40
        assert policies.of(session, tenant).caps.campaign_per_day is None
        audit = session.execute(text("SELECT action, subject FROM audit")).one()
        assert tuple(audit) == ("campaign.created", str(id_))


def test_a_change_of_the_policy_leaves_what_it_does_not_name(tenant: UUID) -> None:
    id_ = made(tenant, caps={"campaign_per_day": 40}, holidays=False)
    with db.transaction(tenant) as session:
        campaigns.change_policy(session, tenant, id_, {"holidays": None, "caps": {"new_leads_per_day": 5}}, actor=ME)
        policy = policies.of(session, tenant, id_)

    assert (policy.holidays, policy.caps.campaign_per_day, policy.caps.new_leads_per_day) == (True, 40, 5)


@pytest.mark.parametrize(
    ("policy", "where"),
    [
        ({"colour": "red"}, "campaign.policy.colour"),
        ({"caps": {"campaign_per_day": -1}}, "campaign.policy.caps.campaign_per_day"),
        ({"timezone": "Europe/Berlin"}, "campaign.policy.timezone"),
        ({"hours": {"days": []}}, "policy.hours.days"),
    ],
)
def test_a_policy_with_problems_is_refused_with_their_places(
    tenant: UUID, policy: dict[str, object], where: str
) -> None:
    with pytest.raises(InvalidError) as refusal:
        made(tenant, **policy)
    assert where in [problem.where for problem in refusal.value.problems]
    id_ = made(tenant)
    with db.transaction(tenant) as session, pytest.raises(InvalidError):
        campaigns.change_policy(session, tenant, id_, policy, actor=ME)


def test_a_campaign_is_paused_and_goes_on(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        with pytest.raises(ConflictError, match="not paused"):
            campaigns.resume(session, id_, actor=ME)
        campaigns.pause(session, id_, NOW, actor=ME)
        assert campaign_views.get(session, id_).paused_at == NOW
        with pytest.raises(ConflictError, match="already"):
            campaigns.pause(session, id_, NOW, actor=ME)
        campaigns.resume(session, id_, actor=ME)
        assert campaign_views.get(session, id_).paused_at is None


def test_names_are_given_once(tenant: UUID) -> None:
    first, second = made(tenant), made(tenant, "Other")
    with pytest.raises(ConflictError, match="already"):
        made(tenant)
    with db.transaction(tenant) as session:
        with pytest.raises(ConflictError, match="already"):
            campaigns.rename(session, second, "Wake", actor=ME)
        campaigns.rename(session, first, "Wake", actor=ME)
        campaigns.rename(session, second, "Rise", actor=ME)
        assert {one.name for one in campaign_views.page(session).items} == {"Wake", "Rise"}


def test_a_campaign_with_people_on_their_way_is_not_archived(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        mission, sequence = a_mission(session, tenant, campaign_id=id_), a_sequence(session, tenant)
        enrolment = an_enrolment(session, mission, a_lead(session, tenant), sequence, campaign_id=id_)
        with pytest.raises(ConflictError, match="1 people"):
            campaigns.archive(session, id_, NOW, actor=ME)
        enrolment.state = "completed"
        session.flush()
        campaigns.archive(session, id_, NOW, actor=ME)
        assert campaign_views.page(session).items == []
        assert [one.missions for one in campaign_views.page(session, archived=True).items] == [1]
        with pytest.raises(ConflictError, match="archived"):
            campaigns.pause(session, id_, NOW, actor=ME)


def test_nothing_of_another_tenant_is_touched(tenant: UUID, other_tenant: UUID) -> None:
    theirs = made(other_tenant)
    with db.transaction(tenant) as session:
        for id_ in (theirs, uuid4()):
            for act in (
                lambda id_=id_: campaigns.pause(session, id_, NOW, actor=ME),
                lambda id_=id_: campaigns.resume(session, id_, actor=ME),
                lambda id_=id_: campaigns.archive(session, id_, NOW, actor=ME),
                lambda id_=id_: campaigns.rename(session, id_, "x", actor=ME),
                lambda id_=id_: campaigns.change_policy(session, tenant, id_, {}, actor=ME),
                lambda id_=id_: campaign_views.get(session, id_),
            ):
                with pytest.raises(NotFoundError):
                    act()
