from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from rex_celery.realtime.feed import StoredEvent
from rex_celery.realtime.pacing import PROGRESS_SECONDS, newest_progress, portion, remember

AT = datetime(2026, 5, 1, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


def progress(seq: int, mission: UUID = A) -> StoredEvent:
    return StoredEvent(seq, AT, "mission.progress", mission, {})


def moved(seq: int, mission: UUID = A) -> StoredEvent:
    return StoredEvent(seq, AT, "mission.moved", mission, {})


def numbers(events: Iterable[StoredEvent]) -> list[int]:
    return [event.seq for event in events]


def test_a_report_of_progress_gives_way_to_a_later_one_of_its_mission() -> None:
    assert numbers(newest_progress([progress(1), progress(2, B), moved(3), progress(4)])) == [2, 3, 4]


def test_everything_goes_out_when_no_progress_was_shown_lately() -> None:
    part = portion([moved(5), progress(6)], {}, now=100.0)
    assert (numbers(part.events), part.position, part.wait) == ([5, 6], 6, None)


def test_progress_that_comes_too_soon_waits_and_so_does_all_behind_it() -> None:
    part = portion([moved(5), progress(6), moved(7)], {A: 100.0}, now=100.1)
    assert (numbers(part.events), part.position) == ([5], 5)
    assert 0.149 < part.wait < 0.151


def test_nothing_goes_out_when_the_first_event_comes_too_soon() -> None:
    part = portion([progress(6)], {A: 100.0}, now=100.0)
    assert (part.events, part.position, part.wait) == ((), 5, PROGRESS_SECONDS)


def test_another_missions_progress_does_not_wait() -> None:
    assert numbers(portion([progress(6, B)], {A: 100.0}, now=100.1).events) == [6]


def test_replaced_progress_at_the_end_is_counted_as_gone_out() -> None:
    part = portion([progress(5), progress(6), moved(7)], {}, now=100.0)
    assert (numbers(part.events), part.position) == ([6, 7], 7)


def test_what_was_shown_long_ago_is_forgotten() -> None:
    shown = {A: 100.0}
    remember(shown, [progress(9, B), moved(10)], now=101.0)
    assert shown == {B: 101.0}
