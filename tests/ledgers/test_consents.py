"""The record of consents, by hand and by list."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance.consent import Agreement, consenting_among
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.ledgers import consent_lists, consents
from rex_celery.ledgers.suppression_lists import ListTaken
from rex_celery.vocabulary import Channel
from tests.factories import a_lead, a_message, a_mission

HEADER = "email,phone,channel,source,wording,given_at,evidence\n"
YES = Agreement(Channel.SMS, "web form", "Text me", datetime(2026, 3, 1, tzinfo=UTC), {"ip": "192.0.2.1"}, "user:1")


def take_in(tenant: UUID, words: str) -> ListTaken:
    return consent_lists.take_in(io.BytesIO(words.encode()), tenant, "test")


def test_a_consent_is_kept_with_its_evidence_and_audited(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant)
        stored = consents.record(session, tenant, lead.id, YES)
        assert (stored.evidence, stored.recorded_by, stored.channel) == ({"ip": "192.0.2.1"}, "user:1", "sms")
        assert consents.page(session, lead_id=lead.id, limit=5).items == [stored]
        assert consents.page(session, channel="email", limit=5).items == []
        assert consenting_among(session, [lead.id], Channel.SMS) == {lead.id}
        assert session.execute(text("SELECT action FROM audit")).scalar() == "consent.recorded"


def test_a_consent_of_nobody_or_of_tomorrow_is_refused(tenant: UUID) -> None:
    with pytest.raises(NotFoundError), db.transaction(tenant) as session:
        consents.record(session, tenant, uuid4(), YES)
    tomorrow = Agreement(Channel.SMS, "form", "Yes", clock.now() + timedelta(days=1))
    with pytest.raises(InvalidError), db.transaction(tenant) as session:
        consents.record(session, tenant, a_lead(session, tenant).id, tomorrow)


def test_a_withdrawn_consent_takes_back_what_waits_on_that_channel(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_lead(session, tenant)
        consents.record(session, tenant, lead.id, YES)
        a_message(session, mission, lead, channel="sms")
        a_message(session, mission, lead)
        assert consents.withdraw(session, lead.id, Channel.SMS, "wrote so", "user:1") == 1
        assert consents.withdraw(session, lead.id, Channel.SMS, "wrote so", "user:1") == 0
        assert consenting_among(session, [lead.id], Channel.SMS) == set()
        rows = session.execute(text("SELECT channel, state, reason FROM messages ORDER BY channel")).all()
        assert [tuple(row) for row in rows] == [("email", "planned", None), ("sms", "suppressed", "no_consent_sms")]
        (shown,) = consents.page(session, lead_id=lead.id, limit=5).items
        assert shown.withdrawn_at is not None


def test_a_list_names_known_people_and_again_adds_nothing(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, email="grace@example.com", phone="+12025550150")
        a_lead(session, tenant, email="kim@example.com", phone="+12025550151")
        a_lead(session, tenant, email="lee@example.com", phone="+12025550151")
    words = HEADER + (
        "grace@example.com,,sms,form,Text me,2026-03-01,192.0.2.1\n"
        ",+12025550150,email,form,Mail me,2026-03-01T09:30:00+02:00,\n"
        ",+12025550151,sms,form,Text me,2026-03-01,\n"
        "stranger@example.com,,sms,form,Text me,2026-03-01,\n"
        "grace@example.com,,fax,form,Fax me,2026-03-01,\n"
        "grace@example.com,,sms,form,,2026-03-01,\n"
        "grace@example.com,,sms,form,Text me,31/03/26,\n"
        "grace@example.com,,sms,form,Text me,2999-01-01,\n"
        "nobody,,sms,form,Text me,2026-03-01,\n"
        ",,sms,form,Text me,2026-03-01,\n"
    )
    taken = take_in(tenant, words)
    assert (taken.rows, taken.added, taken.known, taken.rejected) == (10, 2, 0, 8)
    assert [one.line for one in taken.rejections] == [4, 5, 6, 7, 8, 9, 10, 11]
    # A number that two people share names neither of them.
    assert taken.rejections[0].column == "phone"
    again = take_in(tenant, words)
    assert (again.added, again.known) == (0, 2)
    with db.transaction(tenant) as session:
        (sms, mail) = sorted(consents.page(session, limit=5).items, key=lambda one: one.channel, reverse=True)
    assert (sms.given_at, sms.evidence) == (datetime(2026, 3, 1, tzinfo=UTC), {"note": "192.0.2.1"})
    assert mail.given_at == datetime(2026, 3, 1, 7, 30, tzinfo=UTC)


def test_what_was_given_out_can_be_taken_in(tenant: UUID, other_tenant: UUID) -> None:
    for owner in (tenant, other_tenant):
        with db.transaction(owner) as session:
            a_lead(session, owner, email="grace@example.com", phone=None)
    take_in(tenant, HEADER + "grace@example.com,,sms,form,Text me,2026-03-01,proof\n")
    written = "".join(consents.export(tenant))
    assert take_in(other_tenant, written).added == 1
    assert take_in(tenant, written).added == 0
    assert "".join(consents.export(other_tenant)) == written


def test_another_tenants_consents_are_neither_seen_nor_touched(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        lead = a_lead(session, other_tenant, email="grace@example.com")
        consents.record(session, other_tenant, lead.id, YES)
    with db.transaction(tenant) as session:
        assert consents.page(session, limit=5).items == []
    with pytest.raises(NotFoundError), db.transaction(tenant) as session:
        consents.withdraw(session, lead.id, Channel.SMS, "x", "test")
    assert take_in(tenant, HEADER + "grace@example.com,,sms,form,Text me,2026-03-01,\n").rejected == 1
