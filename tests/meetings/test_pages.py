"""Booking pages are kept whole or refused with everything that is wrong."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.meetings import page_changes, pages
from tests.factories import a_connection
from tests.meetings.rows import a_page


def test_a_page_has_sensible_defaults(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    rules = pages.rules(page)
    assert (rules.length, rules.buffer, rules.notice, rules.horizon) == (
        timedelta(minutes=30),
        timedelta(0),
        timedelta(hours=4),
        timedelta(days=30),
    )
    assert page.state == "active"


def test_everything_wrong_is_told_at_once(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        other = a_connection(session, tenant)
        with pytest.raises(InvalidError) as refused:
            a_page(session, tenant, timezone="Mars/Olympus", hours={"mon": [["9", "10"]]}, connection_id=other.id)
    assert [one.where for one in refused.value.problems] == ["body.timezone", "body.connection_id", "body.hours.mon.0"]


def test_a_slug_is_used_once(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page, other = a_page(session, tenant, slug="intro"), a_page(session, tenant)
        with pytest.raises(ConflictError):
            a_page(session, tenant, slug="intro")
        with pytest.raises(ConflictError):
            page_changes.change(session, other.id, {"slug": "intro"})
        assert page_changes.change(session, page.id, {"slug": "intro", "minutes": 45}).minutes == 45
    with db.transaction(other_tenant) as session:
        a_page(session, other_tenant, slug="intro")


def test_a_page_that_is_not_there_cannot_be_changed(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        page = a_page(session, tenant)
    for tenant_id, page_id in ((tenant, uuid4()), (other_tenant, page.id)):
        with db.transaction(tenant_id) as session, pytest.raises(NotFoundError):
            page_changes.change(session, page_id, {"title": "x"})


def test_pages_are_listed_newest_first_in_parts(tenant: UUID) -> None:
    made = []
    for _ in range(3):
        with db.transaction(tenant) as session:
            made.append(a_page(session, tenant).id)
    with db.transaction(tenant) as session:
        first = pages.listed(session, limit=2, cursor=None)
        rest = pages.listed(session, limit=2, cursor=first.next_cursor)
    assert [one.id for one in (*first.items, *rest.items)] == made[::-1]
