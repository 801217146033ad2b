"""The suppression ledger."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rex_celery import db
from rex_celery.compliance.suppression import Person, Stop, suppress, suppressed_among, unsubscribe
from rex_celery.errors import NotFoundError
from rex_celery.models import Event, Lead, Message, Outcome, OutcomeCounter, Suppression
from tests.factories import a_lead, a_message, a_mission, an_outcome

STOP = Stop("suppressed_opt_out", "reply", {"words": "no thanks"})


def a_person(session: Session, tenant: UUID, **fields: object) -> Lead:
    """A lead whom nobody shares a phone number with."""
    return a_lead(session, tenant, **({"phone": None} | fields))


def state_of(session: Session, message: Message) -> tuple[str, str | None]:
    return session.execute(select(Message.state, Message.reason).where(Message.id == message.id)).one()


def outcome_of(session: Session, lead: Lead) -> tuple[str, str | None]:
    return session.execute(select(Outcome.state, Outcome.reason).where(Outcome.lead_id == lead.id)).one()


def _suppress_and_fail(tenant: UUID, lead_id: UUID) -> None:
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(lead_id), STOP)
        raise InterruptedError


def test_a_suppressed_persons_planned_messages_are_taken_back_at_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead, other = a_mission(session, tenant), a_person(session, tenant), a_person(session, tenant)
        mine, theirs = a_message(session, mission, lead), a_message(session, mission, other)
        an_outcome(session, mission, lead)
        an_outcome(session, mission, other)
        assert suppress(session, tenant, Person(lead.id), STOP)
        assert state_of(session, mine) == ("suppressed", "suppressed_opt_out")
        assert outcome_of(session, lead) == ("suppressed", "suppressed_opt_out")
        assert state_of(session, theirs) == ("planned", None)
        assert outcome_of(session, other) == ("pending", None)
        counter = session.scalars(select(OutcomeCounter).where(OutcomeCounter.mission_id == mission.id)).one()
        assert (counter.planned, counter.suppressed, counter.pending) == (2, 1, 1)


@pytest.mark.parametrize("state", ["submitted", "unknown"])
def test_a_message_on_its_way_keeps_its_outcome_open(tenant: UUID, state: str) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        message = a_message(session, mission, lead, state=state)
        an_outcome(session, mission, lead)
        suppress(session, tenant, Person(lead.id), STOP)
        assert state_of(session, message) == (state, None)
        assert outcome_of(session, lead) == ("pending", None)


def test_what_was_sent_stays_sent(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        message = a_message(session, mission, lead, state="accepted")
        an_outcome(session, mission, lead, state="sent")
        suppress(session, tenant, Person(lead.id), STOP)
        assert (state_of(session, message)[0], outcome_of(session, lead)[0]) == ("accepted", "sent")


def test_nothing_is_taken_back_when_the_transaction_fails(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        message = a_message(session, mission, lead)
    with pytest.raises(InterruptedError):
        _suppress_and_fail(tenant, lead.id)
    with db.transaction(tenant) as session:
        assert state_of(session, message)[0] == "planned"
        assert suppressed_among(session, [lead.id]) == {}


def test_every_lead_with_the_same_number_is_the_same_person(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        one = a_person(session, tenant, phone="+12025550199")
        two = a_person(session, tenant, phone="+12025550199")
        message = a_message(session, mission, two)
        suppress(session, tenant, Person(one.id), STOP)
        assert state_of(session, message)[0] == "suppressed"
        assert set(suppressed_among(session, [one.id, two.id])) == {one.id, two.id}


def test_a_person_may_be_named_by_address_or_number_alone(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        by_email = a_person(session, tenant, email="kim@example.com")
        by_phone = a_person(session, tenant, phone="+12025550188")
        suppress(session, tenant, Person(email="kim@example.com"), STOP)
        suppress(session, tenant, Person(phone="+12025550188"), STOP)
        assert set(suppressed_among(session, [by_email.id, by_phone.id])) == {by_email.id, by_phone.id}


def test_an_address_that_is_suppressed_before_it_is_imported_stays_suppressed(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        assert suppress(session, tenant, Person(email="later@example.com"), STOP)
        lead = a_person(session, tenant, email="later@example.com")
        assert suppressed_among(session, [lead.id]) == {lead.id: "suppressed_opt_out"}


def test_doing_it_again_adds_no_row_but_catches_what_was_planned_since(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        assert suppress(session, tenant, Person(lead.id), STOP)
        late = a_message(session, mission, lead)
        assert not suppress(session, tenant, Person(lead.id), STOP)
        assert state_of(session, late)[0] == "suppressed"
        assert session.scalar(select(func.count()).select_from(Suppression)) == 1


def test_the_first_reason_is_the_one_that_is_told(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_person(session, tenant)
        suppress(session, tenant, Person(lead.id), STOP)
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(lead.id), Stop("suppressed_bounce", "smtp"))
        assert suppressed_among(session, [lead.id, uuid4()]) == {lead.id: "suppressed_opt_out"}


def test_the_stop_is_announced_without_the_address(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_person(session, tenant)
        suppress(session, tenant, Person(lead.id), STOP)
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(lead.id), STOP)
    with db.transaction(tenant) as session:
        events = session.execute(select(Event.type, Event.payload)).all()
    assert [kind for kind, _ in events] == ["lead.suppressed"]
    assert events[0][1] == {"lead_id": str(lead.id), "reason": "suppressed_opt_out"}


def test_another_tenants_person_is_neither_seen_nor_touched(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        mission, lead = a_mission(session, other_tenant), a_person(session, other_tenant, email="kim@example.com")
        message = a_message(session, mission, lead)
    with db.transaction(tenant) as session:
        suppress(session, tenant, Person(lead.id, "kim@example.com"), STOP)
    with db.transaction(other_tenant) as session:
        assert state_of(session, message)[0] == "planned"
        assert suppressed_among(session, [lead.id]) == {}


def test_the_unsubscribe_link_suppresses_whom_the_message_went_to(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        message = a_message(session, mission, lead, state="accepted")
        assert unsubscribe(session, tenant, message.id, "link")
        assert not unsubscribe(session, tenant, message.id, "link")
        assert suppressed_among(session, [lead.id]) == {lead.id: "suppressed_unsubscribed"}
        entry = session.scalars(select(Suppression)).one()
        assert (entry.email, entry.evidence) == (lead.email, {"message_id": str(message.id)})


def test_the_address_that_was_written_to_counts_even_if_the_lead_has_a_new_one(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant, email="new@example.com")
        message = a_message(session, mission, lead, recipient="old@example.com", state="accepted")
        unsubscribe(session, tenant, message.id, "link")
        returned = a_person(session, tenant, email="old@example.com")
        assert set(suppressed_among(session, [lead.id, returned.id])) == {lead.id, returned.id}


def test_a_link_to_a_message_that_is_gone_is_refused(tenant: UUID) -> None:
    with pytest.raises(NotFoundError), db.transaction(tenant) as session:
        unsubscribe(session, tenant, uuid4(), "link")


def test_many_leads_are_looked_up_together(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        leads = [a_person(session, tenant) for _ in range(50)]
        for lead in leads[::2]:
            suppress(session, tenant, Person(lead.id), STOP)
        found = suppressed_among(session, [lead.id for lead in leads])
    assert Counter(found.values()) == {"suppressed_opt_out": 25}


def test_a_domain_stops_everybody_there_and_below_and_nobody_beside(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        there = a_person(session, tenant, email="kim@acme.example.com")
        below = a_person(session, tenant, email="lee@mail.acme.example.com")
        beside = [a_person(session, tenant, email=f"{name}@{at}") for name, at in BESIDE]
        message = a_message(session, mission, below)
        assert suppress(session, tenant, Person(domain="acme.example.com"), STOP)
        assert not suppress(session, tenant, Person(domain="acme.example.com"), STOP)
        assert state_of(session, message) == ("suppressed", "suppressed_opt_out")
        later = a_person(session, tenant, email="max@acme.example.com")
        everybody = [there.id, below.id, later.id, *(lead.id for lead in beside)]
        assert set(suppressed_among(session, everybody)) == {there.id, below.id, later.id}


BESIDE = (("kim", "example.com"), ("kim", "notacme.example.com"), ("acme.example.com", "example.org"))


def test_a_stop_of_one_channel_stops_that_channel_only(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_person(session, tenant)
        text, mail = a_message(session, mission, lead, channel="sms"), a_message(session, mission, lead)
        assert suppress(session, tenant, Person(lead.id), Stop("suppressed_opt_out", "sms", scope="sms"))
        assert (state_of(session, text)[0], state_of(session, mail)[0]) == ("suppressed", "planned")
        assert suppressed_among(session, [lead.id], "email") == {}
        assert suppressed_among(session, [lead.id], "sms") == {lead.id: "suppressed_opt_out"}
        # Who does not say which channel is told of any stop.
        assert suppressed_among(session, [lead.id]) == {lead.id: "suppressed_opt_out"}


def test_a_stop_of_everything_takes_the_place_of_none_and_of_one_channel(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_person(session, tenant)
        narrow = Stop("suppressed_manual", "hand", scope="sms")
        assert suppress(session, tenant, Person(lead.id), narrow)
        assert suppress(session, tenant, Person(lead.id), Stop("suppressed_manual", "hand"))
        assert not suppress(session, tenant, Person(lead.id), narrow)
        assert set(suppressed_among(session, [lead.id], "email")) == {lead.id}
