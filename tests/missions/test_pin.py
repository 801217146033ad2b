"""Which sequence a mission follows: named, brought by a campaign, or needed because its mail leaves this machine."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import config, db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.missions import launch
from rex_celery.models import Campaign
from tests.factories import a_sequence
from tests.missions import asking
from tests.missions.conftest import HandCarrier, an_order
from tests.missions.following import a_real_inbox


def submit(tenant: UUID, **fields: object) -> dict[str, object]:
    """The stored sequence and campaign of a mission that was ordered like this."""
    with db.transaction(tenant) as session:
        (mission,) = launch.submit(session, tenant, [an_order(**fields)], actor="a test")
        row = session.execute(text("SELECT params, campaign_id FROM missions WHERE id = :id"), {"id": mission}).one()
    return {"sequence": row.params["sequence"], "campaign": row.campaign_id}


def a_campaign(tenant: UUID, **fields: object) -> tuple[UUID, UUID]:
    with db.transaction(tenant) as session:
        sequence = a_sequence(session, tenant)
        campaign = Campaign(tenant_id=tenant, name="Spring", sequence_id=sequence.id, **fields)
        session.add(campaign)
        session.flush()
        return campaign.id, sequence.id


def test_without_one_the_messages_go_to_the_outbox_at_once(carrier: HandCarrier, tenant: UUID) -> None:
    assert submit(tenant) == {"sequence": None, "campaign": None}


def test_a_sequence_is_named_by_its_name_or_id_and_pinned_to_its_version(carrier: HandCarrier, tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        sequence = a_sequence(session, tenant)
    for name in (sequence.name, str(sequence.id)):
        assert submit(tenant, sequence=name)["sequence"] == {"id": str(sequence.id), "version": 1}
    assert submit(tenant, sequence="first-touch")["sequence"]


def test_reactivation_is_a_family_with_a_form_for_each_strategy(carrier: HandCarrier, tenant: UUID) -> None:
    family = submit(tenant, sequence="reactivation")["sequence"]
    assert set(family["family"]) == {"multi_channel", "standard", "soft_touch"}  # type: ignore[index]


def test_a_campaign_brings_its_sequence(carrier: HandCarrier, tenant: UUID) -> None:
    campaign, sequence = a_campaign(tenant)
    assert submit(tenant, campaign=campaign) == {
        "sequence": {"id": str(sequence), "version": 1},
        "campaign": campaign,
    }


def test_what_leaves_this_machine_gets_the_shortest_sequence(
    carrier: HandCarrier, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    shortest = "SELECT id::text FROM sequences WHERE shipped_key = 'first-touch'"
    with monkeypatch.context() as patch:
        patch.setattr(type(config.settings()), "delivery", property(lambda _: "smtp"))
        over_smtp = submit(tenant)["sequence"]
    assert over_smtp["id"] == asking.one(tenant, shortest)  # type: ignore[index]
    assert submit(tenant)["sequence"] is None
    a_real_inbox(tenant)
    assert submit(tenant)["sequence"] == over_smtp


@pytest.mark.parametrize(
    ("fields", "code", "action"),
    [
        ({"sequence": "nobody knows it"}, "sequence_not_found", "There are: reactivation, First touch"),
        ({"campaign": uuid4()}, "campaign_not_found", "Campaigns are: none."),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(
    carrier: HandCarrier, tenant: UUID, fields: dict[str, object], code: str, action: str
) -> None:
    with pytest.raises(NotFoundError) as refused:
        submit(tenant, **fields)
    assert refused.value.code == code
    assert action in str(refused.value.action)
    assert asking.one(tenant, "SELECT count(*) FROM missions") == 0


def test_what_is_another_tenants_is_not_there(carrier: HandCarrier, tenant: UUID, other_tenant: UUID) -> None:
    campaign, sequence = a_campaign(other_tenant)
    with pytest.raises(NotFoundError):
        submit(tenant, campaign=campaign)
    with pytest.raises(NotFoundError):
        submit(tenant, sequence=str(sequence))


def test_what_was_archived_is_refused(carrier: HandCarrier, tenant: UUID) -> None:
    campaign, _ = a_campaign(tenant, archived_at=datetime(2026, 6, 1, tzinfo=UTC))
    with pytest.raises(ConflictError, match="archived"):
        submit(tenant, campaign=campaign)


def test_a_campaign_has_its_own_sequence_so_both_are_refused(carrier: HandCarrier, tenant: UUID) -> None:
    with pytest.raises(InvalidError) as refused:
        submit(tenant, campaign=uuid4(), sequence="reactivation")
    assert [problem.where for problem in refused.value.problems] == ["sequence"]
