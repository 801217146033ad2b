"""Changing sequences without changing what anybody is on their way through."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.models import Campaign
from rex_celery.outreach import sequence_edits, sequences, snippets
from rex_celery.outreach.sequence_edits import Edit, New

STEP = {"key": "first", "channel": "email", "day": 0, "subject": "Still open?", "body": "Hello."}
ME = "user:ada@acme.example.com"


def made(tenant: UUID, name: str = "Spring") -> UUID:
    with db.transaction(tenant) as session:
        return sequence_edits.create(session, tenant, New(name, [STEP]), actor=ME)


def test_a_new_sequence_has_one_version_which_is_active_and_is_noted(tenant: UUID) -> None:
    id_ = made(tenant)

    with db.transaction(tenant) as session:
        assert sequences.resolve(session, tenant, "Spring") == (id_, 1)
        assert sequences.version(session, id_, 1)[0].subject == "Still open?"
        audit = session.execute(text("SELECT actor, action, subject FROM audit")).one()
        assert tuple(audit) == (ME, "sequence.created", str(id_))


@pytest.mark.parametrize("name", ["Spring", "first-touch"])
def test_a_name_is_given_once(tenant: UUID, name: str) -> None:
    made(tenant)

    with pytest.raises(ConflictError, match="already"):
        made(tenant, name)


def test_steps_with_problems_leave_nothing_behind(tenant: UUID) -> None:
    with pytest.raises(InvalidError, match=r"steps\[0\].body"), db.transaction(tenant) as session:
        sequence_edits.create(session, tenant, New("x", [STEP | {"body": "{{ snippet.no }}"}]), actor=ME)
    with db.transaction(tenant) as session:
        assert session.execute(text("SELECT count(*) FROM sequences")).scalar_one() == 0
        snippets.write(session, tenant, "no", "text", actor=ME)
        sequence_edits.create(session, tenant, New("x", [STEP | {"body": "{{ snippet.no }}"}]), actor=ME)


def test_a_new_version_waits_until_it_is_made_the_active_one(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        edit = Edit([STEP | {"body": "Good day."}], edited_from=1)
        assert sequence_edits.add_version(session, tenant, id_, edit, actor=ME) == 2
        assert sequences.resolve(session, tenant, str(id_)).version == 1
        sequence_edits.activate(session, id_, 2, actor=ME)
        assert sequences.resolve(session, tenant, str(id_)).version == 2
    with db.transaction(tenant) as session:
        assert [sequences.version(session, id_, n)[0].body for n in (1, 2)] == ["Hello.", "Good day."]


def test_of_two_edits_of_one_version_the_second_is_refused(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        edit = Edit([STEP], edited_from=1, activate=True)
        sequence_edits.add_version(session, tenant, id_, edit, actor=ME)
        with pytest.raises(ConflictError, match="not the newest") as refusal:
            sequence_edits.add_version(session, tenant, id_, edit, actor=ME)

    assert refusal.value.code == "version_conflict"
    assert "version 2" in refusal.value.action


def test_a_version_cannot_be_changed_not_even_in_the_database(tenant: UUID) -> None:
    made(tenant)
    for change in ("UPDATE sequence_versions SET steps = '[]'", "DELETE FROM sequence_versions"):
        with pytest.raises(DBAPIError, match="permission denied"), db.transaction(tenant) as session:
            session.execute(text(change))


def test_an_archived_sequence_takes_nobody_and_no_change(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        sequence_edits.archive(session, id_, actor=ME)
        for act in (
            lambda: sequences.resolve(session, tenant, "Spring"),
            lambda: sequence_edits.activate(session, id_, 1, actor=ME),
            lambda: sequence_edits.archive(session, id_, actor=ME),
            lambda: sequence_edits.add_version(session, tenant, id_, Edit([STEP], 1), actor=ME),
        ):
            with pytest.raises(ConflictError, match="archived"):
                act()


def test_what_missions_or_campaigns_rely_on_is_not_archived(tenant: UUID) -> None:
    id_ = made(tenant)
    with db.transaction(tenant) as session:
        session.add(Campaign(tenant_id=tenant, name="Wake", sequence_id=id_))
        session.flush()
        with pytest.raises(ConflictError, match="'Wake' uses"):
            sequence_edits.archive(session, id_, actor=ME)
        shipped = sequences.resolve(session, tenant, "reactivation-soft").sequence_id
        with pytest.raises(ConflictError, match="came with REX"):
            sequence_edits.archive(session, shipped, actor=ME)


def test_nothing_of_another_tenant_is_touched(tenant: UUID, other_tenant: UUID) -> None:
    theirs = made(other_tenant)
    with db.transaction(tenant) as session:
        for act in (
            lambda: sequence_edits.activate(session, theirs, 1, actor=ME),
            lambda: sequence_edits.archive(session, theirs, actor=ME),
            lambda: sequence_edits.add_version(session, tenant, theirs, Edit([STEP], 1), actor=ME),
            lambda: sequence_edits.activate(session, uuid4(), 1, actor=ME),
        ):
            with pytest.raises(NotFoundError):
                act()
