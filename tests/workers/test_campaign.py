"""The campaign crew's tasks that carry ids and nothing else."""

from uuid import UUID, uuid4

import psycopg
import pytest

from rex_celery.outreach import mailboxes
from workers.app import app

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(autouse=True)
def tasks() -> None:
    app.loader.import_default_modules()


def test_a_mailbox_that_is_no_more_is_passed_over(tenant: UUID) -> None:
    assert app.tasks["campaign.poll_mailbox"].apply(args=(str(tenant), str(uuid4()))).get() == "gone"


def test_a_task_with_unreadable_ids_is_kept_as_a_dead_letter(empty_engine: None, owner_connection: Owner) -> None:
    assert app.tasks["campaign.poll_mailbox"].apply(args=("not", "ids")).get() == "unreadable"
    found = owner_connection.execute("SELECT task, arguments FROM dead_letters").fetchall()
    assert found == [("campaign.poll_mailbox", repr(("not", "ids")))]


def test_an_error_that_nobody_foresaw_never_reaches_celery(tenant: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: UUID) -> str:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(mailboxes, "poll", broken)
    assert app.tasks["campaign.poll_mailbox"].apply(args=(str(tenant), str(uuid4()))).get() == "failed"
