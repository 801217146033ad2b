import io
from datetime import UTC, datetime
from uuid import UUID, uuid4

from rich.console import Console

from rex_celery.cli import results
from rex_celery.cli.results import Leads
from rex_celery.decisions.states import MissionState
from rex_celery.missions.orders import Autonomy
from rex_celery.missions.views import Counts, MissionDetail, Outcome, OutcomeState, Why

MESSAGE = UUID(int=7)


def an_outcome(name: str, state: OutcomeState, **fields: object) -> Outcome:
    known: dict[str, object] = {
        "lead_id": uuid4(),
        "name": name,
        "email": None,
        "state": state,
        "reason": None,
        "reason_text": None,
        "action": None,
        "score": None,
        "strategy": None,
        "channel": None,
        "message_id": None,
        "next_at": None,
        "wait": None,
    }
    return Outcome(**(known | fields))  # type: ignore[arg-type]  # a builder


def a_mission(**fields: object) -> MissionDetail:
    known: dict[str, object] = {
        "id": uuid4(),
        "type": "lead_reactivation",
        "name": "Spring [list]",
        "state": MissionState.ESCALATED,
        "paused": False,
        "paused_at": None,
        "priority": 50,
        "autonomy": Autonomy.AUTO,
        "progress": 0.5,
        "counts": Counts(9, 4, 1, 2, 0, 2),
        "reason": Why("worker_lost", "Workers died.", "Read the log."),
        "result": None,
        "created_at": datetime(2026, 5, 1, tzinfo=UTC),
        "started_at": None,
        "finished_at": None,
        "legal_moves": [],
        "actions": [],
        "estimated_seconds": None,
        "steps": [],
        "moves": [],
        "messages": None,
        "active": 0,
        "campaign_id": None,
    }
    return MissionDetail(**(known | fields))  # type: ignore[arg-type]  # a builder


def shown(leads: Leads) -> str:
    console = Console(file=io.StringIO(), width=160)
    results.show_leads(console, leads)
    return str(console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO


def test_who_was_messaged_stands_with_channel_strategy_and_subject() -> None:
    sent = an_outcome("Ada", OutcomeState.SENT, channel="email", strategy="standard", score=0.612, message_id=MESSAGE)
    said = shown(Leads((sent,), {MESSAGE: "Shall we\ngo on?"}))
    assert "Messaged (1)" in said
    assert "Ada  email    standard  0.61   Shall we go on?" in said
    assert "Not messaged" not in said


def test_who_was_not_stands_with_the_reason_and_what_would_help_is_said_once() -> None:
    why = {"reason": "customer", "reason_text": "The deal was won.", "action": "Use another campaign."}
    skipped = [an_outcome(name, OutcomeState.SKIPPED, **why) for name in ("Bob", "Eve")]
    stopped = an_outcome("Kim [x]", OutcomeState.SUPPRESSED, reason="suppressed_reply", reason_text="Answered.")
    said = shown(Leads((*skipped, stopped), {}))
    assert "Not messaged (3)" in said
    assert "Kim [x]  suppressed  Answered." in said
    assert "2      customer          Use another campaign." in said
    assert said.count("Use another campaign.") == 1


def test_a_list_of_thousands_is_cut_with_how_many_are_left() -> None:
    many = tuple(an_outcome(f"N{number}", OutcomeState.SENT) for number in range(results.LONGEST_TABLE + 5))
    said = shown(Leads(many, {}))
    assert f"Messaged ({len(many)})" in said
    assert "… and 5 more" in said


def test_a_mission_that_stands_still_says_why_and_what_would_help() -> None:
    console = Console(file=io.StringIO(), width=160)
    results.show(console, a_mission())
    said = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
    assert "Spring [list]  escalated: Workers died." in said
    assert "→ Read the log." in said
    assert "9 planned = 4 sent + 1 suppressed + 2 skipped + 0 failed + 2 pending" in said


def test_beside_a_bar_only_what_is_not_nothing_is_said() -> None:
    assert results.brief(Counts(9, 4, 0, 3, 0, 2)) == "9 planned · 4 sent · 3 skipped · 2 pending"
