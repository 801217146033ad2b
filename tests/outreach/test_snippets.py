"""Snippets of a tenant."""

from uuid import UUID

import pytest

from rex_celery import db
from rex_celery.errors import ConflictError, InvalidError, NotFoundError
from rex_celery.outreach import sequence_edits, snippets
from rex_celery.outreach.sequence_edits import Edit, New

ME = "user:ada@acme.example.com"
STEP = {"key": "first", "channel": "email", "day": 0, "subject": "Still open?", "body": "Hello. {{ snippet.end }}"}


def test_a_snippet_is_written_over_and_deleted(tenant: UUID, other_tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        snippets.write(session, tenant, "end", "Best", actor=ME)
        snippets.write(session, tenant, "end", "{Best|Kind} regards, {{ sender_name }}", actor=ME)
        assert snippets.bodies(session) == {"end": "{Best|Kind} regards, {{ sender_name }}"}
        assert [one.name for one in snippets.every(session)] == ["end"]
    with db.transaction(other_tenant) as session:
        assert snippets.bodies(session) == {}
    with db.transaction(tenant) as session:
        snippets.delete(session, "end", actor=ME)
        assert snippets.bodies(session) == {}
        with pytest.raises(NotFoundError):
            snippets.delete(session, "end", actor=ME)


@pytest.mark.parametrize(
    ("name", "body", "where"),
    [
        ("Big Name", "x", ["name"]),
        ("", " ", ["name", "body"]),
        ("a", "x" * 4001, ["body"]),
        ("a", "{{ nobody }}", ["body"]),
        ("a", "{a", ["body"]),
        ("a", "{{ snippet.b }}", ["body"]),
        ("a", "\x00", ["body"]),
    ],
)
def test_what_cannot_be_a_snippet_is_refused(tenant: UUID, name: str, body: str, where: list[str]) -> None:
    with db.transaction(tenant) as session, pytest.raises(InvalidError) as refusal:
        snippets.write(session, tenant, name, body, actor=ME)

    assert [one.where for one in refusal.value.problems] == where


def test_a_snippet_in_use_is_not_deleted(tenant: UUID) -> None:
    with db.transaction(tenant) as session:
        snippets.write(session, tenant, "end", "Best", actor=ME)
        id_ = sequence_edits.create(session, tenant, New("Spring", [STEP]), actor=ME)
        with pytest.raises(ConflictError, match="'Spring' uses"):
            snippets.delete(session, "end", actor=ME)
        edit = Edit([STEP | {"body": "Hello."}], edited_from=1, activate=True)
        sequence_edits.add_version(session, tenant, id_, edit, actor=ME)
        snippets.delete(session, "end", actor=ME)
