"""The record of consent."""

from datetime import UTC, datetime
from uuid import UUID

from rex_celery import db
from rex_celery.compliance.consent import Agreement, consenting_among, record, withdraw
from rex_celery.vocabulary import Channel
from tests.factories import a_lead

GIVEN = datetime(2026, 5, 1, tzinfo=UTC)
TEXTS = Agreement(Channel.SMS, "web form", "Yes, text me about my quote.", GIVEN)


def test_only_who_agreed_to_this_channel_is_found(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        agreed, silent = a_lead(session, tenant), a_lead(session, tenant)
        record(session, tenant, agreed.id, TEXTS)
        assert consenting_among(session, [agreed.id, silent.id], Channel.SMS) == {agreed.id}
        assert consenting_among(session, [agreed.id, silent.id], Channel.LINKEDIN) == set()


def test_a_consent_that_was_withdrawn_does_not_count_until_it_is_given_again(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant)
        record(session, tenant, lead.id, TEXTS)
        assert withdraw(session, lead.id, Channel.SMS, GIVEN) == 1
        assert withdraw(session, lead.id, Channel.SMS, GIVEN) == 0
        assert consenting_among(session, [lead.id], Channel.SMS) == set()
        record(session, tenant, lead.id, TEXTS)
        assert consenting_among(session, [lead.id], Channel.SMS) == {lead.id}


def test_another_tenants_consent_is_not_seen(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        lead = a_lead(session, other_tenant)
        record(session, other_tenant, lead.id, TEXTS)
    with db.transaction(tenant) as session:
        assert consenting_among(session, [lead.id], Channel.SMS) == set()
        assert withdraw(session, lead.id, Channel.SMS, GIVEN) == 0
