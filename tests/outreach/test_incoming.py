"""Mail as it came over the wire has its effect: answers stop, bounces and complaints are facts, our own is nothing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from rex_celery import db
from rex_celery.outreach import incoming
from rex_celery.outreach.incoming_rows import Event
from rex_celery.outreach.kinds import Verdict
from tests.outreach.coming_in import column, ours
from tests.outreach.enrolled import NOON, Clock, Crowd, Recorder, a_crowd

MAIL = Path(__file__).parent.parent / "integrations" / "mail"
LATER = NOON + timedelta(hours=1)
EXAMPLE = "<3f2b8c1e-7d4a-4b6e-9c0d-1a2b3c4d5e6f@acme.example.com>"


@pytest.fixture
def crowd(tenant: object) -> Crowd:
    """One person who has had the first of two mails."""
    found = a_crowd(tenant, email="grace@example.com", provider="smtp")  # type: ignore[arg-type]
    found.send(Clock(NOON), Recorder())
    return found


def receive(crowd: Crowd, raw: bytes, at: datetime = LATER, **payload: object) -> Verdict:
    event = Event(1, "imap", "x", None, payload, raw, 1, at)
    with db.transaction(crowd.tenant) as session:
        return incoming.receive(session, crowd.tenant, event, at)


def fixture(crowd: Crowd, name: str) -> bytes:
    """A mail of the collection, about the message that this person really got."""
    return (MAIL / f"{name}.eml").read_bytes().replace(EXAMPLE.encode(), ours(crowd).encode())


def facts(crowd: Crowd) -> list[object]:
    query = "SELECT kind || ' by ' || source FROM delivery_facts WHERE source IN ('dsn', 'arf') ORDER BY id"
    return column(crowd.tenant, query)


def suppressed(crowd: Crowd) -> list[object]:
    return column(crowd.tenant, "SELECT reason FROM suppressions")


def enrolments(crowd: Crowd) -> list[object]:
    return column(crowd.tenant, "SELECT state FROM enrolments")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dsn_postfix", "bounced"),
        ("dsn_exchange", "bounced"),
        ("dsn_gmail", "bounced"),
        ("dsn_exim", "bounced"),
        ("dsn_qmail", "bounced"),
        ("dsn_disabled", "bounced"),
        ("dsn_sendmail", "blocked"),
        ("dsn_unauthenticated", "blocked"),
        ("dsn_reputation", "blocked"),
        ("dsn_content", "blocked"),
        ("dsn_expired", "blocked"),
        ("dsn_postfix_delayed", "deferred"),
    ],
)
def test_a_bounce_is_a_fact_and_only_a_dead_address_is_given_up(crowd: Crowd, name: str, kind: str) -> None:
    assert receive(crowd, fixture(crowd, name)) == Verdict()
    assert facts(crowd) == [f"{kind} by dsn"]
    assert suppressed(crowd) == (["suppressed_bounce"] if kind == "bounced" else [])
    assert crowd.states() == ["deferred" if kind == "deferred" else "bounced"]


def test_the_same_bounce_again_changes_nothing(crowd: Crowd) -> None:
    raw = fixture(crowd, "dsn_postfix")
    assert [receive(crowd, raw) for _ in range(2)] == [Verdict(), Verdict()]
    assert facts(crowd) == ["bounced by dsn"]


def test_a_complaint_stops_the_person(crowd: Crowd) -> None:
    assert receive(crowd, fixture(crowd, "arf_abuse")) == Verdict()
    assert facts(crowd) == ["complained by arf"]
    assert suppressed(crowd) == ["suppressed_complaint"]
    assert crowd.states() == ["complained"]


def test_who_says_that_it_is_no_spam_does_not_complain(crowd: Crowd) -> None:
    assert receive(crowd, fixture(crowd, "arf_not_spam")).state == "ignored"
    assert (facts(crowd), suppressed(crowd)) == ([], [])


def test_a_bounce_of_somebody_elses_mail_is_told_as_such(crowd: Crowd) -> None:
    raw = (MAIL / "dsn_postfix.eml").read_bytes().replace(b"grace@example.com", b"somebody@example.org")
    assert receive(crowd, raw).state == "unmatched"
    assert (facts(crowd), suppressed(crowd)) == ([], [])


@pytest.mark.parametrize("name", ["gmail_top", "gmail_inline", "outlook_top", "outlook_html_only", "apple_bottom"])
def test_an_answer_from_any_program_ends_the_sequence(crowd: Crowd, name: str) -> None:
    assert receive(crowd, fixture(crowd, name)) == Verdict()
    assert column(crowd.tenant, "SELECT kind || ' by ' || matched_by FROM replies")[0].startswith("reply by ")  # type: ignore[attr-defined]
    assert enrolments(crowd) != ["active"]


def test_an_answer_through_a_mailing_list_of_ours_is_an_answer(crowd: Crowd) -> None:
    receive(crowd, fixture(crowd, "answer_by_list"))
    assert column(crowd.tenant, "SELECT kind FROM replies") == ["reply"]
    assert suppressed(crowd)


def test_our_own_mail_is_never_an_answer(crowd: Crowd) -> None:
    verdict = receive(crowd, fixture(crowd, "own"))
    assert verdict.state == "ignored"
    assert enrolments(crowd) == ["active"]


def test_a_mail_from_our_own_inbox_is_never_an_answer(crowd: Crowd) -> None:
    raw = f"From: {crowd.inbox.address}\nTo: x@example.com\nIn-Reply-To: {ours(crowd)}\n\nYes.\n".encode()
    assert receive(crowd, raw).state == "ignored"
    assert enrolments(crowd) == ["active"]


@pytest.mark.parametrize("name", ["ooo_exchange", "ooo_gmail"])
def test_who_is_away_is_written_to_after_their_return(crowd: Crowd, name: str) -> None:
    receive(crowd, fixture(crowd, name))
    assert column(crowd.tenant, "SELECT kind FROM replies") == ["out_of_office"]
    assert enrolments(crowd) == ["active"]
    back = {"ooo_exchange": datetime(2026, 6, 9).date(), "ooo_gmail": datetime(2026, 6, 15).date()}[name]  # noqa: DTZ001
    assert column(crowd.tenant, "SELECT (resume_at AT TIME ZONE 'America/New_York')::date FROM enrolments") == [back]


def test_away_until_tomorrow_is_read_by_the_day_on_which_the_mailbox_got_it(crowd: Crowd) -> None:
    raw = (
        f"From: grace@example.com\nIn-Reply-To: {ours(crowd)}\nAuto-Submitted: auto-replied\n"
        "Subject: Automatic reply: x\nMessage-ID: <away@example.com>\n\nI am out of office and will be back tomorrow.\n"
    ).encode()
    receive(crowd, raw, LATER, received_at=(LATER + timedelta(days=6)).isoformat())
    with db.transaction(crowd.tenant) as session:
        resume_at = session.execute(text("SELECT resume_at FROM enrolments")).scalar_one()
    assert resume_at >= LATER + timedelta(days=7)


def test_nonsense_is_kept_for_people_to_look_at_and_fails_nobody(crowd: Crowd) -> None:
    for raw in (b"", b"\x00\xff" * 1000, b"From: @\n\n"):
        receive(crowd, raw)
    assert enrolments(crowd) == ["active"]
