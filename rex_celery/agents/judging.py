"""Judging messages one by one: an unfit one is held back alone, unless it is the first its reader would get."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from rex_celery.work import Verdict

_HOLD = text("""
UPDATE messages AS m SET state = v.state, reason = v.reason
FROM (SELECT s.id, v.state, v.reason
      FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[])) AS v(id, state, reason)
      JOIN messages AS s ON s.id = v.id
      WHERE s.state = 'planned' ORDER BY s.lead_id, s.id FOR UPDATE OF s) AS v
WHERE m.id = v.id
""")


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on each lead, and those on single messages by their id."""

    leads: list[Verdict]
    messages: dict[UUID, Verdict]


def split(messages: Sequence[Row[Any]], verdicts: Iterable[Verdict]) -> Judged:
    """Tell verdicts on leads from those on messages; ``messages`` are by lead and in order of position.

    A sequence whose first message may not go out does not begin, so the verdict on that one is the lead's.
    """
    leads: list[Verdict] = []
    alone: dict[UUID, Verdict] = {}
    pairs = zip(messages, verdicts, strict=True)
    for _, group in groupby(pairs, key=lambda pair: pair[0].lead_id):
        (_, first), *later = group
        leads.append(first)
        if first.state == "pending":
            alone |= {message.id: verdict for message, verdict in later if verdict.state != "pending"}
    return Judged(leads, alone)


def hold(session: Session, verdicts: dict[UUID, Verdict]) -> None:
    """Take single messages back; the others of their readers still go out."""
    if verdicts:
        columns = {
            "ids": list(verdicts),
            "states": [one.state for one in verdicts.values()],
            "reasons": [one.reason for one in verdicts.values()],
        }
        session.execute(_HOLD, columns)
