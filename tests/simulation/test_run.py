"""A whole campaign in seconds, on the real code."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from rex_celery import clock, db
from rex_celery.errors import InvalidError, NotFoundError
from rex_celery.simulation.asked import Asked, Rates
from rex_celery.simulation.reporting import Report
from rex_celery.simulation.run import simulate
from tests.factories import a_lead, an_import

MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
SENDERS = tuple(
    {"provider": "sendgrid", "address": f"sender{n}@outreach.example", "per_day": 100, "per_hour": 40} for n in range(2)
)


def asked(**fields: object) -> Asked:
    known = {"leads": 80, "starts_at": MONDAY, "inboxes": SENDERS, "rates": Rates(reply=0.1, bounce=0.1)}
    return Asked(**(known | fields))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def kept() -> dict[str, Report]:
    """One run serves several tests."""
    return {}


@pytest.fixture
def report(tenant: UUID, kept: dict[str, Report]) -> Report:
    if not kept:
        kept["report"] = simulate(tenant, asked())
    return kept["report"]


def test_it_adds_up_to_the_last_lead(report: Report) -> None:
    assert report.adds_up
    assert report.people["planned"] == 80
    assert report.people["pending"] == report.messages["pending"] == 0
    assert sum(share.count for share in report.outcomes) == 80


def test_it_is_over_before_the_thirty_days_are(report: Report) -> None:
    assert report.completed_on is not None
    assert report.completed_on.isoformat() <= "2026-07-01"


def test_nothing_goes_out_on_a_weekend(report: Report) -> None:
    busy = {day.date.isoweekday() for day in report.days if day.happened.get("sent_email")}
    assert busy
    assert busy <= {1, 2, 3, 4, 5}


def test_people_who_answered_or_bounced_are_stopped(report: Report) -> None:
    stopped = {share.reason for share in report.enrolments if share.state == "stopped"}
    assert {"suppressed_reply", "suppressed_bounce"} <= stopped


def test_everything_unsent_has_its_reason(report: Report) -> None:
    assert all(share.reason for share in report.unsent)
    unsent = report.messages["suppressed"] + report.messages["skipped"] + report.messages["failed"]
    assert sum(share.count for share in report.unsent if share.state not in {"accepted", "bounced"}) == unsent


def test_the_same_seed_gives_the_same_campaign(tenant: UUID) -> None:
    # Under a cap the order of people, and so a day, may differ: here is room for everybody.
    roomy = tuple(sender | {"per_day": 1000, "per_hour": 1000} for sender in SENDERS)
    first, again = (simulate(tenant, asked(inboxes=roomy, leads=30)) for _ in range(2))
    assert (again.days, again.people, again.messages) == (first.days, first.people, first.messages)


def test_the_tenants_own_is_not_touched_and_nothing_is_left_behind(tenant: UUID) -> None:
    tables = ("leads", "missions", "messages", "enrolments", "outbox", "events", "delivery_facts", "inboxes")
    with db.transaction(tenant) as session:
        lead = a_lead(session, tenant, last_activity_on=clock.now().date())
        imported = an_import(session, tenant, lead).id
        before = {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}
    runs = left_behind()
    simulate(tenant, asked(import_id=imported, starts_at=None, days=3))
    with db.transaction(tenant) as session:
        assert before == {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}
    assert left_behind() == runs


def left_behind() -> tuple[int, int]:
    with db.control() as session:
        tenants = session.execute(text("SELECT count(*) FROM tenants WHERE simulated_at IS NOT NULL")).scalar_one()
        runs = session.execute(text("SELECT count(DISTINCT tenant_id) FROM agent_runs")).scalar_one()
    return tenants, runs


def test_a_cap_that_is_hit_is_named(tenant: UUID) -> None:
    small = tuple(sender | {"per_day": 10, "per_hour": 5} for sender in SENDERS[:1])
    report = simulate(tenant, asked(inboxes=small, days=5))
    assert report.completed_on is None
    assert any("waiting_cap_inbox" in day.waited for day in report.days)
    assert max(day.happened.get("sent_email", 0) for day in report.days) == 10
    assert report.adds_up


def test_what_cannot_be_tried_is_refused_with_all_its_problems(tenant: UUID) -> None:
    with pytest.raises(InvalidError) as refused:
        simulate(tenant, asked(days=0, leads=0, rates=Rates(reply=1.5)))
    assert {problem.where for problem in refused.value.problems} == {"days", "leads", "rates.reply"}


def test_an_unknown_sequence_is_refused_as_at_a_launch(tenant: UUID) -> None:
    with pytest.raises(NotFoundError):
        simulate(tenant, asked(sequence=str(uuid4())))


def test_the_clock_is_replaced_for_the_simulation_only(tenant: UUID) -> None:
    before = clock.now()
    simulate(tenant, asked(days=1, leads=1))
    assert clock.now() >= before
