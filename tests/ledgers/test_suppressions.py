"""The suppression ledger, by hand and by list."""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import psutil
import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.compliance.consent import Agreement
from rex_celery.compliance.suppression import Person, Stop, suppressed_among
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.ledgers import consents, suppression_lists, suppressions
from rex_celery.ledgers.suppression_lists import ListTaken
from rex_celery.ledgers.suppressions import EVERYBODY, Filter
from rex_celery.vocabulary import Channel
from tests.factories import a_lead, a_message, a_mission, a_suppression, an_outcome

HAND = Stop("suppressed_manual", "hand:test")
LIST = Stop("suppressed_manual", "list:test.csv")


def take_in(tenant: UUID, words: str, stop: Stop = LIST) -> ListTaken:
    return suppression_lists.take_in(io.BytesIO(words.encode()), tenant, stop, "test")


def audited(tenant: UUID) -> list[tuple[str, dict[str, object]]]:
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT action, details FROM audit WHERE action LIKE 'suppression%' ORDER BY id"))
        return [tuple(row) for row in rows]


def test_by_hand_a_person_is_entered_once_and_what_waits_is_taken_back(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission, lead = a_mission(session, tenant), a_lead(session, tenant, phone=None)
        message = a_message(session, mission, lead)
        an_outcome(session, mission, lead)
        entry, new = suppressions.add(session, tenant, Person(email=lead.email), HAND, "test")
        again, newer = suppressions.add(session, tenant, Person(email=lead.email), HAND, "test")
        assert (new, newer, again.id, entry.lead_id) == (True, False, entry.id, lead.id)
        state = session.execute(text("SELECT state FROM messages WHERE id = :id"), {"id": message.id}).scalar()
        assert state == "suppressed"
    assert audited(tenant) == [("suppression.added", {"scope": "all", "reason": "suppressed_manual"})]


def test_the_ledger_is_shown_in_parts_the_newest_first(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        for number in range(5):
            at = clock.now() - timedelta(minutes=number)
            a_suppression(session, tenant, email=f"p{number}@example.com", created_at=at)
        first = suppressions.page(session, EVERYBODY, limit=3)
        rest = suppressions.page(session, EVERYBODY, limit=3, cursor=first.next_cursor)
        assert [one.email for one in (*first.items, *rest.items)] == [f"p{n}@example.com" for n in range(5)]
        assert rest.next_cursor is None
        (one,) = suppressions.page(session, Filter(email="p3@example.com"), limit=3).items
        assert one.email == "p3@example.com"
        assert suppressions.page(session, Filter(domain="example.com"), limit=3).items == []


def test_an_entry_by_hand_may_be_taken_out_for_a_reason_that_is_kept(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, phone=None)
        entry, _ = suppressions.add(session, tenant, Person(email=lead.email), HAND, "test")
        suppressions.remove(session, entry.id, "entered by mistake", "user:1")
        assert suppressed_among(session, [lead.id]) == {}
        with pytest.raises(NotFoundError):
            suppressions.remove(session, entry.id, "again", "user:1")
    action, told = audited(tenant)[-1]
    assert (action, told["reason"], told["was"]) == ("suppression.removed", "entered by mistake", "suppressed_manual")


@pytest.mark.parametrize("reason", ["suppressed_opt_out", "suppressed_unsubscribed", "suppressed_complaint"])
def test_a_persons_own_word_stands_until_they_agree_anew(tenant: UUID, reason: str) -> None:
    def remove() -> None:
        with db.transaction(tenant) as session:
            suppressions.remove(session, entry.id, "they called", "user:1")

    before = clock.now() - timedelta(days=2)
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, phone=None)
        entry = a_suppression(session, tenant, email=lead.email, reason=reason, created_at=before + timedelta(days=1))
        old = Agreement(Channel.EMAIL, "form", "Yes", before)
        consents.record(session, tenant, lead.id, old)
    with pytest.raises(ConflictError):
        remove()
    with db.transaction(tenant) as session:
        consents.record(session, tenant, lead.id, Agreement(Channel.EMAIL, "call", "Yes, again", clock.now()))
    remove()
    with db.transaction(tenant) as session:
        assert suppressed_among(session, [lead.id]) == {}


def test_a_list_is_taken_in_row_by_row_and_again_adds_nothing(tenant: UUID) -> None:
    words = (
        "email,phone,domain,scope,note\n"
        "grace@example.com,,,,asked on the phone\n"
        ",+12025550143,,sms,\n"
        ",,acme.example.com,,\n"
        "@other.example.com,,,,\n"
        "not an address,,,,\n"
        "grace@example.com,,,,twice\n"
        "kim@example.com,,,fax,\n"
    )
    taken = take_in(tenant, words)
    assert (taken.rows, taken.added, taken.known, taken.rejected) == (7, 4, 1, 2)
    assert [(one.line, one.column) for one in taken.rejections] == [(6, "email"), (8, "scope")]
    again = take_in(tenant, words)
    assert (again.added, again.known, again.rejected) == (0, 5, 2)
    with db.transaction(tenant) as session:
        found = session.execute(text("SELECT coalesce(email, phone, domain), scope, evidence FROM suppressions")).all()
    assert sorted((row[0], row[1]) for row in found) == [
        ("+12025550143", "sms"),
        ("acme.example.com", "all"),
        ("grace@example.com", "all"),
        ("other.example.com", "all"),
    ]
    assert {"note": "asked on the phone"} in [row[2] for row in found]


def test_a_list_takes_back_what_waits_for_each_of_its_people(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        mission = a_mission(session, tenant)
        people = {
            "by_email": a_lead(session, tenant, phone=None, email="grace@example.com"),
            "by_phone": a_lead(session, tenant, phone="+12025550177"),
            "by_domain": a_lead(session, tenant, phone=None, email="kim@mail.acme.example.com"),
            "beside": a_lead(session, tenant, phone=None, email="kim@notacme.example.com"),
        }
        ids = {name: a_message(session, mission, lead).id for name, lead in people.items()}
    take_in(tenant, "email,phone,domain\ngrace@example.com,,\n,+12025550177,\n,,acme.example.com\n")
    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT id, state FROM messages")).all()
    states = {row.id: row.state for row in rows}
    assert {name: states[id_] for name, id_ in ids.items()} == {
        "by_email": "suppressed", "by_phone": "suppressed", "by_domain": "suppressed", "beside": "planned",
    }  # fmt: skip


def test_what_was_given_out_can_be_taken_in(tenant: UUID, other_tenant: UUID) -> None:
    take_in(tenant, "email,scope\na@example.com,all\nb@example.com,email\n")
    with db.transaction(tenant) as session:
        a_suppression(session, tenant, phone="+12025550143", reason="suppressed_opt_out")
    written = "".join(suppressions.export(tenant))
    assert take_in(other_tenant, written).added == 3
    assert take_in(tenant, written).added == 0
    told = sorted(line.split(",")[:5] for line in "".join(suppressions.export(other_tenant)).splitlines())
    assert told == sorted(line.split(",")[:5] for line in written.splitlines())


def test_two_lists_at_once_enter_each_person_once(tenant: UUID) -> None:
    words = "email\n" + "".join(f"p{number}@example.com\n" for number in range(500))
    together = Barrier(3)

    def one(_: int) -> int:
        together.wait()
        return take_in(tenant, words).added

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(one, range(3))) == 500


def test_a_list_that_is_none_is_refused(tenant: UUID) -> None:
    for words in ("", "Colour\nred\n"):
        with pytest.raises(InvalidError):
            take_in(tenant, words)


def test_a_long_list_is_read_in_flat_memory(tenant: UUID) -> None:
    # A part of the 100 000 rows that were measured by hand; memory must not grow with the list.
    memory: list[int] = []

    def rows() -> Iterator[bytes]:
        yield b"email\n"
        for number in range(12):
            yield b"".join(b"person%d@example.com\n" % (1000 * number + one) for one in range(1000))
            memory.append(psutil.Process().memory_info().rss)

    assert suppression_lists.take_in(_Stream(rows()), tenant, LIST, "test").added == 12_000
    assert memory[-1] - memory[3] < 10 * 1024 * 1024


def test_another_tenants_ledger_is_neither_seen_nor_touched(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_suppression(session, other_tenant, email="kim@example.com")
    with db.transaction(tenant) as session:
        assert suppressions.page(session, EVERYBODY, limit=10).items == []
    assert take_in(tenant, "email\nkim@example.com\n").added == 1
    for id_ in (theirs.id, uuid4()):
        with pytest.raises(NotFoundError), db.transaction(tenant) as session:
            suppressions.remove(session, id_, "x", "test")
    assert "".join(suppressions.export(other_tenant)).count("kim@example.com") == 1


class _Stream(io.RawIOBase):
    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (part := next(self._parts, b"")):
            self._left += part
        taken, self._left = self._left[:size], self._left[size:]
        return taken
