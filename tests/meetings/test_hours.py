"""Weekly hours are read whole or refused with everything that is wrong."""

from datetime import time

import pytest

from rex_celery.errors import InvalidError
from rex_celery.meetings import hours
from rex_celery.meetings.availability import Span


def test_spans_are_read_in_order() -> None:
    read = hours.read({"wed": [["13:00", "24:00"], ["09:00", "12:30"]]})
    assert read == {2: (Span(time(9), time(12, 30)), Span(time(13), None))}


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidError) as refused:
        hours.read({"mon": [["9", "17:00"]], "someday": [], "tue": [["17:00", "09:00"], ["10:00"]]}, "body.hours")
    told = [problem.where for problem in refused.value.problems]
    assert told == ["body.hours.someday", "body.hours.mon.0", "body.hours.tue.0", "body.hours.tue.1"]


@pytest.mark.parametrize("spans", [[["09:00", "12:00"], ["11:00", "13:00"]], [["09:00", "24:00"], ["10:00", "24:00"]]])
def test_hours_that_overlap_are_refused(spans: list[list[str]]) -> None:
    with pytest.raises(InvalidError) as refused:
        hours.read({"mon": spans})
    assert refused.value.problems[0].where == "hours.mon"


@pytest.mark.parametrize("written", [{}, {"mon": []}])
def test_hours_that_never_open_are_refused(written: dict[str, list[list[str]]]) -> None:
    with pytest.raises(InvalidError) as refused:
        hours.read(written)
    assert refused.value.problems[0].what == "are never open"
