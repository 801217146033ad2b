"""Sequences as they are shown."""

from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.outreach import sequence_edits, sequence_views, shipped_forms
from rex_celery.outreach.sequence_edits import Edit
from tests.factories import a_lead, a_mission, a_sequence, an_enrolment

ME = "user:ada@acme.example.com"


def test_the_list_begins_with_the_newest_and_comes_in_parts(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        for name in ("One", "Two"):
            a_sequence(session, tenant, name=name)
        a_sequence(session, tenant, name="Old", archived_at=text("now()"))
    with db.transaction(tenant) as session:
        names: list[str] = []
        cursor = None
        while True:
            part = sequence_views.page(session, tenant, limit=2, cursor=cursor)
            names += [one.name for one in part.items]
            cursor = part.next_cursor
            if cursor is None:
                break
        everything = sequence_views.page(session, tenant, archived=True)

    assert len(names) == len(set(names)) == 2 + len(shipped_forms.KEYS)
    assert {"One", "Two"} <= set(names)
    assert "Old" not in names
    assert "Old" in {one.name for one in everything.items}


def test_a_sequence_shows_who_is_on_their_way_through_which_version(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        stored = a_sequence(session, tenant)
        mission = a_mission(session, tenant)
        an_enrolment(session, mission, a_lead(session, tenant), stored)
        an_enrolment(session, mission, a_lead(session, tenant), stored, state="completed")
        step = {"key": "first", "day": 0, "channel": "email", "subject": "x", "body": "Good day."}
        sequence_edits.add_version(session, tenant, stored.id, Edit([step], 1), actor=ME)
        shown = sequence_views.get(session, stored.id)

        assert (shown.active_version, shown.newest_version, shown.step_count, shown.enrolled) == (1, 2, 2, 1)
        assert [(one.version, one.enrolled) for one in shown.versions] == [(2, 0), (1, 1)]
        assert (shown.version, len(shown.steps)) == (1, 2)
        assert [one.body for one in sequence_views.get(session, stored.id, 2).steps] == ["Good day."]
        with pytest.raises(NotFoundError, match="version 3"):
            sequence_views.get(session, stored.id, 3)


def test_nothing_of_another_tenant_is_shown(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_sequence(session, other_tenant)
    with db.transaction(tenant) as session:
        with pytest.raises(NotFoundError):
            sequence_views.get(session, theirs.id)
        assert theirs.id not in {one.id for one in sequence_views.page(session, tenant).items}


def test_a_word_that_is_no_cursor_is_refused(tenant: UUID) -> None:
    with db.transaction(tenant) as session, pytest.raises(InvalidError):
        sequence_views.page(session, tenant, cursor="x")
