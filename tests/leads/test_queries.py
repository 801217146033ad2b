from uuid import UUID, uuid4

import pytest

from rex_celery import db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.leads import queries
from tests.factories import a_lead, an_import
from tests.leads.lists import a_list, lines, people, take_in


def _emails(tenant: UUID, query: str = "", import_id: UUID | None = None) -> list[str | None]:
    with db.transaction(tenant) as session:
        found = queries.page(session, query=query, import_id=import_id, limit=100, cursor=None)
    return [lead.email for lead in found.items]


def test_pages_show_every_lead_once(tenant: UUID) -> None:
    take_in(a_list(*people(25)), tenant)
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        with db.transaction(tenant) as session:
            found = queries.page(session, limit=10, cursor=cursor)
        seen += [lead.email for lead in found.items]
        cursor, pages = found.next_cursor, pages + 1
    assert pages == 3
    assert seen == [person["Email"] for person in people(25)]


def test_each_word_must_stand_in_the_name_address_number_or_company(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, email="ada@example.com", first_name="Ada", last_name="Lovelace", company="Engines")
        a_lead(session, tenant, email="bob@example.com", first_name="Bob", last_name="Byron", company="Engines")
    assert _emails(tenant, "ENGINES lovel") == ["ada@example.com"]
    assert sorted(map(str, _emails(tenant, "engines"))) == ["ada@example.com", "bob@example.com"]
    assert _emails(tenant, "engines nobody") == []


def test_a_percent_sign_is_a_letter_like_any_other(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        a_lead(session, tenant, email="ada@example.com", company="100% Cotton")
        a_lead(session, tenant, email="bob@example.com", company="1000 Sheep")
    assert _emails(tenant, "100%") == ["ada@example.com"]


def test_only_the_people_of_a_list(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        ada = a_lead(session, tenant, email="ada@example.com")
        a_lead(session, tenant, email="bob@example.com")
        listed = an_import(session, tenant, ada)
    assert _emails(tenant, import_id=listed.id) == ["ada@example.com"]


def test_a_lead_is_shown_with_all_that_is_stored(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        ada = a_lead(session, tenant, email="ada@example.com", extra={"Colour": "blue"})
    with db.transaction(tenant) as session:
        found = queries.get(session, ada.id)
    assert (found.email, found.extra, found.activities) == ("ada@example.com", {"Colour": "blue"}, 3)


def test_nothing_of_another_tenant_is_shown(tenant: UUID, other_tenant: UUID) -> None:
    result = take_in(lines("Email", "ada@example.com", "nobody"), other_tenant)
    with db.transaction(other_tenant) as session:
        [ada] = queries.page(session, limit=10, cursor=None).items
    assert _emails(tenant) == []
    assert _emails(tenant, import_id=result.id) == []
    assert list(queries.rejections(tenant, result.id)) == []
    with db.transaction(tenant) as session:
        assert queries.imports(session, limit=10, cursor=None).items == []
        with pytest.raises(NotFoundError):
            queries.get(session, ada.id)
        with pytest.raises(NotFoundError):
            queries.get_import(session, result.id)


def test_what_does_not_exist_is_not_found(tenant: UUID) -> None:
    with db.transaction(tenant) as session, pytest.raises(NotFoundError):
        queries.get(session, uuid4())


def test_a_word_that_is_no_cursor_is_refused(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        with pytest.raises(InvalidError):
            queries.page(session, limit=10, cursor="yesterday")
        with pytest.raises(InvalidError):
            queries.imports(session, limit=10, cursor="yesterday")


def test_lists_are_shown_newest_first_page_by_page(tenant: UUID) -> None:
    made = [take_in(a_list(*people(1, first)), tenant).id for first in range(3)]
    with db.transaction(tenant) as session:
        first = queries.imports(session, limit=2, cursor=None)
        rest = queries.imports(session, limit=2, cursor=first.next_cursor)
    assert [one.id for one in [*first.items, *rest.items]] == made[::-1]
    assert rest.next_cursor is None


def test_all_rejections_are_read_in_the_order_of_the_file_though_few_are_shown(
    tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_STRIDE", 7)
    result = take_in(lines("Email", *(["nobody"] * 70)), tenant)
    assert [one.line for one in queries.rejections(tenant, result.id)] == list(range(2, 72))
    with db.transaction(tenant) as session:
        assert len(queries.get_import(session, result.id).rejections) == queries.SHOWN_REJECTIONS
