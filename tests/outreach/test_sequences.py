"""Finding sequences and the steps of their versions."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.errors import ConflictError, NotFoundError
from rex_celery.outreach import sequences, shipped_forms
from tests.factories import a_sequence

WAITING = text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
COUNT = text("SELECT count(*) FROM sequences")


def test_a_tenant_gets_the_shipped_sequences_once(tenant: UUID) -> None:
    for _ in range(2):
        with db.transaction(tenant) as session:
            sequences.ensure_shipped(session, tenant)

    with db.transaction(tenant) as session:
        rows = session.execute(text("SELECT shipped_key, name, active_version, created_by FROM sequences")).all()
        assert {row.shipped_key for row in rows} == set(shipped_forms.KEYS)
        assert {(row.active_version, row.created_by) for row in rows} == {(1, "rex")}
        assert session.execute(text("SELECT count(*) FROM sequence_versions")).scalar_one() == len(rows)


def test_two_at_once_do_not_make_them_twice(tenant: UUID) -> None:
    def ensure() -> None:
        with db.transaction(tenant) as session:
            sequences.ensure_shipped(session, tenant)

    with ThreadPoolExecutor(1) as other:
        with db.transaction(tenant) as session:
            sequences.ensure_shipped(session, tenant)
            second = other.submit(ensure)
            while not session.execute(WAITING).scalar() and not second.done():
                pass
        second.result()

    with db.transaction(tenant) as session:
        assert session.execute(COUNT).scalar_one() == len(shipped_forms.KEYS)


def test_a_name_that_the_tenant_uses_itself_stays_theirs(tenant: UUID) -> None:
    name = shipped_forms.forms()[0].name
    with db.transaction(tenant) as session:
        mine = a_sequence(session, tenant, name=name)
        sequences.ensure_shipped(session, tenant)

        assert sequences.resolve(session, tenant, name).sequence_id == mine.id
        assert sequences.resolve(session, tenant, shipped_forms.KEYS[0]).sequence_id != mine.id
        assert session.execute(COUNT).scalar_one() == len(shipped_forms.KEYS) + 1


def test_a_sequence_is_found_by_its_id_its_name_and_its_shipped_key(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        stored = a_sequence(session, tenant, name="Spring")

        for name in ("Spring", str(stored.id), str(stored.id).upper()):
            assert sequences.resolve(session, tenant, name) == (stored.id, 1)
        assert sequences.resolve(session, tenant, "first-touch").version == 1


def test_what_is_archived_or_not_there_is_not_found(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(other_tenant) as session:
        theirs = a_sequence(session, other_tenant, name="Theirs")
    with db.transaction(tenant) as session:
        a_sequence(session, tenant, name="Old", archived_at=text("now()"))

        for name in ("Theirs", str(theirs.id), "no such"):
            with pytest.raises(NotFoundError, match="There is no sequence"):
                sequences.resolve(session, tenant, name)
        with pytest.raises(ConflictError, match="was archived"):
            sequences.resolve(session, tenant, "Old")


def test_a_family_has_a_form_for_each_strategy_in_the_version_that_is_active(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        forms = sequences.family(session, tenant, "reactivation")

        assert list(forms) == ["multi_channel", "standard", "soft_touch"]
        assert len(sequences.version(session, *forms["multi_channel"])) == 6
        with pytest.raises(NotFoundError):
            sequences.family(session, tenant, "no such")


def test_a_version_is_read_once(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction(tenant) as session:
        stored = a_sequence(session, tenant)
    with db.transaction(tenant) as session:
        first = sequences.version(session, stored.id, 1)
        assert [step.key for step in first] == ["first", "second"]
        monkeypatch.setattr(session, "execute", None)
        assert sequences.version(session, stored.id, 1) is first


def test_a_version_that_may_still_be_taken_back_is_not_kept(tenant: UUID) -> None:
    id_ = uuid4()

    def write(session: object, body: str) -> str:
        step = {"key": "first", "day": 0, "channel": "email", "subject": "x", "body": body}
        a_sequence(session, tenant, step, id=id_)  # type: ignore[arg-type]
        return sequences.version(session, id_, 1)[0].body  # type: ignore[arg-type]

    with suppress(InterruptedError), db.transaction(tenant) as session:
        assert write(session, "taken back") == "taken back"
        raise InterruptedError
    with db.transaction(tenant) as session:
        assert write(session, "kept") == "kept"


def test_the_process_does_not_keep_versions_without_end(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "MOST_KEPT", 2)
    monkeypatch.setattr(sequences, "_kept", {})
    with db.transaction(tenant) as session:
        stored = [a_sequence(session, tenant) for _ in range(5)]
    with db.transaction(tenant) as session:
        for one in stored:
            sequences.version(session, one.id, 1)

    assert len(sequences._kept) <= 2


def test_a_version_that_is_not_there_is_not_found(tenant: UUID) -> None:
    with db.transaction(tenant) as session, pytest.raises(NotFoundError):
        sequences.version(session, uuid4(), 1)
