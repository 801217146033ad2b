import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from uuid import UUID

import psutil
import psycopg
import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import InvalidError, UnavailableError
from rex_celery.leads import batches, columns, importing, queries, reading
from rex_celery.leads.encoding import SAMPLE_BYTES
from rex_celery.leads.lines import LONGEST_LINE
from rex_celery.leads.normalising import Normaliser
from rex_celery.leads.queries import Lead
from rex_celery.leads.rows import Rejection
from tests.leads.lists import SAMPLE, a_list, lines, people, take_in

Connection = psycopg.Connection[tuple[object, ...]]


def _all(tenant: UUID) -> dict[str | None, Lead]:
    with db.transaction(tenant) as session:
        return {lead.email: lead for lead in queries.page(session, limit=1_000, cursor=None).items}


def _stored(tenant: UUID) -> dict[str, int]:
    tables = ("leads", "imports", "import_rejections", "import_members", "events", "audit")
    with db.transaction(tenant) as session:
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


NOTHING = dict.fromkeys(("leads", "imports", "import_rejections", "import_members", "events", "audit"), 0)


def test_the_sample_of_200_rows_is_87_people(tenant: UUID) -> None:
    with SAMPLE.open("rb") as file:
        result = take_in(file, tenant)
    assert (result.rows, result.created, result.merged, result.rejected, result.members) == (200, 87, 113, 0, 87)
    assert _stored(tenant) == NOTHING | {"leads": 87, "imports": 1, "import_members": 87, "events": 1, "audit": 1}


def test_a_person_of_the_sample_is_as_the_newest_of_her_rows_says(tenant: UUID) -> None:
    """Cynthia Howard stands in rows L0002 (last active 25 May 2026), L0018 (12 June) and later ones."""
    with SAMPLE.open("rb") as file:
        take_in(file, tenant)
    cynthia = _all(tenant)["zsmith@example.net"]
    assert (cynthia.first_name, cynthia.last_name, cynthia.country) == ("Cynthia", "Howard", "US")
    assert cynthia.timezone == "America/New_York"
    assert cynthia.phone is None  # 322 is no area code
    assert cynthia.last_activity_on == date(2026, 6, 12)
    assert (cynthia.deal_stage, cynthia.deal_value) == ("Proposal Sent", Decimal("12954.51"))


def test_the_same_list_again_makes_nobody_and_changes_nobody(tenant: UUID) -> None:
    for _ in range(2):
        with SAMPLE.open("rb") as file:
            result = take_in(file, tenant)
        after = _all(tenant)
    assert (result.created, result.merged, result.members) == (0, 200, 87)
    assert len(after) == 87


def test_duplicate_people_are_one_lead_with_the_newest_state(tenant: UUID) -> None:
    result = take_in(
        a_list(
            {"Email": "ada@example.com", "Title": "Clerk", "Last Activity Date": "2026-01-01", "Activities": "3"},
            {"Email": "Ada <ADA@example.com>", "Title": "", "Last Activity Date": "2026-03-01", "Activities": "2"},
            {"Email": "bob@example.com", "Title": "CEO", "Last Activity Date": "", "Activities": ""},
        ),
        tenant,
    )
    assert (result.rows, result.created, result.merged, result.rejected, result.members) == (3, 2, 1, 0, 2)
    ada = _all(tenant)["ada@example.com"]
    assert (ada.title, ada.last_activity_on) == ("Clerk", date(2026, 3, 1))


def test_ten_percent_of_broken_rows_are_reported_each_and_the_others_taken(tenant: UUID) -> None:
    good = [f"{number}@example.com,Person {number},+1202555{number:04d}" for number in range(90)]
    broken: list[tuple[str | bytes, str | None, str]] = [
        ("nobody,Ada,+12025550143", "Email", "not an e-mail address"),
        ("ada@@example.com,Ada,", "Email", "not an e-mail address"),
        (",Ada,", "Email", "no e-mail address and no telephone number"),
        (",Ada,12", "Phone", "not a valid telephone number"),
        ("ada@example.com", None, "3 columns, this row has 1"),
        ("ada@example.com,Ada,,more", None, "3 columns, this row has 4"),
        ('ada@example.com,"Ada,', None, "opened and not closed"),
        (b"ada@example.com,Ad\xe9,", "Name", "bytes that are not utf-8"),
        (b"ada@example.com,A\0da,", "Name", "NUL"),
        (f"ada@example.com,{'x' * 501},", "Name", "longer than 500"),
    ]
    # A good row with an accent tells that the list is UTF-8; then a broken one after every nine good ones.
    rows = [*chain.from_iterable(([*good[n * 9 : n * 9 + 9], raw]) for n, (raw, _, _) in enumerate(broken))]
    result = take_in(lines("Email,Name,Phone", "zoë@example.com,Zoë,", "é@example.com,É,", *rows), tenant)
    assert (result.rows, result.created, result.merged, result.rejected) == (102, 92, 0, 10)
    found = list(queries.rejections(tenant, result.id))
    assert [one.line for one in found] == [13 + 10 * n for n in range(10)]
    for one, (_, column, reason) in zip(found, broken, strict=True):
        assert one.column == column
        assert reason in one.reason


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (b"", "csv_empty"),
        (b"Email,Name\n", "csv_empty"),
        (b"Name,Company\nAda,Acme\n", "csv_columns"),
        (b"Email\n\x81\x8d\x8f\x90\x9d" * 20, "csv_encoding"),
        (b"PK\x03\x04 an Excel workbook", "csv_not_text"),
    ],
)
def test_a_list_that_cannot_be_used_leaves_nothing(tenant: UUID, stream: bytes, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        take_in(io.BytesIO(stream), tenant)
    assert refused.value.code == code
    assert refused.value.action
    assert _stored(tenant) == NOTHING


def test_a_list_damaged_far_behind_its_beginning_leaves_nothing(tenant: UUID) -> None:
    rows = [f"person{number}@example.com,x" for number in range(batches.BATCH_ROWS + 1)]
    with pytest.raises(InvalidError) as refused:
        take_in(lines("Email,Notes", *rows, "x" * (LONGEST_LINE + 1)), tenant)
    assert refused.value.code == "csv_damaged"
    assert refused.value.problems[0].where == f"line {len(rows) + 2}"
    assert _stored(tenant) == NOTHING


def test_postgres_lost_in_the_middle_leaves_nothing_and_says_so(tenant: UUID, owner_connection: Connection) -> None:
    class Cutting(io.BytesIO):
        """The list whose last part arrives when the import's connection to Postgres is gone."""

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > SAMPLE_BYTES:
                owner_connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND usename = 'rex_login'"
                )
            return super().read(size)

    many = a_list(*people(3 * batches.BATCH_ROWS)).getvalue()
    assert len(many) > SAMPLE_BYTES
    with pytest.raises(UnavailableError) as refused:
        take_in(Cutting(many), tenant)
    assert refused.value.code == "database_unavailable"
    assert "nothing of it was stored" in refused.value.detail
    assert _stored(tenant) == NOTHING


def test_two_lists_of_the_same_people_at_once_make_each_person_once(tenant: UUID) -> None:
    forth = list(people(300))
    with ThreadPoolExecutor(2) as both:
        results = list(both.map(lambda rows: take_in(a_list(*rows), tenant), (forth, forth[::-1])))
    assert sorted(result.created for result in results) == [0, 300]
    assert _stored(tenant)["leads"] == 300


def test_what_was_imported_is_told_kept_and_audited(tenant: UUID) -> None:
    result = take_in(lines("Email", "ada@example.com", "nobody"), tenant)
    with db.transaction(tenant) as session:
        event = session.execute(text("SELECT type, payload FROM events")).one()
        audit = session.execute(text("SELECT actor, action, subject FROM audit")).one()
    told = {"import_id": str(result.id), "created": 1, "merged": 0, "rejected": 1}
    assert (event.type, event.payload) == ("system.leads_imported", told)
    assert tuple(audit) == ("test", "leads.imported", str(result.id))
    with db.transaction(tenant) as session:
        stored = queries.get_import(session, result.id)
    assert (stored.state, stored.rows, stored.members, stored.encoding) == ("done", 2, 1, "utf-8")
    assert stored.columns == {"Email": "email"}
    assert stored.rejections[0].line == 3
    assert stored.finished_at is not None


def test_the_planner_knows_about_the_new_leads(tenant: UUID, owner_connection: Connection) -> None:
    take_in(a_list(*people(100)), tenant)
    [(rows,)] = owner_connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'leads'").fetchall()
    assert isinstance(rows, float)
    assert rows >= 100


def test_leads_are_listed_in_the_order_of_the_file(tenant: UUID) -> None:
    rows = list(people(50))[::-1]
    take_in(a_list(*rows), tenant)
    assert list(_all(tenant)) == [row["Email"] for row in rows]


def test_a_mapping_decides(tenant: UUID) -> None:
    result = take_in(
        a_list({"Kontakt": "ada@example.com", "Firma": "Acme"}), tenant, {"Kontakt": "email", "Firma": "company"}
    )
    assert result.columns == {"Kontakt": "email", "Firma": "company"}
    assert _all(tenant)["ada@example.com"].company == "Acme"


def test_memory_stays_flat_however_long_the_list() -> None:
    """A third of 100 MB here, all of it by ``python bench/import_rows.py --rows 400000``, with Postgres."""
    process = psutil.Process()
    seen: list[int] = []

    def sampled() -> Iterator[batches.Batch]:
        table = reading.open_table(io.BufferedReader(_Endless(megabytes=33)))
        layout = columns.layout(table.header, table.sample, None)
        for batch in batches.batches(table.rows, Normaliser(layout, table.sample)):
            seen.append(process.memory_info().rss)
            yield batch

    rows = sum(batch.rows for batch in importing._read_ahead(sampled()))
    assert rows > 100_000
    settled = seen[len(seen) // 3 :]
    assert max(settled) - min(settled) < 24 * 2**20


class _Endless(io.RawIOBase):
    """A list made while it is read, so that the list itself takes no memory."""

    def __init__(self, megabytes: int) -> None:
        rows = (f"person{number}@example.com,Person Number,{'x' * 270}\n".encode() for number in range(10**9))
        self._rows = chain([b"Email,Name,Notes\n"], rows)
        self._left = megabytes * 2**20

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        part = b"".join(islice(self._rows, max(1, len(buffer) // 330)))[: len(buffer)] if self._left > 0 else b""
        self._left -= len(part)
        buffer[: len(part)] = part
        return len(part)


def test_a_rejection_says_where_what_and_why(tenant: UUID) -> None:
    result = take_in(lines("Email", "ada@@example.com", "bob@example.com"), tenant)
    [found] = queries.rejections(tenant, result.id)
    assert found.line == 2
    assert (found.column, found.value) == ("Email", "ada@@example.com")
    assert isinstance(found, Rejection)
