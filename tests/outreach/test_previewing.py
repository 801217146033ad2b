"""Previews of sequences."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import NotFoundError
from rex_celery.outreach import previewing, shipped_forms, steps
from rex_celery.tenancy.settings import SenderSettings
from tests.factories import a_lead

TODAY = date(2026, 7, 1)
SENDER = SenderSettings("Ada Park", "ada@harbor.example.com", "1 Main Street, Springfield", "a 20-minute energy audit")
PLAIN = {"key": "first", "channel": "email", "day": 0, "subject": "Still open?"}
FORMS = {form.key: steps.read(form.steps) for form in shipped_forms.forms()}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("reader", [previewing.sample(TODAY), previewing.stranger()], ids=["sample", "stranger"])
def test_the_shipped_sequences_can_be_sent_to_anybody(form: str, reader: previewing.Reader) -> None:
    for one in previewing.render(FORMS[form], reader, SENDER, {}, TODAY):
        assert (one.problem, one.findings) == (None, []), one.key
        assert one.body
        assert "Ada Park" in one.body


def test_a_stored_lead_is_written_to_from_its_record(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        stored = a_lead(session, tenant, first_name="Grace", last_activity="Call", last_activity_on=date(2026, 5, 3))
        reader = previewing.lead(session, stored.id)
    shown = {one.key: one for one in previewing.render(FORMS["reactivation-multi"], reader, SENDER, {}, TODAY)}

    assert "Grace" in shown["opening"].body
    assert shown["opening"].subject
    assert "we last spoke in May" in shown["summary"].body
    assert (shown["text"].segments, shown["summary"].segments) == (1, None)


def test_a_fact_that_is_missing_is_named_and_the_other_steps_are_shown() -> None:
    written = steps.read([PLAIN | {"body": "Hello {{ city }}"}, PLAIN | {"key": "second", "day": 2, "body": "Hello"}])
    first, second = previewing.render(written, previewing.stranger(), SENDER, {}, TODAY)

    assert first.problem
    assert (first.problem.code, "'city'" in first.problem.found) == ("content_unresolved_variable", True)
    assert (second.problem, second.body) == (None, "Hello")


def test_what_quality_control_would_hold_back_is_told() -> None:
    (shown,) = previewing.render(
        steps.read([PLAIN | {"body": "Act now! " + "word " * 200}]), previewing.stranger(), SENDER, {}, TODAY
    )
    assert [one.code for one in shown.findings] == ["content_too_long", "content_spam_phrase"]


def test_a_preview_needs_no_sender_yet_and_says_what_will_be_missing() -> None:
    nobody = SenderSettings("", "", "", "")
    (shown,) = previewing.render(
        steps.read([PLAIN | {"body": "{{ sender_name }}"}]), previewing.stranger(), nobody, {}, TODAY
    )

    assert shown.body == "Your Name"
    assert [one.code for one in shown.findings] == ["content_no_postal_address"]


def test_nothing_is_stored_and_a_strangers_lead_is_not_found(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_lead(session, other_tenant)
    with db.transaction(tenant) as session:
        for id_ in (theirs.id, uuid4()):
            with pytest.raises(NotFoundError):
                previewing.lead(session, id_)
        assert session.execute(text("SELECT count(*) FROM messages")).scalar_one() == 0
