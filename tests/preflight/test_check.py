"""A preflight finds everything at once, stores nothing, and says what the mission then does."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.errors import NotFoundError
from rex_celery.missions import launch
from rex_celery.missions.orders import Order, Sender
from rex_celery.preflight import audience, tally
from rex_celery.preflight.check import preflight
from rex_celery.preflight.views import Preflight
from tests.factories import a_connection, a_sequence, an_import, an_inbox
from tests.missions.conftest import HandCarrier, an_order, carrier  # noqa: F401  a fixture
from tests.outreach.enrolled import NOON, Clock, a_crowd, set_policy
from tests.preflight.lists import TEXTS, a_big_list, a_list


def asked(tenant: UUID, order: Order, price: Decimal | None = None) -> Preflight:
    with clock.replaced(Clock(NOON)):
        return preflight(tenant, order, NOON, price)


def over_days(tenant: UUID, imported: UUID, *steps: dict[str, object], **fields: object) -> Order:
    with db.transaction(tenant) as session:
        sequence = a_sequence(session, tenant, *(steps or TEXTS))
    return an_order(import_id=imported, sequence=str(sequence.id), **fields)


def held(found: Preflight) -> dict[str, int]:
    return {one.code: one.count for one in found.held_leads}


def codes(found: Preflight) -> set[str]:
    return {one.code for one in found.notices}


def everything(tenant: UUID) -> dict[str, int]:
    tables = ("missions", "steps", "outcomes", "messages", "enrolments", "inboxes", "cap_usage", "events", "todos")
    with db.transaction(tenant) as session:
        return {one: session.execute(text(f"SELECT count(*) FROM {one}")).scalar_one() for one in tables}


def test_every_lead_that_is_held_has_its_reason_and_an_example(tenant: UUID) -> None:
    imported, leads = a_list(tenant)
    found = asked(tenant, over_days(tenant, imported))
    by_code = {one.code: {example.lead_id for example in one.examples} for one in found.held_leads}
    assert by_code == {
        "suppressed_unsubscribed": {leads["unsubscribed"]},
        "already_enrolled": {leads["enrolled"]},
        "meeting_booked": {leads["meets us"]},
        "customer": {leads["customer"]},
        "role_address": {leads["a function"]},
        "disposable_domain": {leads["throw-away"]},
        "no_channel": {leads["unreachable"]},
        "content_unresolved_variable": {leads["nameless"], leads["no company"]},
    }
    assert all(one.text and one.action for one in (*found.held_leads, *found.held_messages))
    assert found.leads.looked_at == found.audience == len(leads)
    assert found.leads.held == sum(held(found).values())
    assert found.leads.looked_at == found.leads.ready + found.leads.held
    assert found.messages.looked_at == found.messages.ready + found.messages.held


def test_single_messages_are_held_with_their_step(tenant: UUID) -> None:
    imported, leads = a_list(tenant)
    found = asked(tenant, over_days(tenant, imported))
    of = {one.code: {(example.lead_id, example.step_key) for example in one.examples} for one in found.held_messages}
    assert (leads["no consent"], "text") in of["no_consent_sms"]
    assert (leads["far away"], "text") in of["sms_hours_unknown"]
    assert (leads["no city"], "last") in of["content_unresolved_variable"]
    steps = {one.step_key: (one.ready, one.held) for one in found.steps}
    assert steps["text"][0] == 1
    assert sum(map(sum, steps.values())) == found.messages.looked_at


def test_people_who_are_in_the_list_twice_are_pointed_out_and_not_held(tenant: UUID) -> None:
    imported, leads = a_list(tenant)
    found = asked(tenant, over_days(tenant, imported))
    [twins] = [one for one in found.warnings if one.code == "duplicate_person"]
    assert twins.count == 1
    assert twins.examples[0].lead_id in {leads["spelled otherwise"], leads["the same"]}
    assert (
        str(leads["spelled otherwise"]) in twins.examples[0].found or str(leads["the same"]) in twins.examples[0].found
    )


def test_nothing_is_stored(tenant: UUID) -> None:
    imported, _ = a_list(tenant)
    order, before = over_days(tenant, imported), everything(tenant)
    asked(tenant, order)
    assert everything(tenant) == before


@pytest.mark.parametrize("sequence", [None, "own", "reactivation", "first-touch"])
def test_the_mission_then_does_what_the_preflight_said(
    carrier: HandCarrier,  # noqa: F811
    tenant: UUID,
    sequence: str | None,
) -> None:
    imported, _ = a_list(tenant)
    order = over_days(tenant, imported) if sequence == "own" else an_order(import_id=imported, sequence=sequence)
    with clock.replaced(Clock(NOON)):
        found = preflight(tenant, order, NOON)
        with db.transaction(tenant) as session:
            [mission] = launch.submit(session, tenant, [order], actor="a test")
        carrier.run_all()
    with db.transaction(tenant) as session:
        ended = text(
            "SELECT reason, count(*) AS n FROM outcomes WHERE mission_id = :m AND reason IS NOT NULL GROUP BY 1"
        )
        reasons = {row.reason: row.n for row in session.execute(ended, {"m": mission})}
        left = text("""
SELECT count(*) FROM messages AS m JOIN outcomes AS o USING (mission_id, lead_id)
WHERE m.mission_id = :m AND m.state IN ('planned', 'accepted') AND o.state IN ('pending', 'sent')""")
        going = session.execute(left, {"m": mission}).scalar_one()
    assert held(found) == reasons
    # That nobody knows when a number may be texted shows when the text is due, so the mission still plans it.
    unknown = sum(one.count for one in found.held_messages if one.code == "sms_hours_unknown")
    assert found.messages.ready + unknown == going


def test_every_finding_of_a_message_is_told_not_only_the_first(tenant: UUID) -> None:
    body = "Hello {{ first_name }}. Act now: https://a.example https://b.example " + "word " * 210
    wrong = {"key": "mail", "channel": "email", "day": 0, "subject": "Offer", "body": body}
    found = asked(tenant, over_days(tenant, a_big_list(tenant, 2), wrong))
    named = {one.code: one.count for one in found.held_messages}
    # The third link is the footer's.
    assert named == {"content_too_long": 2, "content_too_many_links": 2, "content_spam_phrase": 2}
    assert held(found) == {"content_too_long": 2}
    assert not found.ok
    assert "nobody" in codes(found)


def test_all_that_is_wrong_with_the_order_is_told_with_the_leads(tenant: UUID) -> None:
    order = replace(over_days(tenant, a_big_list(tenant, 1)), sender=Sender("Ada", "nowhere", ""), priority=200)
    found = asked(tenant, order)
    assert {one.where for one in found.notices if one.code == "order"} == {
        "priority",
        "sender.email",
        "sender.postal_address",
    }
    assert not found.ok
    assert held(found) == {"content_no_postal_address": 1}


def test_an_empty_audience_is_an_error(tenant: UUID) -> None:
    found = asked(tenant, over_days(tenant, a_big_list(tenant, 0)))
    assert "no_leads" in codes(found)
    assert (found.ok, found.capacity.days) == (False, None)


def test_windows_that_never_open_are_an_error(tenant: UUID) -> None:
    imported = a_big_list(tenant, 2)
    with db.transaction(tenant) as session:
        # The hour that the clocks skip, on a day that is skipped, too: nobody could store this over HTTP.
        set_policy(session, tenant, '{"sms_hours": {"start": "21:00", "end": "22:00", "days": [1]}}')
        session.execute(text("UPDATE leads SET phone = '+12025550143'"))
        agreed = "INSERT INTO consents (id, tenant_id, lead_id, channel, source, wording, given_at)"
        session.execute(text(f"{agreed} SELECT gen_random_uuid(), tenant_id, id, 'sms', 'f', 'w', now() FROM leads"))
    found = asked(tenant, over_days(tenant, imported))
    assert not found.ok
    [error] = [one for one in found.notices if one.code == "schedule_unsatisfiable"]
    assert "sms_hours" in error.where
    assert {one.code: one.count for one in found.held_messages} == {"schedule_unsatisfiable": 2}


def test_a_stored_sequence_that_is_broken_meanwhile_is_an_error(tenant: UUID) -> None:
    lost = {"key": "mail", "channel": "email", "day": 0, "subject": "Hello", "body": "{{ snippet.gone }}"}
    found = asked(tenant, over_days(tenant, a_big_list(tenant, 1), lost))
    [error] = [one for one in found.notices if one.code == "sequence"]
    assert "there is no snippet 'gone'" in error.text


def test_who_sends_is_said_and_who_does_not(tenant: UUID) -> None:
    imported = a_big_list(tenant, 2)
    found = asked(tenant, over_days(tenant, imported, autonomy="approve_first_n"))
    assert {one.code for one in found.notices} == {"built_in_outbox"}
    assert [(one.provider, one.built_in, one.inbox_id) for one in found.senders] == [("outbox", True, None)]
    with db.transaction(tenant) as session:
        account = a_connection(session, tenant)
        both = {"provider": "sendgrid", "connection_id": account.id}
        an_inbox(session, tenant, **both, per_day=7)
        an_inbox(session, tenant, **both, state="paused", reason="sender_paused")
    found = asked(tenant, over_days(tenant, imported, autonomy="approve_first_n"))
    assert codes(found) == {"sender_paused", "waiting_approval"}
    assert found.ok
    assert sorted((one.sends, one.per_day) for one in found.senders) == [(False, 50), (True, 7)]
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE inboxes SET state = 'suspended', reason = NULL"))
        session.execute(text("UPDATE tenants SET sending_stopped_at = now() WHERE id = :t"), {"t": tenant})
    assert {"waiting_sender", "sending_stopped"} <= codes(asked(tenant, over_days(tenant, imported)))


def test_a_mission_that_would_take_years_is_pointed_out(tenant: UUID) -> None:
    imported = a_big_list(tenant, 3)
    with db.transaction(tenant) as session:
        an_inbox(session, tenant, provider="sendgrid", connection_id=a_connection(session, tenant).id, per_day=0)
    found = asked(tenant, over_days(tenant, imported))
    assert "too_long" in codes(found)
    assert found.capacity.days is None
    assert found.capacity.limited_by is not None
    assert found.capacity.limited_by.code == "waiting_cap_inbox"


def test_who_was_written_to_lately_is_pointed_out(tenant: UUID) -> None:
    crowd = a_crowd(tenant)
    assert crowd.send(Clock(NOON)) == 1
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE enrolments SET state = 'completed', ended_at = now()"))
        imported = an_import(session, tenant, crowd.leads[0]).id
    found = asked(tenant, over_days(tenant, imported))
    [one] = found.warnings
    assert (one.code, one.count, one.examples[0].lead_id) == ("waiting_pressure", 1, crowd.leads[0].id)
    assert found.leads.ready == 1


def test_text_messages_are_counted_in_segments_and_money_only_if_a_price_is_known(tenant: UUID) -> None:
    imported, _ = a_list(tenant)
    order = over_days(tenant, imported)
    assert asked(tenant, order).texts.cost is None
    texts = asked(tenant, order, Decimal("0.0079")).texts
    assert (texts.messages, texts.segments, texts.cost) == (1, 1, Decimal("0.0079"))


def test_a_large_list_is_cut_and_reckoned_for_all_of_it(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = a_big_list(tenant, 60)
    order = over_days(tenant, imported)
    whole = asked(tenant, order)
    monkeypatch.setattr(audience, "MOST_LEADS", 30)
    monkeypatch.setattr(audience, "STRIDE", 7)
    found = asked(tenant, order)
    assert (found.audience, found.leads.looked_at) == (60, 30)
    assert "audience_cut" in codes(found)
    assert found.capacity.messages == whole.capacity.messages
    assert found.capacity.days == whole.capacity.days


def test_no_more_than_fifty_leads_are_named_for_one_reason(tenant: UUID) -> None:
    imported = a_big_list(tenant, 60)
    with db.transaction(tenant) as session:
        session.execute(text("UPDATE leads SET deal_stage = 'Closed Won'"))
    [one] = asked(tenant, over_days(tenant, imported)).held_leads
    assert (one.code, one.count, len(one.examples)) == ("customer", 60, tally.MOST_EXAMPLES)


def test_the_lists_and_sequences_of_another_tenant_do_not_exist(tenant: UUID, other_tenant: UUID) -> None:
    theirs = over_days(other_tenant, a_big_list(other_tenant, 1))
    with pytest.raises(NotFoundError):
        asked(tenant, theirs)
    with pytest.raises(NotFoundError):
        asked(tenant, replace(theirs, import_id=None))
    with pytest.raises(NotFoundError):
        asked(tenant, replace(theirs, sequence=None))
    assert asked(tenant, an_order()).audience == 0
