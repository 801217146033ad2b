"""A person's timeline: everything that happened from every place where it is kept, newest first, theirs alone."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance import consent, suppression
from rex_celery.compliance.consent import Agreement
from rex_celery.compliance.suppression import Person, Stop
from rex_celery.errors import NotFoundError
from rex_celery.explain import lead
from rex_celery.explain.timeline import Part
from rex_celery.explain.views import LeadExplained
from rex_celery.models import LeadHistory, Meeting, Reply
from rex_celery.vocabulary import Channel
from tests.factories import a_message, a_suppression
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

HOUR = timedelta(hours=1)


def asked(crowd: Crowd, part: Part = lead.NEWEST) -> LeadExplained:
    with db.transaction(crowd.tenant) as session:
        return lead.explain(session, crowd.tenant, crowd.leads[0].id, NOON + 3 * HOUR, part)


def a_full_life(tenant: UUID) -> Crowd:
    crowd = a_crowd(tenant, 2)
    crowd.send(Clock(NOON), Recorder())
    mine = {"tenant_id": tenant, "lead_id": crowd.leads[0].id}
    with db.transaction(tenant) as session, clock.replaced(Clock(NOON + 2 * HOUR)):
        session.add(LeadHistory(**mine, mission_id=crowd.mission.id, agent="reviver", state="pending"))
        agreed = Agreement(Channel.SMS, "form", "Text me", NOON - HOUR)
        consent.record(session, tenant, crowd.leads[0].id, agreed)
        reply = {"channel": "email", "external_id": "<1@example.com>", "sender": "x", "recipient": "y", "kind": "reply"}
        session.add(Reply(**mine, **reply, label="meeting", received_at=NOON + HOUR))
        booked = {"provider": "page", "provider_id": "1", "invitee_name": "G", "invitee_email": "g@example.com"}
        session.add(Meeting(**mine, **booked, starts_at=NOON + 48 * HOUR, ends_at=NOON + 49 * HOUR))
        stop = Stop("suppressed_reply", "reply")
        suppression.suppress(session, tenant, Person(crowd.leads[0].id), stop)
    return crowd


def test_everything_that_happened_is_there_newest_first(tenant: UUID) -> None:
    found = asked(a_full_life(tenant))
    kinds = {one.kind for one in found.timeline}
    expected = {"known", "enrolled", "written", "sent", "delivery.accepted", "agent.pending", "agent.sent", "consented"}
    assert kinds == expected | {"received.reply", "booked", "suppressed", "ended"}
    assert [one.at for one in found.timeline] == sorted((one.at for one in found.timeline), reverse=True)
    assert all(one.text for one in found.timeline)
    ended = next(one for one in found.timeline if one.kind == "ended")
    assert ended.why is not None
    assert ended.why.code == "suppressed_reply"


def test_an_answer_and_a_start_are_told_in_words_of_their_own(tenant: UUID) -> None:
    crowd = a_full_life(tenant)
    with db.transaction(tenant) as session:
        answer = {"step_key": "answer:1", "state": "accepted", "sent_at": NOON + 3 * HOUR, "inbox_id": crowd.inbox.id}
        a_message(session, crowd.mission, crowd.leads[0], **answer)
        start = {"channel": "sms", "external_id": "SM1", "sender": "x", "recipient": "y", "kind": "automatic"}
        session.add(Reply(tenant_id=tenant, lead_id=crowd.leads[0].id, **start, received_at=NOON + 4 * HOUR))
    told = [one.text for one in asked(crowd).timeline]
    assert "The answer left: e-mail." in told
    assert "They asked by a word such as START to be written to again." in told
    assert not [one for one in told if "answer:" in one or "machine" in one]


def test_a_stop_shows_by_whatever_it_names_them_and_nobody_elses_does(tenant: UUID) -> None:
    crowd = a_crowd(tenant, phone="+12025550143")
    with db.transaction(tenant) as session:
        names = {"email": crowd.leads[0].email, "phone": "+12025550143", "domain": "example.com"}
        for field, value in names.items():
            a_suppression(session, tenant, source=field, **{field: value})
        for field, value in {"email": "x@example.com", "phone": "+12025550144", "domain": "ple.com"}.items():
            a_suppression(session, tenant, source=f"not {field}", **{field: value})
    shown = {one.by for one in asked(crowd).timeline if one.kind == "suppressed"}
    assert shown == {"email", "phone", "domain"}


def test_who_was_stopped_has_the_reason_and_nothing_next(tenant: UUID) -> None:
    found = asked(a_full_life(tenant))
    assert [one.code for one in found.stops] == ["suppressed_reply"]
    assert found.next is None
    assert found.texting
    [enrolment] = found.enrolments
    assert (enrolment.state, enrolment.counts.planned) == ("stopped", 2)


def test_who_is_on_their_way_has_a_next_message_with_its_time(tenant: UUID) -> None:
    found = asked(a_crowd(tenant))
    assert found.stops == []
    assert found.next is not None
    assert found.next.message.step_key == "first"
    assert found.next.next_at == NOON + 3 * HOUR
    assert found.summary == found.next.summary


def test_a_long_life_is_told_in_parts_without_a_gap(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    mine = {"tenant_id": tenant, "lead_id": crowd.leads[0].id, "mission_id": crowd.mission.id, "agent": "reviver"}
    with db.transaction(tenant) as session:
        session.add_all(LeadHistory(**mine, state="pending", at=NOON - n * HOUR) for n in range(1, 20))
    whole = [one for one in asked(crowd).timeline if one.kind == "agent.pending"]
    assert len(whole) == 19
    seen, part = [], Part(limit=7)
    while True:
        found = asked(crowd, part)
        seen += [one for one in found.timeline if one.kind == "agent.pending"]
        if not found.more:
            break
        part = Part(7, found.timeline[-1].at)
    assert seen == whole


def test_nothing_of_anybody_else_is_shown(tenant: UUID, other_tenant: UUID) -> None:
    crowd, theirs = a_full_life(tenant), a_full_life(other_tenant)
    with db.transaction(tenant) as session:
        second = lead.explain(session, tenant, crowd.leads[1].id, NOON)
        assert {one.kind for one in second.timeline} == {
            "known",
            "enrolled",
            "written",
            "sent",
            "delivery.accepted",
            "agent.sent",
        }
        with pytest.raises(NotFoundError):
            lead.explain(session, tenant, theirs.leads[0].id, NOON)
        mine = set(session.scalars(text("SELECT id FROM messages")))
    assert {one.message_id for one in second.timeline if one.message_id} <= mine
