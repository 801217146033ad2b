"""A reply that is stored while messages are being sent: each message either left before it, or never leaves."""

from random import Random
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.integrations.base import InboundEmail, Mailbox
from rex_celery.outreach import replies
from rex_celery.outreach.lattice import SENT
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

# People of one crowd: as many races.
PEOPLE = 200


def test_a_reply_and_a_send_stand_in_one_order(tenant: UUID) -> None:
    """P6, the short form."""
    _race(tenant, Random(1))  # noqa: S311


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_ten_thousand_races(tenant: UUID) -> None:
    for seed in range(10_000 // PEOPLE):
        _race(tenant, Random(seed))  # noqa: S311


def _race(tenant: UUID, random: Random) -> None:
    crowd, provider = a_crowd(tenant, PEOPLE, provider="smtp"), Recorder()
    people = [lead.email for lead in crowd.leads]
    random.shuffle(people)

    def reply() -> None:
        for number, address in enumerate(people):
            mail = InboundEmail(
                f"<{number}.{crowd.mission.id}@people.example>",
                Mailbox(str(address)),
                (crowd.inbox.address,),
                "Hello",
                "Please send me more details.",
                "Please send me more details.",
                NOON,
            )
            with db.transaction(tenant) as session:
                assert replies.receive_email(session, tenant, mail, NOON).kind == "reply"

    senders = [Thread(target=lambda: crowd.send(Clock(), provider)) for _ in range(2)]
    replying = Thread(target=reply)
    for thread in (*senders, replying):
        thread.start()
    for thread in (*senders, replying):
        thread.join()

    _was_fair(crowd, provider)


def _was_fair(crowd: Crowd, provider: Recorder) -> None:
    left = [one.id for one in provider.sent]
    assert len(left) == len(set(left))
    with db.transaction(crowd.tenant) as session:
        query = text("""
            SELECT m.id, m.state, m.submitted_at, e.state AS enrolment FROM messages AS m
            JOIN enrolments AS e ON e.id = m.enrolment_id WHERE m.mission_id = :m AND m.step_key = 'first'
        """)
        rows = session.execute(query, {"m": crowd.mission.id}).all()
    # Everybody replied. Who was stopped first got nothing, who was sent to first is recorded as such.
    assert {row.enrolment for row in rows} == {"stopped"}
    assert {row.id for row in rows if row.state in SENT} == set(left)
    assert {row.state for row in rows if row.id not in set(left)} <= {"suppressed"}
