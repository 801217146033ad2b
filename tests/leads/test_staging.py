from collections.abc import Iterable
from functools import partial
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from rex_celery import db
from rex_celery.leads import batches, importing
from rex_celery.leads.rows import LeadRow
from tests.factories import a_tenant
from tests.leads.lists import SAMPLE, a_list, take_in

SHOWN = ", ".join(name for name in LeadRow._fields if name != "line")


def _leads(tenant: UUID) -> list[tuple[object, ...]]:
    with db.transaction(tenant) as session:
        return [tuple(row) for row in session.execute(text(f"SELECT {SHOWN} FROM leads ORDER BY email, phone"))]


def _titles(tenant: UUID) -> dict[str, str | None]:
    with db.transaction(tenant) as session:
        return {row.email: row.title for row in session.execute(text("SELECT email, title FROM leads"))}


def _people(tenant: UUID) -> set[tuple[object, ...]]:
    return {row[:2] for row in _leads(tenant)}


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "batches", partial(batches.batches, size=1))


def test_python_and_sql_merge_the_sample_alike(
    tenant: UUID, other_tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one batch the rows are merged by Python, one by one by Postgres; the people must be the same."""
    with SAMPLE.open("rb") as file:
        take_in(file, tenant)
    monkeypatch.setattr(importing, "batches", partial(batches.batches, size=1))
    with SAMPLE.open("rb") as file:
        result = take_in(file, other_tenant)
    assert (result.created, result.members) == (87, 87)
    assert _leads(other_tenant) == _leads(tenant)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "Email": st.sampled_from(["a@example.com", "b@example.com", ""]),
            "Phone": st.sampled_from(["+12025550143", "+12025550199", ""]),
            "Last Activity Date": st.sampled_from(["2026-01-01", "2026-02-02", ""]),
            "Title": st.sampled_from(["Clerk", "Director", ""]),
            "Stage": st.sampled_from(["Prospecting", "Closed Lost", ""]),
            "Amount": st.sampled_from(["10", "20", ""]),
            "Activities": st.sampled_from(["1", "2", ""]),
            "Colour": st.sampled_from(["red", "blue", ""]),
        }
    ),
    min_size=1,
    max_size=6,
)


def _row(email: str, phone: str) -> dict[str, str]:
    return {"Email": email, "Phone": phone}


@given(ROWS, st.sampled_from([1, 2, 20_000]))
@example([_row("", "+12025550143"), _row("a@example.com", "+12025550143"), _row("b@example.com", "+12025550143")], 1)
@example([_row("a@example.com", "+12025550143"), _row("", "+12025550199"), _row("a@example.com", "+12025550199")], 1)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_same_list_again_finds_the_same_people(
    database: object, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]], size: int
) -> None:
    tenant = _fresh_tenant()
    monkeypatch.setattr(importing, "batches", partial(batches.batches, size=size))
    first = take_in(a_list(*rows), tenant)
    people = _people(tenant)
    again = take_in(a_list(*rows), tenant)
    assert first.rows == first.created + first.merged + first.rejected == len(rows) - _blank(rows)
    assert first.created == len(people)
    assert (again.created, again.rejected) == (0, first.rejected)
    assert _people(tenant) == people
    assert again.members <= len(people)


def _blank(rows: Iterable[dict[str, str]]) -> int:
    return sum(not any(row.values()) for row in rows)


def _fresh_tenant() -> UUID:
    with db.control() as session:
        return a_tenant(session)


def test_a_row_without_an_address_joins_the_person_with_that_telephone(tenant: UUID) -> None:
    take_in(a_list(_row("a@example.com", "+12025550143")), tenant)
    result = take_in(a_list({"Phone": "202 555 0143", "Country": "US", "Title": "CEO"}), tenant)
    assert (result.created, result.merged) == (0, 1)
    assert _titles(tenant) == {"a@example.com": "CEO"}


def test_a_person_known_by_telephone_gets_the_address_when_it_is_known(tenant: UUID) -> None:
    take_in(a_list({"Phone": "+12025550143", "Title": "CEO"}), tenant)
    result = take_in(a_list(_row("a@example.com", "+12025550143")), tenant)
    assert (result.created, result.merged) == (0, 1)
    assert _people(tenant) == {("a@example.com", "+12025550143")}


@pytest.mark.usefixtures("one_by_one")
def test_two_people_with_one_telephone_stay_two(tenant: UUID) -> None:
    result = take_in(a_list(_row("a@example.com", "+12025550143"), _row("b@example.com", "+12025550143")), tenant)
    assert result.created == 2


def test_of_two_new_addresses_the_first_takes_over_the_person_known_by_telephone(tenant: UUID) -> None:
    take_in(a_list({"Phone": "+12025550143", "Title": "CEO"}), tenant)
    take_in(a_list(_row("b@example.com", "+12025550143"), _row("a@example.com", "+12025550143")), tenant)
    assert _titles(tenant) == {"b@example.com": "CEO", "a@example.com": None}


def test_nothing_of_another_tenant_is_found(tenant: UUID, other_tenant: UUID) -> None:
    take_in(a_list(_row("a@example.com", "+12025550143")), other_tenant)
    assert take_in(a_list(_row("a@example.com", ""), _row("", "+12025550143")), tenant).created == 2
    assert _people(other_tenant) == {("a@example.com", "+12025550143")}
